import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { build } from "esbuild";
import { asDeployed } from "./as-deployed.ts";
import { deliveryOf } from "./meter-scene.ts";

export interface LargestDelivery {
  readonly payloadMb: number;
  readonly unpackedMb: number;
  readonly maxRssMb: number;
}

/** More than Lambda takes is not delivered: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const LARGEST = 6 * 1024 * 1024;
const SAMPLE = 2_000;
/** Records of a log are so far apart. */
const APART_MS = 40;
const START = Date.UTC(2026, 0, 5);

/** One delivery as large as Lambda takes, to a meter in a process of its own, bundled as on Lambda, with its options. */
export async function largestDelivery(bodyBytes: number): Promise<LargestDelivery> {
  const folder = mkdtempSync(path.join(tmpdir(), "governor-delivery-"));
  try {
    const eventOf = (records: number) => deliveryOf({ records, bodyBytes, principals: 40 }, 0, words);
    const records = Math.floor((0.97 * SAMPLE * LARGEST) / eventOf(SAMPLE).awslogs.data.length);
    const event = eventOf(records);
    const file = path.join(folder, "event.json");
    writeFileSync(file, JSON.stringify(event));
    const script = await bundled(folder);
    const begin = String(START + records * APART_MS);
    const { maxRssMb } = await asDeployed<Pick<LargestDelivery, "maxRssMb">>(script, [file, begin]);
    const unpackedMb = gunzipSync(Buffer.from(event.awslogs.data, "base64")).length / 1e6;
    return { payloadMb: event.awslogs.data.length / 1e6, unpackedMb, maxRssMb };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function bundled(folder: string): Promise<string> {
  const outfile = path.join(folder, "meter-process.mjs");
  await build({
    entryPoints: [path.join(import.meta.dirname, "meter-process.ts")],
    outfile,
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    banner: { js: 'import{createRequire as r}from"module";const require=r(import.meta.url);' },
    logLevel: "error",
  });
  return outfile;
}

/** Text that zips as prose does, to a third: the same sentence over and over would zip to nothing. */
function words(characters: number, seed: number): string {
  const hash = createHash("sha512").update(String(seed)).digest("base64");
  let text = "";
  for (let n = 0; text.length < characters; n++) {
    const letters = createHash("sha256").update(`${hash}${n}`).digest("hex");
    text += `${letters.slice(0, 24)} of the tokens that a model was given in `;
  }
  return text.slice(0, characters);
}
