import { whyNoSelector } from "@bedrock-governor/core/limit/selector-rule";
import { keptModel, keptPrincipal } from "@bedrock-governor/core/metering/kept-names";
import { undeniableUnlisted } from "@bedrock-governor/core/principal/principal";
import { expect, it } from "vitest";
import { ACCOUNT, OPUS } from "../../support/invocation-record.ts";

const BEDROCK = `arn:aws:bedrock:us-east-1:${ACCOUNT}`;
const STS = `arn:aws:sts::${ACCOUNT}`;
const OTHER = "arn:aws:sts::444455556666";

it.each([
  [`${BEDROCK}:application-inference-profile/abc123`, "abc123"],
  ["arn:aws-us-gov:bedrock:us-gov-west-1:111122223333:application-inference-profile/abc123", "abc123"],
  [`${BEDROCK}:provisioned-model/xyz`, `${BEDROCK}:provisioned-model/xyz`],
  [`${BEDROCK}:application-inference-profile/${OPUS}`, `${BEDROCK}:application-inference-profile/${OPUS}`],
  [OPUS, OPUS],
  ["imported-model/abc", "imported-model/abc"],
])("usage of %s is kept as that of %s, as CloudWatch calls it", (model, kept) => {
  expect(keptModel(model)).toBe(kept);
  expect(keptModel(kept)).toBe(kept);
});

it.each([
  [`${STS}:federated-user/bob`, `${STS}:federated-user/*`],
  [`${OTHER}:federated-user/eve`, `${OTHER}:federated-user/*`],
  [`${OTHER}:assumed-role/batch/night`, `${OTHER}:assumed-role/batch`],
  [
    `${OTHER}:assumed-role/AWSReservedSSO_X_0123456789abcdef/a/b`,
    `${OTHER}:assumed-role/AWSReservedSSO_X_0123456789abcdef`,
  ],
  ["arn:aws:iam::444455556666:role/batch", "arn:aws:iam::444455556666:role/batch"],
  [`arn:aws:iam::${ACCOUNT}:root`, `arn:aws:iam::${ACCOUNT}:root`],
  ["role/batch", "role/batch"],
  ["sso/Data/ana@example.com", "sso/Data/ana@example.com"],
])("usage of %s is kept as that of %s, without what its callers make up", (id, kept) => {
  expect(keptPrincipal({ id })).toBe(kept);
  expect(keptPrincipal({ id: kept })).toBe(kept);
});

it("whoever has no name of its own cannot be denied, and there are words for why", () => {
  const federated = keptPrincipal({ id: `${STS}:federated-user/bob` });
  expect(undeniableUnlisted(federated)).toBe("federated user");
  expect(whyNoSelector(federated)).toBeUndefined();
  expect(undeniableUnlisted(keptPrincipal({ id: `${OTHER}:assumed-role/batch/night` }))).toBe(
    "principal of another account",
  );
});
