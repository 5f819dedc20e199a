import path from "node:path";
import { build } from "esbuild";

const root = path.resolve(import.meta.dirname, "../..");

/** Entry files of the Lambda functions, without `.ts`. */
export const FUNCTIONS = [
  "reconcile",
  "publish-deny-policies",
  "remove",
  "meter",
  "roll-up",
  "invocation-logging",
  "notify",
] as const;

export interface Bundle {
  readonly file: string;
  readonly bytes: number;
  /** What each source file adds to it, in bytes. */
  readonly inputs: ReadonlyMap<string, number>;
}

/** Bundles a function as SST 4.17.1 does for Lambda, minified. */
export async function bundle(name: (typeof FUNCTIONS)[number], folder: string): Promise<Bundle> {
  const file = path.join(folder, `${name}.mjs`);
  const { metafile } = await build({
    entryPoints: [path.join(root, "packages/functions/src", `${name}.ts`)],
    outfile: file,
    bundle: true,
    minify: true,
    keepNames: true,
    platform: "node",
    format: "esm",
    target: "node24",
    mainFields: ["module", "main"],
    banner: {
      js: 'import{createRequire as topLevelCreateRequire}from"module";const require=topLevelCreateRequire(import.meta.url);',
    },
    metafile: true,
    logLevel: "error",
  });
  const [output] = Object.values(metafile.outputs);
  if (output === undefined) throw new Error(`esbuild made nothing of ${name}`);
  const inputs = Object.entries(output.inputs).map(([input, { bytesInOutput }]) => [input, bytesInOutput] as const);
  return { file, bytes: output.bytes, inputs: new Map(inputs) };
}
