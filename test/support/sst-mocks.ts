/**
 * Runs sst.config.ts and infra/ on the real SST components (the sources in .sst/platform) under Pulumi
 * mocks, and records every resource. It stands in for SST's bundler, which injects the globals, for its
 * command line and for the Pulumi engine. Nothing leaves the process except on loopback.
 *
 * Providers validate nothing here: a malformed schedule or ARN passes.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { vi } from "vitest";
import type * as Pulumi from "../../.sst/platform/node_modules/@pulumi/pulumi/index.d.ts";
import type { StageSettings } from "../../infra/settings.ts";
import { type MockAws, mockAws, mockAwsProvider, regionOf } from "./mock-aws-provider.ts";
import { startSstCli } from "./mock-sst-cli.ts";

export interface Recorded {
  urn: string;
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  /** Where it is: by itself, by its provider, or at home. */
  region: string;
  /** False for a component, which only groups resources. */
  custom: boolean;
  retainOnDelete: boolean;
  deleteBeforeReplace: boolean;
  /** URNs of what must exist before it and go after it: what it names in `dependsOn`, and what its inputs come from. */
  dependencies: readonly string[];
}

type Outputs = Record<string, unknown> | undefined;

interface App {
  name: string;
  home: string;
  removal?: "remove" | "retain";
  protect?: boolean;
  providers: { aws: { region: string; version: string } };
}

interface Config {
  app(input: { stage: string }): Promise<App>;
  run(): Promise<Outputs>;
}

interface Settings {
  stages: Record<string, Partial<StageSettings>>;
}

const root = path.resolve(import.meta.dirname, "../..");
const platform = path.join(root, ".sst/platform");

// Mocks work only on the instance of Pulumi's SDK that the components import.
const fromPlatform = createRequire(path.join(platform, "package.json"));
const pulumi: typeof Pulumi = fromPlatform("@pulumi/pulumi");
const { waitForRPCs, getMonitor }: { waitForRPCs(): Promise<void>; getMonitor(): Monitor } = fromPlatform(
  "@pulumi/pulumi/runtime/settings",
);
const { deserializeProperties }: { deserializeProperties(object: unknown): Recorded["inputs"] } =
  fromPlatform("@pulumi/pulumi/runtime/rpc");

const load = <Module>(file: string): Promise<Module> => import(/* @vite-ignore */ pathToFileURL(file).href);

interface Deployment {
  /** In place of what infra/settings.ts says about the stage. */
  settings?: Partial<StageSettings>;
  account?: string;
  /** As `sst dev` would. */
  dev?: boolean;
  /** Decides what is deployed: by default what sst.config.ts says, whose `run` it is given. */
  program?: (run: Config["run"]) => Promise<Outputs>;
}

/** Synthesizes a stage. */
export async function synthesize(stage: string, deployment: Deployment = {}) {
  const { settings, account, dev = false, program = (run) => run() } = deployment;
  vi.resetModules(); // infra/ creates its resources when it is imported
  const { stages } = await load<Settings>(path.join(root, "infra/settings.ts"));
  if (settings) stages[stage] = settings;
  Object.assign(globalThis, { $config: (config: Config) => config });
  const { default: config } = await load<{ default: Config }>(path.join(root, "sst.config.ts"));
  const app = await config.app({ stage });
  const where = mockAws(app.providers.aws.region, account);

  // A component that fails leaves a rejection that nobody awaits, and calls that never end.
  const failure = Promise.withResolvers<never>();
  process.on("unhandledRejection", failure.reject);
  const work = mkdtempSync(path.join(tmpdir(), "sst-"));
  const cli = await startSstCli({ root, work, aws: where });
  try {
    const resources = await recordResources(where, app.name, stage);
    await injectGlobals(app, { stage, dev, work, rpc: cli.url });
    const { run } = await load<{ run(program: () => Promise<Outputs>): Promise<Outputs> }>(
      path.join(platform, "src/auto/run.ts"),
    );
    const outputs = await pulumi.runtime.runInPulumiStack(() => run(() => program(config.run)));
    await Promise.race([failure.promise, settled(() => `${resources.length} resources, ${cli.pending()} calls`)]);
    return { app, outputs, resources, ...selectors(resources) };
  } finally {
    await sleep(0); // Pulumi leaves a rejection behind when `run` rejects
    process.off("unhandledRejection", failure.reject);
    cli.stop();
    rmSync(work, { recursive: true });
  }
}

async function recordResources(where: MockAws, project: string, stage: string) {
  const resources: Recorded[] = [];
  await pulumi.runtime.setMocks(mockAwsProvider(where), project, stage);
  // Mocks are told neither options nor dependencies. What the monitor is asked holds them.
  const monitor: Monitor = getMonitor();
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) =>
    register(request, (error, response) => {
      if (response) resources.push(recorded(request, response.getUrn(), where.region));
      const urns = resources.map(({ urn }) => urn);
      // As the engine would.
      const twin = urns.length > new Set(urns).size ? new Error(`two resources are ${urns.at(-1)}`) : undefined;
      callback(error ?? twin, response);
    });
  return resources;
}

/** As much of https://github.com/pulumi/pulumi/blob/master/proto/pulumi/resource.proto as is recorded. */
interface RegisterRequest {
  getType(): string;
  getName(): string;
  getObject(): unknown;
  getProvider(): string;
  getCustom(): boolean;
  getRetainondelete(): boolean;
  getDeletebeforereplace(): boolean;
  getDependenciesList(): string[];
}

interface Monitor {
  registerResource(
    request: RegisterRequest,
    callback: (error: unknown, response?: { getUrn(): string }) => void,
  ): Promise<void>;
}

function recorded(request: RegisterRequest, urn: string, home: string): Recorded {
  const inputs = deserializeProperties(request.getObject());
  return {
    urn,
    type: request.getType(),
    name: request.getName(),
    inputs,
    region: typeof inputs.region === "string" ? inputs.region : (regionOf(request.getProvider()) ?? home),
    custom: request.getCustom(),
    retainOnDelete: request.getRetainondelete(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    dependencies: request.getDependenciesList(),
  };
}

interface Shim {
  stage: string;
  dev: boolean;
  work: string;
  /** Where SST's command line listens. */
  rpc: string;
}

/** What SST's bundler defines for sst.config.ts and its components (pkg/project/run.go, src/shim/run.js). */
async function injectGlobals(app: App, { stage, dev, work, rpc }: Shim) {
  process.env.SST_SERVER = rpc;
  Object.assign(globalThis, {
    $app: { ...app, stage },
    $dev: dev,
    $cli: {
      command: dev ? "dev" : "deploy",
      rpc,
      home: app.home,
      paths: { home: path.join(work, "home"), root, work, platform },
      state: { version: {} },
    },
  });
  Object.assign(globalThis, await load(path.join(platform, "src/shim/run.js")), {
    aws: fromPlatform("@pulumi/aws"),
    sst: await load(path.join(platform, "src/components/index.ts")),
  });
}

/** Components go on creating resources after the program has ended, one from another's outputs. */
async function settled(state: () => string) {
  let quiet = 0;
  for (let last = ""; quiet < 4; last = state()) {
    await waitForRPCs();
    await sleep(25);
    quiet = state() === last ? quiet + 1 : 0;
  }
}

function selectors(resources: Recorded[]) {
  const ofType = (type: string) => resources.filter((resource) => resource.type === type);
  /** The only one of its type, or of its type and name. */
  const the = (type: string, name?: string) => {
    const found = ofType(type).filter((resource) => name === undefined || resource.name === name);
    const [resource] = found;
    if (resource === undefined || found.length > 1) {
      throw new Error(`expected one ${type} ${name ?? ""}, found ${ofType(type).map((other) => other.name)}`);
    }
    return resource;
  };
  const byUrn = (urn: string) => resources.find((resource) => resource.urn === urn);
  /** All that goes only after it is gone: what it depends on, and what that depends on. */
  const goAfter = ({ dependencies }: Recorded, seen = new Set<string>()): Set<string> => {
    for (const urn of dependencies) {
      if (seen.has(urn)) continue;
      seen.add(urn);
      const next = byUrn(urn);
      if (next) goAfter(next, seen);
    }
    return seen;
  };
  /** Whether Pulumi makes `later` after `earlier`, and deletes it before. */
  const isAfter = (later: Recorded, earlier: Recorded) => goAfter(later).has(earlier.urn);
  return { ofType, the, isAfter };
}
