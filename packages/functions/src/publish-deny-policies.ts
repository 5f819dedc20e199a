import { createPublishHandler } from "./publish-handler.ts";
import { wirePublisher } from "./wire.ts";

export const handler = createPublishHandler(wirePublisher(process.env));
