import { silenced } from "./meter-scene.ts";
import { meterSpeed } from "./meter-speed.ts";

/** One measured meter: `node meter-speed-process.ts BODY-BYTES`. */
const speed = await silenced(() => meterSpeed(Number(process.argv[2])));
process.stdout.write(JSON.stringify(speed));
