import { DeleteItemCommand } from "@aws-sdk/client-dynamodb";
import type { Request } from "../support/aws-front/call.ts";
import { type EmulatedAws, NOVA, OPUS } from "../support/aws-front/describe-with-aws.ts";
import { type Account, createAccount, MINUTE_MS, openAccount } from "./account.ts";

const TOKENS = { source: "metrics", measure: "totalTokens", per: [], period: "day" };

/**
 * An account whose next run has something of everything to do: it notes a reset, lifts a deny, exchanges
 * one for a wider one, adds a new one, looks up what a malformed parameter was before, and announces.
 *
 * @returns how to have that account again, on an emptied emulator.
 */
export async function prepareEventfulRun(aws: EmulatedAws): Promise<() => Promise<Account>> {
  const empty = async () => {
    await aws.moto.reset();
    aws.front.forget();
  };
  await empty();
  const account = await createAccount(aws);
  await account.createRole("stepper", "/team/");
  await account.createRole("newcomer");
  await account.createRole("bystander");
  await account.createUser("carol");
  await account.attachAllow("bystander", "team-policy");
  await account.set("mode", "enforce");
  await account.set("limits/tokens", {
    ...TOKENS,
    models: ["anthropic.*"],
    principals: ["role/team/*"],
    threshold: 900,
    bounds: { min: 500, max: 2_000 },
    steps: [
      { at: 80, deny: ["anthropic.claude-opus-*"] },
      { at: 100, deny: true },
    ],
  });
  await account.set("limits/tokens/threshold", "1000");
  await account.set("limits/nova", { ...TOKENS, models: [NOVA], principals: ["user/*"], threshold: 100 });
  await account.use(850, OPUS);
  await account.use(150, NOVA);
  await account.startReconciler().invoke();

  account.pass(10 * MINUTE_MS);
  await account.set("limits/tokens/threshold", "many");
  await account.set("denies/newcomer", { principals: ["role/newcomer"], models: [OPUS], reason: "an incident" });
  const at = new Date(account.now()).toISOString();
  await account.set("resets/carol", { limit: "nova", at, reason: "agreed" });
  await account.use(300, `us.${OPUS}`);
  // As in a table that was restored to a moment before it was written.
  const Key = { pk: { S: "settings" }, sk: { S: "last-mode" } };
  await account.dynamodb.send(new DeleteItemCommand({ TableName: account.table, Key }));

  const changes = aws.front.changes.map(undated);
  return async () => {
    await empty();
    await aws.front.replay(changes);
    return openAccount(aws, account.now());
  };
}

/** SSM will give what is written again another date, of which the journal must not know. */
function undated(change: Request): Request {
  const body = Buffer.from(change.body.toString("latin1").replaceAll(DATED_PARAMETER, "{$1"), "latin1");
  return { ...change, body, headers: { ...change.headers, "content-length": String(body.length) } };
}

const DATED_PARAMETER = /\{\\"at\\":\d+,(\\"kind\\":\\"parameter\\")/g;

/** Who holds what of ours when such a run has done its work. */
export const RIGHT_STATE: Readonly<Record<string, readonly RegExp[]>> = {
  "role/stepper": [/\/deny\/usage-limit-reached\.anthropic\.\+\.\w+$/],
  "role/newcomer": [/\/deny\/usage-limit-reached\.anthropic\.claude-opus-4-5-20251101-v1_0\.\w+$/],
  "role/bystander": [/policy\/team-policy$/],
  "user/carol": [],
};

/** What is told of it, once each. */
export const RIGHT_NOTICES = [
  `Access Denied role/newcomer ${OPUS}`,
  "Access Denied role/stepper anthropic.*",
  `Access Lifted user/carol ${NOVA}`,
  "Limit Changed denies/newcomer was set by N/A",
  "Limit Changed resets/carol was set by N/A",
  "Limit Invalid limits/tokens/threshold",
];
