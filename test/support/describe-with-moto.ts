import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Moto, motoServer, startMoto } from "./moto.ts";

/** The emulator takes about ten milliseconds a call, and several of them run side by side. */
const TIMEOUT_MS = 60_000;

/**
 * A suite on emulated AWS: one emulator for all of it, empty at the start of each test. On a machine
 * without the emulator one line says so in its place; CI must have it.
 *
 * @param suite gets the emulator as a function: there is none before the first test.
 */
export function describeWithMoto(name: string, suite: (moto: () => Moto) => void): void {
  if (motoServer === undefined) {
    it(`${name}: left out, no moto on this machine (.venv/bin/pip install 'moto[server]==5.2.4')`, () => {
      expect(process.env.CI, "CI must have moto").toBeUndefined();
    });
    return;
  }
  describe(name, { timeout: TIMEOUT_MS }, () => {
    let moto: Moto | undefined;
    beforeAll(async () => {
      moto = await startMoto();
    });
    beforeEach(() => moto?.reset());
    afterAll(() => moto?.stop());
    suite(() => {
      if (moto === undefined) throw new Error("moto is not there before the first test");
      return moto;
    });
  });
}
