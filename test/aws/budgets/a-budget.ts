/** Seconds, as AWS's JSON has them. */
export const seconds = (iso: string): number => Date.parse(iso) / 1_000;

/** A monthly cost budget on the wire, healthy and updated at noon of 22 November 2026. */
export const aBudget = (BudgetName: string, changes: Readonly<Record<string, unknown>> = {}) => ({
  BudgetName,
  BudgetType: "COST",
  BudgetLimit: { Amount: "900.0", Unit: "USD" },
  TimeUnit: "MONTHLY",
  TimePeriod: { Start: seconds("2026-01-01T00:00:00Z"), End: 3_706_473_600 },
  CalculatedSpend: {
    ActualSpend: { Amount: "604.4560000000000172803993336856365203857421875", Unit: "USD" },
    ForecastedSpend: { Amount: "1200", Unit: "USD" },
  },
  LastUpdatedTime: seconds("2026-11-22T12:00:00Z"),
  HealthStatus: { Status: "HEALTHY", LastUpdatedTime: seconds("2026-01-01T00:00:00Z") },
  ...changes,
});
