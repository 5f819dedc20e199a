import { createMeterHandler } from "./meter-handler.ts";
import { wireMeter } from "./wire.ts";

/** Made once per process: prices and aliases are remembered for a minute. */
export const handler = createMeterHandler(wireMeter(process.env));
