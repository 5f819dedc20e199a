import { GetParameterCommand, ParameterNotFound, type SSMClient } from "@aws-sdk/client-ssm";
import type { Permission, Place } from "../permission.ts";
import { settingsPath } from "./settings-path.ts";

/** Where notices for Slack go. Whoever knows the address may write there: it is neither kept nor logged. */
export interface WebhookParameter {
  /** Asks each time, so that another address is used at once. Undefined: none is set. Rejects if it is unread. */
  read(): Promise<string | undefined>;
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
        return Parameter?.Value?.trim();
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
