import { type AccountOptions, createAccount } from "@bedrock-governor/simulator/account/account";
import { createClock } from "@bedrock-governor/simulator/clock";
import { describeAccessPort } from "./access-port.ts";
import { describeAnnouncerPort } from "./announcer-port.ts";
import { describeCataloguePort } from "./catalogue-port.ts";
import { describeDirectoryPort } from "./directory-port.ts";
import { describeJournalPort } from "./journal-port.ts";
import { describeSettingsPort } from "./settings-port.ts";
import { describeUsagePort, type UsageSubject } from "./usage-port.ts";

const NAME = "the simulator's account";
const DAY = Date.UTC(2026, 0, 5);

function setUp(options: Partial<AccountOptions> = {}) {
  const clock = createClock(DAY);
  return { clock, account: createAccount({ clock, ...options }) };
}

describeAccessPort(NAME, async () => {
  const { ports, directory, attachments, policies } = setUp().account;
  return {
    access: ports.access,
    publisher: ports.publisher,
    create: async (tail) => directory.create(tail),
    delete: async (principal) => directory.delete(principal),
    async attachForeign(principal, name) {
      policies.createForeign(name, { Statement: [] });
      attachments.write(principal, name, true);
    },
    attached: async (principal) => attachments.of(principal),
    tamper: async (name) => policies.rewrite(name, { Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] }),
    deletePolicy: async (name) => policies.delete(name),
  };
});

describeDirectoryPort(NAME, async () => {
  const { directory } = setUp().account;
  return {
    port: directory.port,
    create: async (tail) => {
      directory.create(tail);
    },
    delete: async (principal) => directory.delete(principal),
  };
});

describeJournalPort(NAME, async () => setUp().account.journal);

describeSettingsPort(NAME, async () => {
  const { parameters } = setUp().account;
  return {
    port: parameters.port,
    put: async (name, value) => parameters.put(name, value),
    remove: async (name) => parameters.remove(name),
  };
});

describeAnnouncerPort(NAME, async () => {
  const { bus } = setUp().account;
  return { port: bus.port, received: async () => bus.events.map(({ id }) => id) };
});

describeCataloguePort(NAME, async () => {
  const model = "anthropic.claude-opus-4-5-20251101-v1:0";
  const alias = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc";
  const provisioned = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/xyz";
  const catalogue = {
    models: ["amazon.nova-pro-v1:0", model],
    aliases: new Map([
      [alias, model],
      [provisioned, model],
    ]),
    otherArns: new Map([[model, [provisioned]]]),
  };
  const { ports } = setUp({ catalogue }).account;
  return { port: ports.catalogue, model, aliases: [alias, provisioned], otherArns: [provisioned] };
});

const usageOf = (source: "logs" | "metrics") => async (): Promise<UsageSubject> => {
  const { account, clock } = setUp();
  return {
    port: account.ports.usage[source],
    source,
    perPrincipal: source === "logs",
    day: DAY,
    async use(calls) {
      for (const { principal, spelling, at, ...use } of calls.toSorted((a, b) => a.at - b.at)) {
        await clock.runUntil(at);
        account.call(account.callers.caller(principal, spelling), use);
      }
      await clock.runUntil(DAY + 43_200_000);
    },
    breakDown: async () => account.silences.silence(source, "the simulator was told to"),
  };
};
describeUsagePort(`${NAME}, log`, usageOf("logs"));
describeUsagePort(`${NAME}, metrics`, usageOf("metrics"));
