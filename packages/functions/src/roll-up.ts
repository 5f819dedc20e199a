import { createRollUpHandler } from "./roll-up-handler.ts";
import { wireRollUp } from "./wire.ts";

export const handler = createRollUpHandler(wireRollUp(process.env));
