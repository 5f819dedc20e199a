import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { createWorld, type WorldOptions } from "../support/world.ts";

/** One moment of a case: what happens before the run, and what is so after it. README.md tells of the format. */
interface Moment {
  readonly at: string;
  /** Tokens used, by principal and model; null for an amount that nobody knows. */
  readonly use?: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
  /** Parameters that are written. */
  readonly set?: Readonly<Record<string, unknown>>;
  readonly remove?: readonly string[];
  /** Sources that cannot be read from now on, and why. */
  readonly unknown?: Readonly<Partial<Record<"logs" | "metrics", string>>>;
  readonly readable?: readonly ("logs" | "metrics")[];
  readonly denied: Readonly<Record<string, readonly string[]>>;
  /** Everything that is told by this run, as "Type: reason". */
  readonly told?: readonly string[];
}

interface Case {
  readonly title: string;
  readonly account?: Pick<WorldOptions, "principals" | "models" | "mode">;
  readonly story: readonly Moment[];
}

const folder = import.meta.dirname;

describe("decision cases", () => {
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
    const { title, account, story } = JSON.parse(readFileSync(path.join(folder, file), "utf8")) as Case;
    it(title, async () => {
      const [first] = story;
      const world = createWorld({ ...account, now: Date.parse(first?.at ?? "") });
      for (const moment of story) {
        await world.pass(Date.parse(moment.at) - world.clock.now());
        for (const [name, value] of Object.entries(moment.set ?? {})) world.settings.set(name, value);
        for (const name of moment.remove ?? []) world.settings.remove(name);
        for (const [source, why] of Object.entries(moment.unknown ?? {})) world.usage.silence(source as "logs", why);
        for (const source of moment.readable ?? []) world.usage.restore(source);
        for (const [principal, models] of Object.entries(moment.use ?? {})) {
          for (const [model, amount] of Object.entries(models)) {
            world.usage.spend(principal, model, amount ?? undefined, world.clock.now());
          }
        }
        const before = world.bus.events.length;
        await world.run();
        expect([moment.at, world.denied()]).toEqual([moment.at, moment.denied]);
        if (moment.told === undefined) continue;
        const told = world.bus.events.slice(before).map(({ type, reason }) => `${type}: ${reason}`);
        expect([moment.at, told]).toEqual([moment.at, moment.told]);
      }
    });
  }
});
