import { existsSync, mkdirSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { json } from "node:stream/consumers";
import * as esbuild from "esbuild";
import type { MockAws } from "./mock-aws-provider.ts";

/** What SST's components ask the command line to build: a Lambda function. */
interface Build {
  functionID: string;
  handler: string;
  runtime: string;
}

interface Surroundings {
  /** Of the project. */
  readonly root: string;
  /** A folder for what is built, of this deployment's own: several may go on at once. */
  readonly work: string;
  readonly aws: MockAws;
}

/**
 * The part of SST's command line that its components call while they deploy, on a loopback port.
 * (https://github.com/anomalyco/sst, pkg/server)
 */
export async function startSstCli(surroundings: Surroundings) {
  let pending = 0;
  const server = http.createServer(async (request, response) => {
    pending += 1;
    const { method, params } = (await json(request)) as { method: string; params: [unknown] };
    const reply =
      method === "Provider.Aws.Bootstrap"
        ? { result: bootstrap({ ...surroundings.aws, ...(params[0] as { region: string }) }) }
        : method === "Runtime.Build"
          ? { result: await build(surroundings, params[0] as Build) }
          : { error: `rpc: can't find method ${method}` };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ id: null, result: null, error: null, ...reply }));
    pending -= 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pending: () => pending,
    stop: () => server.close(),
  };
}

/** SST makes buckets of its own in each region that it is asked for. */
const bootstrap = ({ account, region }: MockAws) => ({
  version: 99,
  asset: `sst-asset-${region}`,
  state: `sst-state-${region}`,
  assetEcrRegistryId: account,
  assetEcrUrl: `${account}.dkr.ecr.${region}.amazonaws.com/sst-asset`,
});

async function build({ root, work }: Surroundings, { functionID, handler, runtime }: Build) {
  const out = path.join(work, "artifacts", `${functionID}-src`);
  mkdirSync(out, { recursive: true });

  const entry = path.join(root, handler.replace(/\.[^./]+$/, ".ts"));
  const errors = existsSync(entry) ? [] : [`Handler not found: ${handler}`];
  if (errors.length === 0) {
    await esbuild.build({
      entryPoints: [entry],
      outfile: path.join(out, "bundle.mjs"),
      bundle: true,
      packages: "external", // a bundle that nobody runs
      platform: "node",
      format: "esm",
      target: runtime.replace(/^nodejs(\d+)\.x$/, "node$1"),
      logLevel: "silent",
    });
  }
  return { handler: `bundle${path.extname(handler)}`, out, errors, sourcemaps: [] };
}
