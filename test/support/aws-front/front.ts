import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answer, accessDenied, json, quotaReached, throttled } from "./answers.ts";
import { type BedrockAccount, bedrockList } from "./bedrock-lists.ts";
import { type Call, callOf, isChange, type Request, readRequest } from "./call.ts";
import { type Fault, type FaultPlan, faultPlan, type Tries } from "./faults.ts";
import { asNobody, asProcess, PROCESS_HEADER } from "./process-mark.ts";

export interface FrontOptions {
  /** Of the emulator, which plays whatever the front does not play itself. */
  readonly emulator: string;
  readonly bedrock: BedrockAccount;
}

/** Runs a function with a payload. Resolves with what it returns, rejects with what it throws. */
export type Invoke = (payload: unknown) => Promise<unknown>;

/** A process of one function. */
export interface Process {
  /** What is done within `work` is done by this process. */
  run<T>(work: () => T): T;
  /** Resolves when it was killed: AWS hears nothing more of it. */
  readonly killed: Promise<void>;
  readonly alive: boolean;
}

/** All of AWS behind one endpoint: Lambda and Bedrock's lists played here, everything else by the emulator. */
export interface AwsFront {
  /** For `AWS_ENDPOINT_URL`. */
  readonly endpoint: string;
  /** Every call since `forget`, in the order in which they came. */
  readonly calls: readonly Call[];
  /** @param caller the name of the function */
  start(caller: string): Process;
  /** What runs when Lambda is asked to invoke a function. */
  deploy(functionName: string, invoke: Invoke): void;
  /** Lets one call go wrong, in place of what was planned before. */
  fail(isIt: (call: Call) => boolean, fault: Fault, tries?: Tries): FaultPlan;
  /** Asks of each call what goes wrong with it, in place of what was planned before. */
  failBy(faultOf: (call: Call) => Fault | undefined): void;
  /** From now on nothing goes wrong. */
  failNoMore(): void;
  /** Whatever changed something since `forget`, for `replay` on an empty emulator. */
  readonly changes: readonly Request[];
  replay(changes: readonly Request[]): Promise<void>;
  /** Forgets calls, changes, faults and functions, and kills every process. */
  forget(): void;
  stop(): void;
}

interface Running {
  readonly caller: string;
  alive: boolean;
  kill(): void;
}

/** Several fronts serve one environment, that is one `AWS_ENDPOINT_URL`: whose process it is decides, not who was asked. */
const homes = new Map<string, (request: Request) => Promise<Answer | undefined>>();
let lastProcess = 0;

/** Calls without a process are the test's own: they are let through and not counted. */
export async function startAwsFront({ emulator, bedrock }: FrontOptions): Promise<AwsFront> {
  const agent = new http.Agent({ keepAlive: true });
  const functions = new Map<string, Invoke>();
  const processes = new Map<string, Running>();
  let calls: Call[] = [];
  let changes: Request[] = [];
  let faultOf: (call: Call) => Fault | undefined = () => undefined;

  async function play(call: Call, request: Request): Promise<Answer> {
    if (call.service === "bedrock" && !call.action.endsWith("LoggingConfiguration")) return bedrockList(call, bedrock);
    if (call.service === "lambda") return invocation(call, functions);
    const answer = await forward(emulator, agent, request);
    if (answer.status === 200 && isChange(call)) changes.push(request);
    return answer;
  }

  /** Undefined: the sender never gets an answer. */
  async function answerTo(request: Request): Promise<Answer | undefined> {
    const id = processOf(request);
    if (id === undefined) return play(callOf("the test", request), request);
    const sender = processes.get(id);
    if (sender?.alive !== true) return undefined;
    const call = callOf(sender.caller, request);
    calls.push(call);
    const fault = faultOf(call);
    const refused = fault && REFUSALS[fault];
    if (refused !== undefined) return refused(call, request);
    if (fault === "timed out before") return undefined;
    if (fault === "hangs") return new Promise(() => {});
    const answer = await play(call, request);
    call.status = answer.status;
    if (fault === "timed out after") return undefined;
    if (fault === "killed after") sender.kill();
    return sender.alive ? answer : undefined;
  }

  const server = http.createServer((message, response) => {
    readRequest(message)
      .then((request) => (homes.get(processOf(request) ?? "") ?? answerTo)(request))
      // A defect of the front, told in a way that no client takes for a passing failure.
      .catch((error: unknown) => json({ message: String(error) }, 418))
      .then((answer) => (answer === undefined ? message.socket.destroy() : reply(response, answer)));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;

  return {
    endpoint: `http://127.0.0.1:${port}`,
    get calls() {
      return calls;
    },
    get changes() {
      return changes;
    },
    start(caller) {
      const id = String(++lastProcess);
      const killed = Promise.withResolvers<void>();
      const running: Running = {
        caller,
        alive: true,
        kill() {
          running.alive = false;
          killed.resolve();
        },
      };
      processes.set(id, running);
      homes.set(id, answerTo);
      return {
        run: (work) => asProcess(id, work),
        killed: killed.promise,
        get alive() {
          return running.alive;
        },
      };
    },
    deploy(functionName, invoke) {
      functions.set(functionName, invoke);
    },
    fail(isIt, fault, tries = "once") {
      const plan = faultPlan(isIt, fault, tries);
      faultOf = plan.of;
      return plan;
    },
    failBy(of) {
      faultOf = of;
    },
    failNoMore() {
      faultOf = () => undefined;
    },
    async replay(requests) {
      for (const request of requests) {
        const { status } = await forward(emulator, agent, request);
        if (status !== 200) throw new Error(`${status} in answer to ${request.body}`);
      }
      changes.push(...requests);
    },
    forget() {
      for (const process of processes.values()) process.kill();
      processes.clear();
      functions.clear();
      calls = [];
      changes = [];
      faultOf = () => undefined;
    },
    stop() {
      agent.destroy();
      server.close();
      server.closeAllConnections();
    },
  };
}

const REFUSALS: Partial<Record<Fault, (call: Call, request: Request) => Answer>> = {
  throttled,
  "access denied": accessDenied,
  "quota reached": quotaReached,
};

const processOf = ({ headers }: Request): string | undefined => headers[PROCESS_HEADER]?.toString();

function reply(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers).end(body);
}

/** A function that fails is answered with 200 and says so in a header, as Lambda does. */
async function invocation({ input }: Call, functions: ReadonlyMap<string, Invoke>): Promise<Answer> {
  const invoke = functions.get(String(input.FunctionName));
  if (invoke === undefined)
    return json({ Message: "Function not found" }, 404, { "x-amzn-errortype": "ResourceNotFoundException" });
  try {
    return json(await invoke(JSON.parse(String(input.Payload))));
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return json({ errorType: name, errorMessage: message }, 200, { "x-amz-function-error": "Unhandled" });
  }
}

async function forward(emulator: string, agent: http.Agent, request: Request): Promise<Answer> {
  const { method, url, headers, body } = request;
  const sent = asNobody(() => http.request(new URL(url, emulator), { method, headers, agent }).end(body));
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const { "content-type": type = "text/plain", ...rest } = response.headers;
  const amazon = Object.entries(rest).filter(([name]) => /^(x-amz|smithy)/.test(name));
  return {
    status: response.statusCode ?? 500,
    headers: Object.fromEntries([["content-type", type], ...amazon.map(([name, value]) => [name, String(value)])]),
    body: Buffer.concat(chunks),
  };
}
