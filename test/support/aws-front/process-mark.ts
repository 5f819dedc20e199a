import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";

/** Says which process a request is from: the functions of a test share one process in truth, and so one environment. */
export const PROCESS_HEADER = "x-front-process";

const running = new AsyncLocalStorage<string>();

subscribe("http.client.request.created", (message) => {
  const id = running.getStore();
  if (id !== undefined) (message as { request: ClientRequest }).request.setHeader(PROCESS_HEADER, id);
});

/** Whatever is sent within `work`, and whatever follows from it, is from that process. */
export const asProcess = <T>(id: string, work: () => T): T => running.run(id, work);

export const asNobody = <T>(work: () => T): T => running.exit(work);
