import { createNotifyHandler } from "./notify-handler.ts";
import { wireNotifier } from "./wire.ts";

export const handler = createNotifyHandler(wireNotifier(process.env));
