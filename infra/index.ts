import { announcementLog } from "./announcement-log.ts";
import { budgetNotices } from "./budgets.ts";
import { busyAlarms, busyAlarmsPrice } from "./busy-alarms.ts";
import { governor } from "./governor.ts";
import { meterTopics } from "./metering.ts";
import { bus } from "./notifications.ts";
import { chatNotices, notices } from "./notifier.ts";
import { operations } from "./operations.ts";
import { settings } from "./stage.ts";
import { table } from "./storage.ts";
import "./signals.ts";

const furtherOperations = meterTopics.filter((topic) => topic !== operations);

/** What a stage contains, as far as an operator needs to know it. */
export const outputs = {
  bus: bus.name,
  table: table.name,
  governor: governor.name,
  events: announcementLog.name,
  notices: notices.arn,
  chatNotices: chatNotices.arn,
  budgetNotices: budgetNotices.arn,
  operations: operations.arn,
  ...(furtherOperations.length > 0 && { furtherOperations: furtherOperations.map(({ arn }) => arn) }),
  enforcement: settings.enforcement,
  parameters: `/bedrock-governor/${$app.stage}/`,
  ...(busyAlarms.length > 0 && { busyAlarms: busyAlarmsPrice }),
};
