import type { ModelId } from "../model/model-id.ts";
import type { Principal, PrincipalId } from "../principal/principal.ts";

const APPLICATION_PROFILE = /^arn:[^:]+:bedrock:[^:]*:[^:]*:application-inference-profile\/([^./:]+)$/;

/**
 * The name under which usage of a model is kept: of an application profile that nothing resolved its bare id, as
 * CloudWatch calls it, so that what both tell of it can be compared (docs/adr/0007).
 */
export const keptModel = (model: ModelId): ModelId => APPLICATION_PROFILE.exec(model)?.[1] ?? model;

const FEDERATED = /^(arn:[^:]+:sts::\d{12}:federated-user\/)/;
/** Our own account's roles go by their names. */
const FOREIGN_SESSION = /^(arn:[^:]+:sts::\d{12}:assumed-role\/[^/]+)\//;

/**
 * The name under which usage of a principal is kept: without what its callers make up, as each name would have a
 * threshold to itself. All federated users of an account are one, `…:federated-user/*`, and so are all sessions of
 * another account's role (docs/adr/0017).
 */
export function keptPrincipal({ id }: Pick<Principal, "id">): PrincipalId {
  const federated = FEDERATED.exec(id)?.[1];
  return federated === undefined ? (FOREIGN_SESSION.exec(id)?.[1] ?? id) : `${federated}*`;
}
