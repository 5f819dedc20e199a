import { afterAll, beforeAll, beforeEach } from "vitest";
import { describeWithMoto } from "../describe-with-moto.ts";
import type { Moto } from "../moto.ts";
import { type AwsFront, startAwsFront } from "./front.ts";

export const OPUS = "anthropic.claude-opus-4-5-20251101-v1:0";
export const NOVA = "amazon.nova-pro-v1:0";
/** An application inference profile of every region, which stands for Opus. */
export const PROFILE = "a1b2c3d4e5f6";

export interface EmulatedAws {
  readonly moto: Moto;
  readonly front: AwsFront;
}

/** A suite on all of AWS that the functions talk to: the emulator, and the front before it. Empty at the start of each test. */
export function describeWithAws(name: string, suite: (aws: () => EmulatedAws) => void): void {
  describeWithMoto(name, (moto) => {
    let aws: EmulatedAws | undefined;
    beforeAll(async () => {
      aws = await withFront(moto());
      Object.assign(process.env, {
        AWS_ENDPOINT_URL: aws.front.endpoint,
        POWERTOOLS_LOG_LEVEL: "SILENT",
        POWERTOOLS_METRICS_DISABLED: "true",
      });
    });
    beforeEach(() => aws?.front.forget());
    afterAll(() => aws?.front.stop());
    suite(() => {
      if (aws === undefined) throw new Error("AWS is not there before the first test");
      return aws;
    });
  });
}

/** Puts a front before an emulator. */
export async function withFront(moto: Moto): Promise<EmulatedAws> {
  const bedrock = {
    models: [OPUS, NOVA],
    prefixes: ["us", "global"],
    sharedModels: ["acme"],
    applicationProfiles: { [PROFILE]: OPUS },
  };
  return { moto, front: await startAwsFront({ emulator: moto.client.endpoint, bedrock }) };
}
