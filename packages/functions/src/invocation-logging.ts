import { createInvocationLoggingHandler } from "./invocation-logging-handler.ts";
import { wireInvocationLogging } from "./wire.ts";

export const handler = createInvocationLoggingHandler(wireInvocationLogging(process.env));
