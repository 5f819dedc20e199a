import {
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DeleteUserCommand,
  DetachRolePolicyCommand,
  DetachUserPolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListAttachedUserPoliciesCommand,
  PutUserPolicyCommand,
} from "@aws-sdk/client-iam";
import { createIamAccess } from "@bedrock-governor/aws/iam/access";
import { createIamDirectory } from "@bedrock-governor/aws/iam/directory";
import { accessPermissions, directoryPermissions, publisherPermissions } from "@bedrock-governor/aws/iam/permissions";
import { prune } from "@bedrock-governor/aws/iam/prune";
import { createIamPublisher } from "@bedrock-governor/aws/iam/publisher";
import type { Permission, Place } from "@bedrock-governor/aws/permission";
import { type Principal, type PrincipalId, parsePrincipalArn } from "@bedrock-governor/core/principal/principal";
import { expect, it } from "vitest";
import { describeWithMoto } from "../support/describe-with-moto.ts";
import type { Moto } from "../support/moto.ts";
import { type AccessSubject, contractPolicy, describeAccessPort } from "./access-port.ts";
import { describeDirectoryPort } from "./directory-port.ts";

const ALLOW_ALL = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
});
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } }],
});

describeWithMoto("IAM as moto plays it", (moto) => {
  describeAccessPort("the IAM adapters", async () => accessSubject(moto()));

  describeDirectoryPort("the IAM adapter", async () => {
    const iam = new IAMClient(moto().client);
    return {
      port: createIamDirectory({ iam, maxAgeMs: 0 }),
      create: async (tail) => {
        await create(iam, tail);
      },
      delete: (id) => remove(iam, id),
    };
  });

  it("lets each adapter do its work with the permissions it declares", async () => {
    const admin = new IAMClient(moto().client);
    const place = placeOf(moto());
    const actors = {
      access: await actor(
        moto(),
        "access",
        accessPermissions(place, [`arn:aws:iam::${place.account}:role/data-science/*`]),
      ),
      publisher: await actor(moto(), "publisher", publisherPermissions(place)),
      directory: await actor(moto(), "directory", directoryPermissions()),
    };
    const role = await create(admin, "role/data-science/batch");
    const others = [await create(admin, "role/admin"), await create(admin, "user/ci")];
    const [opus, haiku] = [contractPolicy("acme.opus"), contractPolicy("acme.haiku")];
    await moto().checkPermissionsAfter(0);
    try {
      const access = createIamAccess({ iam: actors.access, place, writesPerSecond: 1_000 });
      const publishing = { iam: actors.publisher, place, writesPerSecond: 1_000 };
      expect((await createIamPublisher(publishing).publish([opus, haiku])).size).toBe(2);
      expect((await createIamDirectory({ iam: actors.directory, maxAgeMs: 0 }).list()).length).toBeGreaterThan(1);
      expect(await access.attach(role, opus.name)).toEqual({ status: "done" });
      expect(await prune(publishing, new Set())).toEqual(new Set([haiku.name]));
      expect((await access.observe()).attached.get(role.id)).toEqual([opus.name]);
      expect(await access.detach(role.id, opus.name)).toEqual({ status: "done" });
      for (const other of others) {
        const remedy = `add ${other.id} to the principals this stage governs`;
        expect(await access.attach(other, opus.name)).toMatchObject({ status: "blocked", remedy });
      }
    } finally {
      await moto().checkPermissionsAfter(Number.POSITIVE_INFINITY);
    }
  });
});

const placeOf = ({ account, client }: Moto): Place => ({
  partition: "aws",
  account,
  region: client.region,
  stage: "contract",
});

/** A client that may do what is permitted, and nothing else. */
async function actor({ client }: Moto, UserName: string, permissions: readonly Permission[]): Promise<IAMClient> {
  const admin = new IAMClient(client);
  await admin.send(new CreateUserCommand({ UserName }));
  const Statement = permissions.map(({ actions, resources, condition }) => ({
    Effect: "Allow",
    Action: actions,
    // Of resources moto knows roles only; test/aws/iam judges the others.
    Resource: resources.every((arn) => arn.includes(":role/")) ? resources : "*",
    Condition: condition,
  }));
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  await admin.send(new PutUserPolicyCommand({ UserName, PolicyName: "permissions", PolicyDocument }));
  const { AccessKey: key } = await admin.send(new CreateAccessKeyCommand({ UserName }));
  const credentials = { accessKeyId: key?.AccessKeyId ?? "", secretAccessKey: key?.SecretAccessKey ?? "" };
  return new IAMClient({ ...client, credentials });
}

function accessSubject(moto: Moto): AccessSubject {
  const iam = new IAMClient(moto.client);
  const place = placeOf(moto);
  const options = { iam, place, writesPerSecond: 1_000 };
  const arnOf = (name: string) => `arn:aws:iam::${place.account}:policy/bedrock-governor/contract/deny/${name}`;
  return {
    access: createIamAccess(options),
    publisher: createIamPublisher(options),
    create: (tail) => create(iam, tail),
    delete: (id) => remove(iam, id),
    async attachForeign(id, name) {
      const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: name, PolicyDocument: ALLOW_ALL }));
      await change(iam, id, Policy?.Arn ?? "", true);
    },
    attached: async (id) => (await attachedTo(iam, id)).map(({ PolicyName = "" }) => PolicyName),
    async tamper(name) {
      const input = { PolicyArn: arnOf(name), PolicyDocument: ALLOW_ALL, SetAsDefault: true };
      await iam.send(new CreatePolicyVersionCommand(input));
    },
    async deletePolicy(name) {
      await iam.send(new DeletePolicyCommand({ PolicyArn: arnOf(name) }));
    },
  };
}

const split = (id: PrincipalId) => id.split("/") as ["role" | "user", string];

async function create(iam: IAMClient, tail: string): Promise<Principal> {
  const [kind, ...path] = tail.split("/");
  const name = path.pop();
  const Path = ["", ...path, ""].join("/");
  const arn =
    kind === "role"
      ? (await iam.send(new CreateRoleCommand({ RoleName: name, Path, AssumeRolePolicyDocument: TRUST }))).Role?.Arn
      : (await iam.send(new CreateUserCommand({ UserName: name, Path }))).User?.Arn;
  const principal = parsePrincipalArn(arn ?? "");
  if (principal === undefined) throw new Error(`${tail} has the ARN ${arn}`);
  return principal;
}

async function remove(iam: IAMClient, id: PrincipalId): Promise<void> {
  for (const { PolicyArn = "" } of await attachedTo(iam, id)) await change(iam, id, PolicyArn, false);
  const [kind, name] = split(id);
  if (kind === "role") await iam.send(new DeleteRoleCommand({ RoleName: name }));
  else await iam.send(new DeleteUserCommand({ UserName: name }));
}

async function change(iam: IAMClient, id: PrincipalId, PolicyArn: string, on: boolean): Promise<void> {
  const [kind, name] = split(id);
  if (kind === "role") {
    const input = { RoleName: name, PolicyArn };
    await (on ? iam.send(new AttachRolePolicyCommand(input)) : iam.send(new DetachRolePolicyCommand(input)));
  } else {
    const input = { UserName: name, PolicyArn };
    await (on ? iam.send(new AttachUserPolicyCommand(input)) : iam.send(new DetachUserPolicyCommand(input)));
  }
}

async function attachedTo(iam: IAMClient, id: PrincipalId) {
  const [kind, name] = split(id);
  const { AttachedPolicies = [] } = await (kind === "role"
    ? iam.send(new ListAttachedRolePoliciesCommand({ RoleName: name }))
    : iam.send(new ListAttachedUserPoliciesCommand({ UserName: name })));
  return AttachedPolicies;
}
