import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { readCbor } from "./cbor.ts";

/** One request that an SDK client sent, as far as its protocol says what it is. */
export interface Call {
  /** The function whose process sent it. */
  readonly caller: string;
  /** As signatures name it: `iam`, `ssm`, `dynamodb`, `monitoring`, `events`, `logs`, `sqs`, `bedrock`, `lambda`. */
  readonly service: string;
  readonly region: string;
  /** As IAM policies name it, but for a few REST paths. */
  readonly action: string;
  /** Of a form, of JSON, or of CBOR. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Equal for requests that ask for the same thing, as tries of one call do. */
  readonly identity: string;
  /** AWS's answer: undefined if it got none or was never asked. */
  status?: number;
}

/** Whether it may change anything; a function may. */
export const isChange = ({ action }: Call): boolean => !/^(Get|List|Describe|Query|Filter)/.test(action);

export interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export async function readRequest(message: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  const { method = "GET", url = "/", headers } = message;
  return { method, url, headers, body: Buffer.concat(chunks) };
}

export function callOf(caller: string, request: Request): Call {
  const scope = /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\//.exec(request.headers.authorization ?? "");
  const [, region = "", service = ""] = scope ?? [];
  if (service === "") throw new Error(`a request without a signature: ${request.method} ${request.url}`);
  const { action, input } = read(request);
  const asked = createHash("sha256").update(`${caller} ${service} ${region} ${action} ${request.url}`);
  return { caller, service, region, action, input, identity: asked.update(request.body).digest("hex") };
}

/** Each protocol says in a place of its own which operation is asked for. */
function read({ method, url, headers, body }: Request): Pick<Call, "action" | "input"> {
  const cbor = /^\/service\/\w+\/operation\/(\w+)$/.exec(url);
  if (cbor?.[1] !== undefined) return { action: cbor[1], input: readCbor(body) as Call["input"] };
  const target = headers["x-amz-target"];
  if (typeof target === "string") return { action: target.split(".")[1] ?? target, input: JSON.parse(body.toString()) };
  const { pathname, searchParams } = new URL(url, "http://front");
  if (headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
    const { Action = "", ...input } = Object.fromEntries(new URLSearchParams(body.toString()));
    return { action: Action, input };
  }
  const invoked = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(pathname)?.[1];
  if (invoked !== undefined) {
    return { action: "InvokeFunction", input: { FunctionName: decodeURIComponent(invoked), Payload: body.toString() } };
  }
  const customModel = /^\/custom-models\/(.+)$/.exec(pathname)?.[1];
  if (customModel !== undefined) {
    return { action: "GetCustomModel", input: { modelIdentifier: decodeURIComponent(customModel) } };
  }
  if (pathname === "/logging/modelinvocations") {
    const verb = LOGGING_VERBS[method] ?? method;
    return {
      action: `${verb}ModelInvocationLoggingConfiguration`,
      input: body.length > 0 ? JSON.parse(body.toString()) : {},
    };
  }
  return { action: BEDROCK_PATHS[pathname] ?? `${method} ${pathname}`, input: Object.fromEntries(searchParams) };
}

const LOGGING_VERBS: Readonly<Record<string, string>> = { GET: "Get", PUT: "Put", DELETE: "Delete" };

const BEDROCK_PATHS: Readonly<Record<string, string>> = {
  "/foundation-models": "ListFoundationModels",
  "/inference-profiles": "ListInferenceProfiles",
  "/provisioned-model-throughputs": "ListProvisionedModelThroughputs",
  "/model-customization/custom-model-deployments": "ListCustomModelDeployments",
  "/custom-models": "ListCustomModels",
  "/imported-models": "ListImportedModels",
};
