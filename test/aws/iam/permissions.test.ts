import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { LimitExceededException } from "@aws-sdk/client-iam";
import { createIamAccess } from "@bedrock-governor/aws/iam/access";
import { createIamDirectory } from "@bedrock-governor/aws/iam/directory";
import {
  accessPermissions,
  directoryPermissions,
  publisherPermissions,
  removalPermissions,
} from "@bedrock-governor/aws/iam/permissions";
import { createIamPublisher } from "@bedrock-governor/aws/iam/publisher";
import { createRemoval } from "@bedrock-governor/aws/iam/removal";
import type { Permission } from "@bedrock-governor/aws/permission";
import { describe, expect, it } from "vitest";
import { contractPolicy } from "../../contract/access-port.ts";
import { type AccessRequest, evaluate } from "../../support/iam-evaluator.ts";
import { arnOf, fakeIam, fakeTiming, PLACE, type Sent } from "./fake-iam.ts";

const opus = contractPolicy("anthropic.claude-opus-4-5-20251101-v1:0");
const haiku = contractPolicy("anthropic.claude-haiku-4-5-20251001-v1:0");
const ROLE = "arn:aws:iam::123456789012:role/data-science/batch";
const USER = "arn:aws:iam::123456789012:user/ci/builder";
const ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess";
const GOVERNED = ["arn:aws:iam::123456789012:role/data-science/*", "arn:aws:iam::123456789012:user/*"];

const granted = {
  access: accessPermissions(PLACE, GOVERNED),
  publisher: publisherPermissions(PLACE),
  directory: directoryPermissions(),
  removal: removalPermissions(PLACE),
};

const decide = (permissions: readonly Permission[], request: AccessRequest) => {
  const Statement = permissions.map(({ actions, resources, condition }) => ({
    Effect: "Allow" as const,
    Action: actions,
    Resource: resources,
    ...(condition && { Condition: condition }),
  }));
  return evaluate([{ Statement }], request);
};
const actionsOf = (permissions: readonly Permission[]) => new Set(permissions.flatMap(({ actions }) => actions));

/** What IAM asks of the caller for a command. */
function requestsOf({ command, input }: Sent): readonly AccessRequest[] {
  const action = `iam:${command}`;
  if (/^List(Policies|Roles|Users)$/.test(command)) return [{ action, resource: "*" }];
  const policy = String(input.PolicyArn);
  if (command.includes("tachRole")) return [{ action, resource: ROLE, context: { "iam:PolicyARN": policy } }];
  if (command.includes("tachUser")) return [{ action, resource: USER, context: { "iam:PolicyARN": policy } }];
  if (command !== "CreatePolicy") return [{ action, resource: policy }];
  const resource = arnOf(String(input.PolicyName), String(input.Path));
  return [action, ...(input.Tags === undefined ? [] : ["iam:TagPolicy"])].map((each) => ({ action: each, resource }));
}

/** Everything that each adapter ever sends. */
async function everythingSent(): Promise<Record<keyof typeof granted, readonly Sent[]>> {
  const set = () => {
    const iam = fakeIam();
    iam.principals.add(ROLE).add(USER);
    return { iam, options: { iam: iam.client, place: PLACE, maxAgeMs: 0, ...fakeTiming() } };
  };
  const access = set();
  const port = createIamAccess(access.options);
  access.iam.put(opus);
  for (const [id, arn] of [
    ["role/batch", ROLE],
    ["user/builder", USER],
  ] as const) {
    await port.attach({ id, tail: id, arn }, opus.name);
    await port.observe();
    await port.detach(id, opus.name);
  }
  const publisher = set();
  publisher.iam.put(haiku);
  publisher.iam.put(contractPolicy("acme.unused"));
  publisher.iam.before("CreatePolicy", (_, nth) => {
    if (nth === 1) throw new LimitExceededException({ message: "full", $metadata: {} });
  });
  await createIamPublisher(publisher.options).publish([opus, haiku]);
  const directory = set();
  await createIamDirectory(directory.options).list();
  const removal = set();
  removal.iam.put(opus).holders.add("role/batch").add("user/builder");
  await createRemoval({ ...removal.options, watchMs: 0 }).remove();
  return {
    access: access.iam.sent,
    publisher: publisher.iam.sent,
    directory: directory.iam.sent,
    removal: removal.iam.sent,
  };
}

describe("the permissions of the IAM adapters", () => {
  it.each(["access", "publisher", "directory", "removal"] as const)(
    "allow all that %s sends, and nothing else",
    async (adapter) => {
      const requests = (await everythingSent())[adapter].flatMap(requestsOf);
      const refused = requests.filter((request) => decide(granted[adapter], request) !== "allowed");
      expect(refused).toEqual([]);
      expect(actionsOf(granted[adapter])).toEqual(new Set(requests.map(({ action }) => action)));
    },
  );

  it("name every command that stands in the adapters' sources", () => {
    const folder = path.resolve(import.meta.dirname, "../../../packages/aws/src/iam");
    const sources = globSync("*.ts", { cwd: folder }).map((file) => readFileSync(path.join(folder, file), "utf8"));
    const commands = sources.flatMap((source) => [...source.matchAll(/new (\w+)Command\(/g)].map(([, name]) => name));
    const all = new Set(Object.values(granted).flatMap((permissions) => [...actionsOf(permissions)]));
    expect(new Set([...commands.map((name) => `iam:${name}`), "iam:TagPolicy"])).toEqual(all);
  });

  const attach = (resource: string, policy: string, verb = "Attach") => ({
    action: resource.includes(":role/") ? `iam:${verb}RolePolicy` : `iam:${verb}UserPolicy`,
    resource,
    context: { "iam:PolicyARN": policy },
  });
  const detach = (resource: string, policy: string) => attach(resource, policy, "Detach");

  it.each([
    ["a policy that allows", attach(ROLE, ADMINISTRATOR)],
    ["a guard policy", attach(ROLE, arnOf("guard", "/bedrock-governor/test/guard/"))],
    ["a deny policy of another stage", attach(ROLE, arnOf(opus.name, "/bedrock-governor/other/deny/"))],
    ["a deny policy of another account", attach(USER, arnOf(opus.name).replace("123456789012", "210987654321"))],
    ["anything to a role that is not governed", attach("arn:aws:iam::123456789012:role/admin", arnOf(opus.name))],
  ])("do not let the reconciler attach %s", (_, request) => {
    expect(decide(granted.access, request)).toBe("implicitDeny");
  });

  it.each(["arn:aws:iam::123456789012:role/admin", "arn:aws:iam::123456789012:user/left"])(
    "let reconciler and remover detach a deny policy, and no other, from %s, whom no pattern covers",
    (holder) => {
      for (const permissions of [granted.access, granted.removal]) {
        expect(decide(permissions, detach(holder, arnOf(opus.name)))).toBe("allowed");
        expect(decide(permissions, detach(holder, ADMINISTRATOR))).toBe("implicitDeny");
      }
    },
  );

  it("let the remover attach and create nothing", () => {
    const remover = [...actionsOf(granted.removal)];
    expect(remover.filter((action) => /Attach|Create|Put|Update|Set|Tag/.test(action))).toEqual([]);
  });

  it("let the reconciler write no policy, and the publisher attach none and change no document", () => {
    const reconciler = [...actionsOf(granted.access)];
    expect(reconciler.filter((action) => /Create|Delete|Put|Update|Set|Tag/.test(action))).toEqual([]);
    const publisher = [...actionsOf(granted.publisher)];
    expect(publisher.filter((action) => /tach|Version|Put|Update|Set/.test(action))).toEqual([]);
    const create = { action: "iam:CreatePolicy", resource: arnOf("x", "/bedrock-governor/test/guard/") };
    expect(decide(granted.publisher, create)).toBe("implicitDeny");
  });

  it("grant no write where nobody is governed", () => {
    const actions = [...actionsOf(accessPermissions(PLACE, []))];
    expect(actions.filter((action) => !/:(Get|List)/.test(action))).toEqual([]);
  });

  it("grant writes on both roles and users for a pattern that means both", () => {
    const both = accessPermissions(PLACE, ["arn:aws:iam::123456789012:*"]);
    for (const resource of [ROLE, USER]) expect(decide(both, attach(resource, arnOf(opus.name)))).toBe("allowed");
  });
});
