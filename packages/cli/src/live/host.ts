import type { FormName } from "@bedrock-governor/console/forms";
import type { ConsoleHost } from "@bedrock-governor/console/host";
import type { ByHandState, ConsoleState, DeniedState, FormAnswer, LimitState } from "@bedrock-governor/console/state";
import type { Cause } from "@bedrock-governor/core/enforcement/cause";
import { mainCause } from "@bedrock-governor/core/enforcement/cause";
import type { DenySet } from "@bedrock-governor/core/enforcement/deny-set";
import type { Settings } from "@bedrock-governor/core/limit/settings";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import { selects } from "@bedrock-governor/core/principal/selector";
import type { Journal } from "@bedrock-governor/core/reconcile/journal";
import type { Report } from "@bedrock-governor/core/reconcile/report";
import { explain } from "@bedrock-governor/core/words/explain";
import type { Live } from "@bedrock-governor/simulator/live/live";
import { submitSetting } from "./forms.ts";
import type { History } from "./history.ts";
import type { Player } from "./player.ts";

export interface LiveHostOptions {
  readonly live: Live;
  readonly player: Player;
  readonly history: History;
  readonly timeZone: string;
}

const MOST_KEYS = 12;
const MOST_EVENTS = 60;
const MOST_CHARTS = 6;
const SPEEDS = [1, 60, 300, 600, 1_800, 3_600, 14_400];
const LONGEST_STEP_MINUTES = 24 * 60;
/** A run that a parameter wakes has read and written by then. */
const SETTLED_MS = 2_000;

/** The account in memory, as the page shows and changes it. */
export function createLiveHost({ live, player, history, timeZone }: LiveHostOptions): ConsoleHost {
  const { account, clock, deployment } = live;

  async function state(): Promise<Omit<ConsoleState, "forms">> {
    const now = clock.now();
    const report = live.latest;
    const journal = await account.ports.journal.read();
    return {
      now,
      stage: deployment.stage,
      account: deployment.account,
      timeZone,
      mode: account.parameters.settings().mode,
      limits: report === undefined ? [] : limitsOf(report, now),
      money: report?.money ?? [],
      denied: report === undefined ? [] : deniedOf(report, journal, now, timeZone),
      ...(report?.heldPlan !== undefined && {
        heldPlan: {
          id: report.heldPlan.id,
          changes: report.heldPlan.changes.map(({ principal, denied }) => ({ principal, models: denied })),
        },
      }),
      unknown: report === undefined ? [] : unknownOf(report, journal),
      problems: account.parameters.settings().problems,
      blocked: report?.blocked ?? [],
      protectedPrincipals: report?.protectedPrincipals ?? [],
      byHand: byHandOf(account.parameters.settings(), now),
      events: account.bus.events.slice(-MOST_EVENTS).reverse(),
      charts: history.charts(now, MOST_CHARTS),
      clock: { paused: player.paused, speed: player.speed, speeds: SPEEDS },
    };
  }

  function limitsOf(report: Report, now: EpochMs): readonly LimitState[] {
    return report.overview(MOST_KEYS).map((overview) => ({
      ...overview,
      keys: overview.keys.map((key) => {
        // Who is denied does not go on as before.
        const denied = key.key.principal !== undefined && report.denied.has(key.key.principal);
        return { ...key, forecast: denied ? null : history.forecastOf(overview, key, now) };
      }),
    }));
  }

  async function submit(form: FormName, values: Readonly<Record<string, string>>): Promise<FormAnswer> {
    if (form === "approve" && values.plan !== live.latest?.heldPlan?.id) {
      const refused = "This plan is not held any more, or was replaced by another; look at what is held now.";
      return { form, outcome: { refused }, values };
    }
    const outcome =
      form === "clock"
        ? await turn(values)
        : submitSetting(form, values, account.parameters, clock.now(), await namedBy());
    // Shown at once, even while the clock stands still: time goes on for as long as a run takes.
    if (form !== "clock" && "done" in outcome) await player.step(SETTLED_MS);
    const ofLimit = form === "threshold" || form === "lift";
    return { form, outcome, values, ...(ofLimit && values.limit !== undefined && { limit: values.limit }) };
  }

  /** Says how many of the account's principals a selector names. */
  async function namedBy(): Promise<(selector: string) => number> {
    const principals = await account.ports.directory.list();
    return (selector) => principals.filter((principal) => selects(selector, principal)).length;
  }

  async function turn({ pause, step, speed }: Readonly<Record<string, string>>): Promise<FormAnswer["outcome"]> {
    if (pause !== undefined) {
      player.setPaused(pause === "yes");
      return { done: pause === "yes" ? "The clock stands still." : "The clock goes on." };
    }
    if (speed !== undefined) {
      const wanted = Number(speed);
      if (!SPEEDS.includes(wanted))
        return { refused: `The speed must be one of ${SPEEDS.join(", ")}.`, field: "speed" };
      player.setSpeed(wanted);
      return { done: `The clock goes ${wanted} times as fast as time.` };
    }
    const minutes = Number(step);
    if (!Number.isInteger(minutes) || minutes < 1 || minutes > LONGEST_STEP_MINUTES) {
      return { refused: `A step must be 1 to ${LONGEST_STEP_MINUTES} whole minutes.`, field: "step" };
    }
    await player.step(minutes * 60_000);
    return { done: `The clock went on by ${minutes} minutes.` };
  }

  return { state, submit };
}

/** A deny that began less than this ago may not work everywhere yet. */
const PROPAGATION_MS = 60_000;

function deniedOf(report: Report, journal: Journal, now: EpochMs, timeZone: string): readonly DeniedState[] {
  const began = new Map<string, EpochMs>();
  for (const mark of journal.marks) {
    if (mark.kind === "episode") began.set(`${mark.would} ${mark.principal} ${mark.member}`, mark.since);
  }
  const statesOf = (denied: ReadonlyMap<PrincipalId, DenySet>, would: boolean): DeniedState[] =>
    [...denied].flatMap(([principal, set]) =>
      byReason(set, (member) => report.causesOf(principal, member), now, timeZone).map(({ models, reason, ends }) => {
        const since = began.get(`${would} ${principal} ${models[0] ?? ""}`);
        const fresh = since !== undefined && now - since < PROPAGATION_MS;
        return {
          principal,
          models,
          state: would ? "would" : fresh ? "propagating" : "denied",
          reason,
          ...(since !== undefined && { since }),
          ...(ends !== undefined && { ends }),
        } satisfies DeniedState;
      }),
    );
  return [...statesOf(report.denied, false), ...statesOf(report.would, true)];
}

interface Reason {
  readonly models: string[];
  readonly reason: string;
  readonly ends?: string;
}

/** Members of a set that are denied for the same reason stand together. */
function byReason(
  set: DenySet,
  causesOf: (member: string) => readonly Cause[],
  now: EpochMs,
  timeZone: string,
): readonly Reason[] {
  const reasons = new Map<string, Reason>();
  for (const member of set) {
    const cause = mainCause(causesOf(member));
    const { reason, ends } =
      cause === undefined
        ? { reason: "attached by someone else; the next run looks at it", ends: undefined }
        : explain(cause, now, timeZone);
    const there = reasons.get(`${reason} ${ends}`);
    if (there !== undefined) there.models.push(member);
    else reasons.set(`${reason} ${ends}`, { models: [member], reason, ...(ends !== undefined && { ends }) });
  }
  return [...reasons.values()];
}

/** What people set and has not ended. */
function byHandOf({ denies, exemptions }: Settings, now: EpochMs): readonly ByHandState[] {
  const denied = denies.map(({ name, models, ...rest }) => ({
    ...rest,
    parameter: `denies/${name}`,
    what: `denied ${models.join(", ")}`,
  }));
  const exempt = exemptions.map(({ name, principals, until, reason, limits, models, upTo }) => ({
    principals,
    until,
    reason,
    parameter: `exemptions/${name}`,
    what: [
      `exempt from ${limits?.join(", ") ?? "every limit"}`,
      models && `for ${models.join(", ")}`,
      upTo !== undefined && `up to ${upTo} %`,
    ]
      .filter(Boolean)
      .join(" "),
  }));
  return [...denied, ...exempt].filter(({ until }) => until === undefined || until > now);
}

function unknownOf(report: Report, journal: Journal) {
  const since = new Map(
    journal.marks.flatMap((mark) => (mark.kind === "trouble" ? [[mark.subject, mark.since] as const] : [])),
  );
  return [...report.unknown].map(([limit, why]) => {
    const began = since.get(`usage#${limit}`);
    return { limit, why, ...(began !== undefined && { since: began }) };
  });
}
