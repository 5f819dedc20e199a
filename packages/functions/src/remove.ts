import { createRemoveHandler } from "./remove-handler.ts";
import { wireRemover } from "./wire.ts";

export const handler = createRemoveHandler(wireRemover(process.env));
