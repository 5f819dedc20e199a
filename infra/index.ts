import { bus } from "./notifications.ts";
import { table } from "./storage.ts";

/** What a stage contains. */
export const outputs = { bus: bus.name, table: table.name };
