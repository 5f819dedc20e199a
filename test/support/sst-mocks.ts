/**
 * Runs sst.config.ts and infra/ on the real SST components (the sources in .sst/platform) under Pulumi
 * mocks, and records every resource. It stands in for SST's bundler, which injects the globals, for its
 * command line and for the Pulumi engine. Nothing leaves the process except on loopback.
 *
 * Providers validate nothing here: a malformed schedule or ARN passes.
 */
import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { vi } from "vitest";
import type * as Pulumi from "../../.sst/platform/node_modules/@pulumi/pulumi/index.d.ts";
import { call, newResource } from "./mock-aws-provider.ts";
import { startSstCli } from "./mock-sst-cli.ts";

export interface Recorded {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  /** False for a component, which only groups resources. */
  custom: boolean;
  parent: string | undefined;
  retainOnDelete: boolean;
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

const root = path.resolve(import.meta.dirname, "../..");
const platform = path.join(root, ".sst/platform");

// Mocks work only on the instance of Pulumi's SDK that the components import.
const fromPlatform = createRequire(path.join(platform, "package.json"));
const pulumi: typeof Pulumi = fromPlatform("@pulumi/pulumi");
const { waitForRPCs }: { waitForRPCs(): Promise<void> } = fromPlatform("@pulumi/pulumi/runtime/settings");

const load = <Module>(file: string): Promise<Module> => import(/* @vite-ignore */ pathToFileURL(file).href);

/**
 * Synthesizes a stage. `program` decides what is deployed: by default what sst.config.ts says, whose
 * `run` it is given.
 */
export async function synthesize(stage: string, program = (run: Config["run"]) => run()) {
  vi.resetModules(); // infra/ creates its resources when it is imported
  Object.assign(globalThis, { $config: (config: Config) => config });
  const { default: config } = await load<{ default: Config }>(path.join(root, "sst.config.ts"));
  const app = await config.app({ stage });

  // A component that fails leaves a rejection that nobody awaits, and calls that never end.
  const failure = Promise.withResolvers<never>();
  process.on("unhandledRejection", failure.reject);
  const cli = await startSstCli(root);
  try {
    const { resources, noteOptions } = await recordResources(app.name, stage);
    await injectGlobals(app, stage, cli.url);
    const { run } = await load<{ run: typeof program }>(path.join(platform, "src/auto/run.ts"));
    const outputs = await pulumi.runtime.runInPulumiStack(() =>
      run(() => {
        noteOptions();
        return program(config.run);
      }),
    );
    await Promise.race([failure.promise, settled(() => `${resources.length} resources, ${cli.pending()} calls`)]);
    return { app, outputs, resources, ...selectors(resources) };
  } finally {
    process.off("unhandledRejection", failure.reject);
    cli.stop();
  }
}

async function recordResources(project: string, stage: string) {
  const resources: Recorded[] = [];
  const options = new Map<string, Pick<Recorded, "parent" | "retainOnDelete">>();
  await pulumi.runtime.setMocks(
    {
      call,
      newResource(args) {
        const { type, name, inputs, custom = false } = args;
        const { parent, retainOnDelete = false } = options.get(`${type} ${name}`) ?? { parent: undefined };
        const isTwin = (other: Recorded) => other.type === type && other.name === name && other.parent === parent;
        if (resources.some(isTwin)) throw new Error(`two resources are ${type} ${name}`); // as the engine would
        resources.push({ type, name, inputs, custom, parent, retainOnDelete });
        return newResource(args);
      },
    },
    project,
    stage,
  );
  /** Mocks do not see options. Called after SST's own transformations, so that their effect is what is noted. */
  const noteOptions = () =>
    pulumi.runtime.registerStackTransformation(({ type, name, opts }) => {
      const parent = opts.parent as { __name?: string } | undefined;
      options.set(`${type} ${name}`, { parent: parent?.__name, retainOnDelete: opts.retainOnDelete ?? false });
      return undefined;
    });
  return { resources, noteOptions };
}

/** What SST's bundler defines for sst.config.ts and its components (pkg/project/run.go, src/shim/run.js). */
async function injectGlobals(app: App, stage: string, rpc: string) {
  process.env.SST_SERVER = rpc;
  Object.assign(globalThis, {
    $app: { ...app, stage },
    $dev: false,
    $cli: {
      command: "deploy",
      rpc,
      home: app.home,
      paths: { home: path.join(root, ".sst/home"), root, work: path.join(root, ".sst"), platform },
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
  /** The only one of its type. */
  const the = (type: string) => {
    const [resource, ...others] = ofType(type);
    if (resource === undefined || others.length > 0) {
      throw new Error(`expected one ${type}, found ${ofType(type).map(({ name }) => name)}`);
    }
    return resource;
  };
  return { ofType, the };
}
