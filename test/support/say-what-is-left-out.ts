import { chromiumPath } from "./chromium.ts";
import { motoServer } from "./moto.ts";

/** Says, before any test runs, which suites this machine has not what it takes for; in CI they fail. */
export default function sayWhatIsLeftOut(): void {
  if (chromiumPath === undefined) {
    console.warn("Left out: the page in a browser (no Chromium here; on Debian: apt-get install chromium).");
  }
  if (motoServer === undefined) {
    console.warn(
      "Left out: the adapters on emulated AWS (no moto here; python3 -m venv .venv && .venv/bin/pip install 'moto[server]==5.2.4').",
    );
  }
}
