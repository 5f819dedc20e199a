import { GetParameterCommand, ParameterNotFound, type SSMClient } from "@aws-sdk/client-ssm";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Permission, Place } from "../permission.ts";
import { settingsPath } from "./settings-path.ts";

export interface Webhook {
  /** Whoever knows it may write there: it is neither kept nor logged. */
  readonly address: string;
  /** When this address was stored. */
  readonly setAt: EpochMs;
  /** A SecureString; else others may read it too. */
  readonly isEncrypted: boolean;
}

/** Where notices for Slack go. */
export interface WebhookParameter {
  /** Asks each time, so that another address is used at once. Undefined: none is set. Rejects if it is unread. */
  read(): Promise<Webhook | undefined>;
}

const nameOf = (place: Pick<Place, "stage">): string => `${settingsPath(place)}/notify/slack-webhook`;

export function createWebhookParameter({
  ssm,
  place,
}: {
  readonly ssm: SSMClient;
  readonly place: Pick<Place, "stage">;
}): WebhookParameter {
  return {
    async read() {
      try {
        const command = new GetParameterCommand({ Name: nameOf(place), WithDecryption: true });
        const { Parameter } = await ssm.send(command);
        const { Value, LastModifiedDate, Type } = Parameter ?? {};
        if (Value === undefined || LastModifiedDate === undefined) throw new Error("SSM answered without the webhook");
        return { address: Value.trim(), setAt: LastModifiedDate.getTime(), isEncrypted: Type === "SecureString" };
      } catch (error) {
        if (error instanceof ParameterNotFound) return undefined;
        throw error;
      }
    },
  };
}

/** Who may read the parameter may decrypt it with AWS's own key aws/ssm; another key must let the reader use it. */
export const permissions = (place: Place): readonly Permission[] => [
  {
    actions: ["ssm:GetParameter"],
    resources: [`arn:${place.partition}:ssm:${place.region}:${place.account}:parameter${nameOf(place)}`],
  },
];
