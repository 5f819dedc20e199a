import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { createHistory } from "@bedrock-governor/cli/live/history";
import { createLiveHost } from "@bedrock-governor/cli/live/host";
import { createPlayer, type Player } from "@bedrock-governor/cli/live/player";
import { type ConsoleServer, serveConsole } from "@bedrock-governor/console/server";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import { createLive, type Live } from "@bedrock-governor/simulator/live/live";
import { type Traffic, workloadTraffic } from "@bedrock-governor/simulator/live/live-traffic";
import { createWorkload } from "@bedrock-governor/simulator/workload/workload";

const ZONE = "Europe/Berlin";
const EXAMPLES = path.join(import.meta.dirname, "../../examples/limits");

export interface LivePage {
  readonly live: Live;
  readonly player: Player;
  readonly server: ConsoleServer;
  /** Goes on to a moment, as if somebody had waited. */
  playTo(time: EpochMs): Promise<void>;
}

/** The example limits, as parameters. */
export const exampleLimits = (): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(EXAMPLES).map((file) => [
      `limits/${file.replace(/\.json$/, "")}`,
      readFileSync(path.join(EXAMPLES, file), "utf8"),
    ]),
  );

/** What `governor start` shows, with a clock that only the test moves. */
export async function startLivePage(
  parameters: ReadonlyMap<string, string> = exampleLimits(),
  traffic: Traffic = workloadTraffic(createWorkload(1), ZONE),
  port = 0,
): Promise<LivePage> {
  const history = createHistory({ measure: traffic.measure, spanAt: traffic.spanAt, now: () => live.clock.now() });
  const live = createLive({
    traffic,
    parameters,
    budgets: [{ name: "bedrock-monthly", amount: 8_000, models: ["*"] }],
    observer: history.observer,
    reported: history.reported,
  });
  const player = createPlayer(live, 600);
  player.setPaused(true);
  const host = createLiveHost({ live, player, history, timeZone: ZONE });
  const server = await serveConsole(host, { port, refreshMs: 50 });
  return { live, player, server, playTo: (time) => player.step(time - live.clock.now()) };
}
