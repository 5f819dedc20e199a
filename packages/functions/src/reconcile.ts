import { createReconcileHandler } from "./reconcile-handler.ts";
import { wireReconciler } from "./wire.ts";

/** Made once per process: a warm run reuses what the last one read. */
export const handler = createReconcileHandler(wireReconciler(process.env));
