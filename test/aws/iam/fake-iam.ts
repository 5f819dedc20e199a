import {
  DeleteConflictException,
  EntityAlreadyExistsException,
  IAMServiceException,
  NoSuchEntityException,
} from "@aws-sdk/client-iam";
import type { Iam } from "@bedrock-governor/aws/iam/policy-reader";
import type { DenyPolicy } from "@bedrock-governor/core/policy/deny-policy";

export const PLACE = { partition: "aws", account: "123456789012", region: "eu-central-1", stage: "test" };
export const PATH = "/bedrock-governor/test/deny/";
export const arnOf = (name: string, path = PATH) => `arn:aws:iam::123456789012:policy${path}${name}`;

export interface FakePolicy {
  readonly name: string;
  path: string;
  policyId: string;
  versionId: string;
  text: string;
  /** `role/…`, `user/…`, `group/…` */
  readonly holders: Set<string>;
  boundaries: number;
}

type Input = Readonly<Record<string, unknown>>;

export interface Sent {
  /** As in `AttachRolePolicy`. */
  readonly command: string;
  readonly input: Input;
}

export interface FakeIam {
  readonly client: Iam;
  readonly sent: Sent[];
  /** What was sent, without the inputs. */
  commands(): readonly string[];
  /** By ARN. */
  readonly policies: Map<string, FakePolicy>;
  /** ARNs of roles and users. */
  readonly principals: Set<string>;
  put(policy: Pick<DenyPolicy, "name" | "text">, change?: Partial<FakePolicy>): FakePolicy;
  /** Called with each command before it is carried out; throws, or answers in its place. */
  before(command: string, hook: (input: Input, nth: number) => unknown): void;
  /** Called once a command was carried out. */
  after(command: string, hook: (input: Input) => void): void;
}

/** What IAM and the SDK say when they refuse. */
export function iamError(name: string, message = name, httpStatusCode = 400): IAMServiceException {
  return new IAMServiceException({ name, message, $fault: "client", $metadata: { httpStatusCode } });
}
const about = (message: string) => ({ message, $metadata: { httpStatusCode: 404 } });

/** As much of IAM as the adapters need, behind the SDK's `send`. @param pageSize of its lists */
export function fakeIam(pageSize = 100): FakeIam {
  const policies = new Map<string, FakePolicy>();
  const principals = new Set<string>();
  const sent: Sent[] = [];
  const befores = new Map<string, (input: Input, nth: number) => unknown>();
  const afters = new Map<string, (input: Input) => void>();
  let lastId = 0;

  const policy = ({ PolicyArn }: Input): FakePolicy => {
    const found = policies.get(String(PolicyArn));
    if (found === undefined) throw new NoSuchEntityException(about(`Policy ${PolicyArn} was not found.`));
    return found;
  };
  const checkPrincipal = (kind: string, name: unknown) => {
    const exists = [...principals].some((arn) => arn.includes(`:${kind}/`) && arn.endsWith(`/${name}`));
    if (!exists) throw new NoSuchEntityException(about(`The ${kind} with name ${name} cannot be found.`));
    return `${kind}/${name}`;
  };
  const attach = (kind: string, name: unknown, input: Input) => {
    policy(input).holders.add(checkPrincipal(kind, name));
  };
  const detach = (kind: string, name: unknown, input: Input) => {
    const holder = checkPrincipal(kind, name);
    if (!policy(input).holders.delete(holder))
      throw new NoSuchEntityException(about(`Policy ${input.PolicyArn} was not found.`));
  };
  const page = <T>(items: readonly T[], key: string, { Marker }: Input) => {
    const start = Number(Marker ?? 0);
    const end = start + pageSize;
    return { [key]: items.slice(start, end), ...(end < items.length && { IsTruncated: true, Marker: String(end) }) };
  };
  const described = ({ name, path, policyId, versionId, holders, boundaries }: FakePolicy) => ({
    PolicyName: name,
    Path: path,
    PolicyId: policyId,
    DefaultVersionId: versionId,
    AttachmentCount: holders.size,
    PermissionsBoundaryUsageCount: boundaries,
  });
  const listed = (kind: string) => [...principals].filter((arn) => arn.includes(`:${kind}/`)).map((Arn) => ({ Arn }));
  const holding = (input: Input, kind: string, key: string) =>
    [...policy(input).holders].filter((id) => id.startsWith(kind)).map((id) => ({ [key]: id.slice(kind.length) }));

  const carryOut: Readonly<Record<string, (input: Input) => unknown>> = {
    ListPolicies: (input) => {
      const at = [...policies.values()].filter(({ path }) => path.startsWith(String(input.PathPrefix)));
      return page(at.map(described), "Policies", input);
    },
    ListEntitiesForPolicy: (input) => ({
      ...page(holding(input, "role/", "RoleName"), "PolicyRoles", input),
      ...(input.Marker === undefined && { PolicyUsers: holding(input, "user/", "UserName") }),
      PolicyGroups: holding(input, "group/", "GroupName"),
    }),
    ListRoles: (input) => page(listed("role"), "Roles", input),
    ListUsers: (input) => page(listed("user"), "Users", input),
    GetPolicy: (input) => ({ Policy: described(policy(input)) }),
    GetPolicyVersion: (input) => {
      const { versionId, text } = policy(input);
      if (versionId !== input.VersionId) throw new NoSuchEntityException(about("Policy version was not found."));
      return { PolicyVersion: { Document: encodeURIComponent(text) } };
    },
    AttachRolePolicy: (input) => attach("role", input.RoleName, input),
    AttachUserPolicy: (input) => attach("user", input.UserName, input),
    DetachRolePolicy: (input) => detach("role", input.RoleName, input),
    DetachUserPolicy: (input) => detach("user", input.UserName, input),
    CreatePolicy: ({ PolicyName, Path, PolicyDocument }) => {
      if ([...policies.values()].some(({ name }) => name === PolicyName))
        throw new EntityAlreadyExistsException(about(`A policy called ${PolicyName} already exists.`));
      put({ name: String(PolicyName), text: String(PolicyDocument) }, { path: String(Path) });
    },
    DeletePolicy: (input) => {
      const { holders, boundaries } = policy(input);
      if (holders.size + boundaries > 0) throw new DeleteConflictException(about("Cannot delete what is attached."));
      policies.delete(String(input.PolicyArn));
    },
  };

  function put({ name, text }: Pick<DenyPolicy, "name" | "text">, change: Partial<FakePolicy> = {}): FakePolicy {
    const policyId = `ANPA${++lastId}`;
    const one = { name, text, path: PATH, policyId, versionId: "v1", holders: new Set<string>(), boundaries: 0 };
    const made = Object.assign(one, change);
    policies.set(arnOf(name, made.path), made);
    return made;
  }

  const send = async (sdkCommand: { readonly input: object }) => {
    const command = sdkCommand.constructor.name.replace(/Command$/, "");
    const fields = { ...sdkCommand.input };
    sent.push({ command, input: fields });
    const nth = sent.filter((one) => one.command === command).length;
    const answer = befores.get(command)?.(fields, nth);
    if (answer !== undefined) return answer as never;
    const act = carryOut[command];
    if (act === undefined) throw new Error(`nothing is known here of ${command}`);
    const result = act(fields) ?? {};
    afters.get(command)?.(fields);
    return result as never;
  };

  return {
    client: { send },
    sent,
    commands: () => sent.map(({ command }) => command),
    policies,
    principals,
    put,
    before: (command, hook) => befores.set(command, hook),
    after: (command, hook) => afters.set(command, hook),
  };
}

/** Time that passes only while somebody sleeps. */
export function fakeTiming() {
  let now = 0;
  const sleeps: number[] = [];
  return {
    sleeps,
    pass: (ms: number) => {
      now += ms;
    },
    now: () => now,
    sleep: async (ms: number) => {
      sleeps.push(ms);
      now += ms;
    },
    random: () => 0.5,
  };
}
