import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import type { Statement } from "../support/iam-evaluator.ts";
import type { Moto } from "../support/moto.ts";

/** The key of a new user who may do what the statements say. */
export async function createKey({ client }: Moto, name: string, statements: readonly Statement[]) {
  const admin = new IAMClient(client);
  await admin.send(new CreateUserCommand({ UserName: name }));
  const Statement = statements.map((statement) => {
    const resources = [statement.Resource ?? []].flat();
    // Of resources the emulator knows roles only.
    return resources.every((arn) => arn.includes(":role/")) ? statement : { ...statement, Resource: "*" };
  });
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  await admin.send(new PutUserPolicyCommand({ UserName: name, PolicyName: "permissions", PolicyDocument }));
  const { AccessKey: key } = await admin.send(new CreateAccessKeyCommand({ UserName: name }));
  return { accessKeyId: key?.AccessKeyId ?? "", secretAccessKey: key?.SecretAccessKey ?? "" };
}
