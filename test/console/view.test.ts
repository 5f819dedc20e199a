import type { ConsoleState } from "@bedrock-governor/console/state";
import { changedSections, sections, view } from "@bedrock-governor/console/view";
import { describeProblem } from "@bedrock-governor/core/limit/describe-problem";
import { readThreshold } from "@bedrock-governor/core/limit/read-number";
import { describe, expect, it } from "vitest";
import { limit } from "../support/limit.ts";
import { byId, type Element, elements, named, parseHtml, textOf, withClass, wordsOf } from "./fixtures/parse-html.ts";
import { CODING, consoleState, key, limitState, NOW, OPUS, SONNET } from "./fixtures/state.ts";

const shown = (changes: Partial<ConsoleState> = {}) => parseHtml(view(consoleState(changes)));
const section = (id: string, changes: Partial<ConsoleState> = {}) => byId(shown(changes), id);
const limitCard = (name: string, changes: Partial<ConsoleState> = {}) => byId(shown(changes), `bg-limit-${name}`);
const rowOf = (table: Element, text: string): Element => {
  const row = named(table, "tr").find((one) => wordsOf(one).includes(text));
  if (row === undefined) throw new Error(`No row says ${text}`);
  return row;
};

describe("who is denied", () => {
  it("is shown with what, why, since when and what ends it", () => {
    const words = wordsOf(rowOf(section("bg-denied"), CODING));
    expect(words).toContain("anthropic.claude-opus-*");
    expect(words).toContain("reached 80 %: $80.31 of $100 today");
    expect(words).toContain("13:04:40 for 1 h 27 m");
    expect(words).toContain("lifts at 00:00 Europe/Berlin");
  });

  it("says of a deny of the last minute that it is taking effect", () => {
    expect(wordsOf(rowOf(section("bg-denied"), "user/contractor-7"))).toContain("taking effect");
  });

  it("says would where it is only observed, and does not count it among the denied", () => {
    const observing = consoleState();
    const page = shown({ mode: "observe", denied: observing.denied.slice(2) });
    expect(wordsOf(rowOf(byId(page, "bg-denied"), "role/data-science/notebooks"))).toContain("would be denied");
    expect(wordsOf(byId(page, "bg-denied"))).toMatch(/^Would be denied 1/);
    expect(withClass(byId(page, "bg-status"), "tile").map(wordsOf)).toEqual(
      expect.arrayContaining(["0 principals denied", "1 would be denied"]),
    );
  });

  it("names the protected principals that limits select", () => {
    expect(wordsOf(section("bg-denied"))).toContain("never denied, because protected: role/break-glass");
  });

  it("says that nobody is", () => {
    expect(wordsOf(section("bg-denied", { denied: [] }))).toContain("Nobody is denied.");
  });
});

describe("the mode", () => {
  it.each([
    ["observe", "Nobody is denied anything."],
    ["enforce", "Whoever reaches a limit is denied its models"],
    ["paused", "Nothing is denied and nothing is lifted"],
  ] as const)("%s is explained", (mode, words) => {
    expect(wordsOf(section("bg-status", { mode }))).toContain(`${mode} ${words}`);
  });
});

describe("a limit", () => {
  it("shows usage at a glance, and to the last digit when pointed at and read out", () => {
    const card = limitCard("opus-daily");
    const [short] = [...elements(card)].filter((one) => one.attributes.get("title") === "$104.2039 of $100");
    expect(short && textOf(short)).toBe("$104.20 of $100");
    expect(short?.attributes.get("aria-hidden")).toBe("true");
    expect(withClass(card, "vh").map(textOf)).toContain("$104.2039 of $100");
  });

  it("shortens tokens", () => {
    const card = limitCard("research-monthly-tokens");
    expect(wordsOf(card)).toContain("2.01 M of 40 M output tokens");
    expect(wordsOf(card)).toContain("2,010,345 of 40,000,000 output tokens");
  });

  it("has a bar whose name gives value, threshold and forecast", () => {
    const [first, second] = withClass(limitCard("opus-daily"), "bar");
    expect(first?.attributes.get("role")).toBe("img");
    expect(first && wordsOf(first)).toMatch(/^\$104\.2039 of \$100, 104 %; forecast/);
    expect(second && wordsOf(second)).toBe("$61.10 of $100, 61 %; forecast $138.20 at the end of the period");
  });

  it("marks each of its steps on every bar, and says below what they do", () => {
    const card = limitCard("opus-daily");
    for (const bar of withClass(card, "bar")) expect(withClass(bar, "tick")).toHaveLength(3);
    expect(named(withClass(card, "axis")[0] as Element, "text").map(textOf)).toEqual(["50 %", "80 %", "100 %"]);
    expect(wordsOf(withClass(card, "steps")[0] as Element)).toBe(
      "50 % warns80 % denies anthropic.claude-opus-*100 % denies all it counts but anthropic.claude-haiku-*",
    );
  });

  it("says when the next step that denies is to be expected", () => {
    expect(wordsOf(limitCard("opus-daily"))).toContain("forecast $138 by 00:00, 80 % about 16:52");
  });

  it("calls a key denied only where its own usage has reached a step that denies", () => {
    const badges = (name: string) => withClass(limitCard(name), "badge").map(wordsOf);
    expect(badges("opus-daily")).toEqual(["denied", "past 50 %"]);
    expect(badges("runaway-loop")).toEqual([]);
    expect(badges("coding-agents-observed")).toEqual(["only observed", "would be denied"]);
  });

  it("shows usage that is not known as unknown, and no number", () => {
    const card = limitCard("bedrock-monthly");
    expect(wordsOf(card)).toContain("unknown AWS Budgets answered with an error: throttled");
    expect(wordsOf(withClass(card, "bar")[0] as Element)).toBe("Usage is unknown");
    expect(withClass(card, "fill")).toEqual([]);
  });

  it("runs off the end of its bar when usage is far beyond, and still says how much", () => {
    const rule = limit("tiny");
    const card = limitCard("tiny", { limits: [limitState(rule, [key({ principal: CODING }, 4210, 100)])] });
    expect(wordsOf(card)).toContain("$4,210 of $100");
    expect(wordsOf(card)).toContain("4210 %");
    expect(withClass(card, "beyond")).toHaveLength(1);
  });

  it("never rounds usage up to its threshold, nor 57 down to 56", () => {
    const keys = [key({ principal: "role/a" }, 99.999, 100), key({ principal: "role/b" }, 57, 100)];
    const card = limitCard("close", { limits: [limitState(limit("close"), keys)] });
    expect(withClass(card, "where").map(wordsOf)).toEqual(["past 80 % 99 %", "57 %"]);
  });

  it("lists further keys in a table, and says how many are not listed", () => {
    const card = limitCard("opus-daily");
    expect(wordsOf(byId(card, "bg-limit-opus-daily-others"))).toContain("2 more, the highest at 2 %");
    expect(wordsOf(card)).toContain("12 more keys not listed here.");
  });

  it("says in one quiet line which calls it does not see, and nothing where it sees all", () => {
    const lines = (name: string) => withClass(limitCard(name), "scope").map(wordsOf);
    expect(lines("opus-daily")).toEqual([
      expect.stringMatching(/^Counts /),
      "Not seen: calls through bedrock-mantle; calls in eu-west-1, which has no meter.",
    ]);
    expect(lines("account-hourly-tokens")).toHaveLength(1);
  });

  it("that needs a look is linked from the top, the worst first", () => {
    const way = withClass(section("bg-limits"), "way")[0] as Element;
    expect(named(way, "li").map(wordsOf)).toEqual([
      "1 limit past a step that denies opus-daily 104 %",
      "1 limit would deny coding-agents-observed 110 %",
      "1 limit unknown bedrock-monthly",
    ]);
  });
});

describe("what needs attention", () => {
  it("is a held plan with whom it would deny, and a form that approves exactly it", () => {
    const attention = section("bg-attention");
    expect(wordsOf(attention)).toContain("31 principals would newly be denied at once");
    expect(wordsOf(byId(attention, "bg-held"))).toContain("role/analytics/worker-30");
    const form = byId(attention, "bg-form-approve");
    expect(form.attributes.get("action")).toBe("/approve");
    const fields = named(form, "input").map(({ attributes: of }) => [
      of.get("name"),
      of.get("value"),
      of.has("required"),
    ]);
    expect(fields).toEqual([
      ["token", "d41d8cd9", false],
      ["plan", "3f9a61c2", false],
      ["looked", "yes", true],
    ]);
  });

  it("is a reading that is unknown, with why and since when", () => {
    const words = wordsOf(section("bg-attention"));
    expect(words).toContain("Nobody is newly denied by these limits, and denies that they may have caused are held.");
    expect(words).toContain("bedrock-monthly AWS Budgets answered with an error: throttled, since 14:18:10");
  });

  it("is a setting that is not in force as written, with what holds instead", () => {
    expect(wordsOf(section("bg-attention"))).toContain(
      'limits/analysts-daily: steps[1].at = "80" must be a number of percent; write 80 without the quotes. Until it is corrected, version 3',
    );
  });

  it("is what IAM refused, with the remedy", () => {
    const blocked = [{ principal: "role/full", why: "has 10 policies", remedy: "detach one" }];
    expect(wordsOf(section("bg-attention", { blocked }))).toContain("role/full has 10 policies; detach one");
  });

  it("is nothing when all is well", () => {
    const { heldPlan: _, ...calm } = consoleState({ unknown: [], problems: [] });
    expect(sections(calm)["bg-attention"]).toBe("");
  });
});

describe("usage over time", () => {
  const chart = () => withClass(section("bg-charts"), "chart")[0] as Element;

  it("shades when models were denied, and marks refused calls", () => {
    expect(withClass(chart(), "denied-back")).toHaveLength(2); // in the chart and in its legend
    expect(wordsOf(chart())).toContain("57 calls refused");
    expect(named(withClass(chart(), "refused")[0] as Element, "rect")).toHaveLength(4);
  });

  it("says denied once where one deny follows another closely", () => {
    const [first] = consoleState().charts;
    if (first === undefined) throw new Error("no chart");
    const half = (index: number) => NOW - (4 - index) * 30 * 60_000;
    const denied = [0, 1, 2].map((index) => ({ start: half(index), end: half(index + 1), what: [OPUS] }));
    const page = section("bg-charts", { charts: [{ ...first, denied }] });
    expect(withClass(page, "denied-edge")).toHaveLength(3);
    expect(withClass(page, "denied-word")).toHaveLength(1);
  });

  it("says in words what it shows", () => {
    const description = wordsOf(byId(chart(), "bg-chart-0-desc"));
    expect(description).toMatch(/denied \u2068anthropic\.claude-opus-\*\u2069 from 13:04:40 on; 57 calls refused/);
  });

  it("shows each bucket to the last digit when pointed at, and in a table", () => {
    const titles = withClass(chart(), "point").flatMap((group) => named(group, "title").map(textOf));
    expect(titles.find((title) => title.startsWith("13:30"))).toBe(
      `13:30; \u2068${SONNET}\u2069 $4.60; \u2068anthropic.claude-haiku-4-5-20251001-v1:0\u2069 $0.11; 12 refused`,
    );
    expect(wordsOf(rowOf(byId(chart(), "bg-chart-0-values"), "13:00"))).toBe("13:00 denied$2.10$3.10$0.1541");
  });

  it("leaves a gap for what is unknown instead of a zero", () => {
    const other = withClass(section("bg-charts"), "chart")[1] as Element;
    expect(withClass(other, "nobody-knows")).toHaveLength(1);
    expect(wordsOf(rowOf(byId(other, "bg-chart-1-values"), "04:30"))).toContain("unknown");
  });

  it("goes on with the cheaper model beside the one that is denied", () => {
    const legend = wordsOf(withClass(chart(), "legend")[0] as Element);
    expect(legend).toContain(OPUS);
    expect(legend).toContain(`${SONNET} $13`);
  });
});

describe("events", () => {
  it("are listed newest first, with time, reason and what ends them", () => {
    const items = named(section("bg-events"), "li").map(wordsOf);
    expect(items.map((item) => item.slice(0, 11))).toEqual([
      "Plan Held 1",
      "Usage Unkno",
      "Would Deny ",
      "Access Deni",
      "Limit Warne",
      "Mode Change",
    ]);
    expect(items[3]).toContain("13:04:40 reached 80 %: $80.31 of $100 today");
    expect(items[3]).toContain("lifts at 00:00 Europe/Berlin");
    expect(items[5]).toContain("4 Jan 18:00");
  });

  it("are read out one at a time: the newest alone is in a polite live region", () => {
    const news = section("bg-news");
    expect(news.attributes.get("aria-live")).toBe("polite");
    expect(wordsOf(news)).toMatch(/^Plan Held: 31 principals would newly be denied/);
    expect(named(section("bg-events"), "ol")[0]?.attributes.has("aria-live")).toBe(false);
  });
});

describe("a form", () => {
  it("whose value was refused says why in place, keeps what was typed, and is unfolded", () => {
    const rule = limit("opus-daily", { bounds: { min: 20, max: 300 } });
    const checked = readThreshold(rule, "500");
    if (checked.ok) throw new Error("500 is within 20 to 300");
    const refused = checked.problems
      .map((problem) => describeProblem(problem, "limits/opus-daily/threshold"))
      .join(" ");
    const answer = {
      form: "threshold",
      limit: "opus-daily",
      outcome: { refused, field: "threshold" },
      values: { threshold: "500" },
    } as const;
    const page = shown({ forms: { token: "t", answers: [answer] } });

    const field = byId(page, "bg-limit-opus-daily-threshold-threshold");
    expect(field.attributes.get("value")).toBe("500");
    expect(field.attributes.get("aria-invalid")).toBe("true");
    const described = (field.attributes.get("aria-describedby") ?? "").split(" ").map((id) => wordsOf(byId(page, id)));
    expect(described).toEqual(["From 20 to 300.", `Refused. ${refused}`]);
    expect(byId(page, "bg-limit-opus-daily-act").attributes.has("open")).toBe(true);
    expect(byId(page, "bg-limit-runaway-loop-act").attributes.has("open")).toBe(false);
    expect(named(page, "input").filter(({ attributes }) => attributes.has("aria-invalid"))).toHaveLength(1);
  });

  it("that was done says so, and stands ready for the next", () => {
    const answer = { form: "deny", outcome: { done: "role/x is denied." }, values: { principal: "role/x" } } as const;
    const page = shown({ forms: { token: "t", answers: [answer] } });
    expect(wordsOf(byId(page, "bg-form-deny-answer"))).toBe("Done. role/x is denied.");
    expect(byId(page, "bg-form-deny-principal").attributes.get("value")).toBe("");
  });

  it("that lifts, exempts or denies needs a reason", () => {
    const page = shown();
    for (const id of ["bg-limit-opus-daily-lift-reason", "bg-form-exempt-reason", "bg-form-deny-reason"]) {
      expect(byId(page, id).attributes.has("required")).toBe(true);
    }
  });

  it("does not set the threshold of a budget, which is changed in AWS Budgets", () => {
    const actions = named(limitCard("bedrock-monthly"), "form").map(({ attributes }) => attributes.get("action"));
    expect(actions).toEqual(["/lift"]);
  });

  it("is not there where the page is only looked at", () => {
    const { forms: _, clock: __, ...readOnly } = consoleState();
    const page = parseHtml(view(readOnly));
    for (const name of ["form", "input", "select", "button"]) expect(named(page, name)).toEqual([]);
  });
});

describe("time", () => {
  it("that is simulated is called so, and can be paused, stepped and sped up", () => {
    expect(wordsOf(section("bg-status"))).toContain("Simulated time 5 Jan 14:32:10 Europe/Berlin");
    const buttons = named(section("bg-clock"), "button").map(({ attributes: of }) => [of.get("name"), of.get("value")]);
    expect(buttons).toEqual([
      ["pause", "yes"],
      ["step", "1"],
      ["step", "15"],
      ["step", "60"],
      [undefined, undefined],
    ]);
  });
});

describe("the view", () => {
  it("is the same text for the same state", () => {
    expect(view(consoleState())).toBe(view(consoleState()));
  });

  it("changes only the sections of what changed", () => {
    const before = sections(consoleState());
    const after = sections(consoleState({ now: NOW + 1000 }));
    expect(Object.keys(changedSections(before, after))).toEqual(["bg-status"]);
    expect(Object.keys(changedSections(undefined, after))).toEqual(Object.keys(after));
  });

  it("says so when there is nothing yet", () => {
    const { heldPlan: _, ...nothing } = consoleState({
      limits: [],
      denied: [],
      events: [],
      charts: [],
      unknown: [],
      problems: [],
    });
    const page = parseHtml(view(nothing));
    expect(wordsOf(byId(page, "bg-limits"))).toContain("There are no limits yet");
    expect(wordsOf(byId(page, "bg-events"))).toContain("Nothing has happened yet.");
  });
});
