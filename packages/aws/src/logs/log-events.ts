import { type CloudWatchLogsClient, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Permission, Place } from "../permission.ts";

export interface LogEvent {
  readonly id: string;
  readonly timestamp: EpochMs;
  readonly message: string;
}

/** Which events, and where to look for them. */
export interface LogEventsQuery {
  readonly logGroup: string;
  readonly logStream: string;
  readonly ids: readonly string[];
  /** Of the first and of the last. */
  readonly from: EpochMs;
  readonly to: EpochMs;
}

export interface LogEvents {
  /** Exactly these events, each once. Rejects if one is not there (yet), and if a page is unread. */
  read(query: LogEventsQuery): Promise<readonly LogEvent[]>;
}

/**
 * Reads log events back. GetLogEvents would be cheaper, but tells no ids.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 */
export function createLogEvents({ logs }: { readonly logs: CloudWatchLogsClient }): LogEvents {
  return {
    async read({ logGroup, logStream, ids, from, to }) {
      const wanted = new Set(ids);
      const found: LogEvent[] = [];
      const query = { logGroupName: logGroup, logStreamNames: [logStream], startTime: from, endTime: to };
      // Pages may be empty, and come until there is no token: CloudWatch searches as it goes.
      for await (const { events = [] } of paginateFilterLogEvents({ client: logs }, query)) {
        for (const { eventId, timestamp, message } of events) {
          if (eventId === undefined || timestamp === undefined || message === undefined) continue;
          if (wanted.delete(eventId)) found.push({ id: eventId, timestamp, message });
        }
        if (wanted.size === 0) return found;
      }
      throw new Error(
        `${wanted.size} of ${new Set(ids).size} log events are not in stream ${logStream} of ${logGroup}`,
      );
    },
  };
}

export const permissions = (place: Place, logGroup: string): readonly Permission[] => {
  const { partition, region, account } = place;
  const arn = `arn:${partition}:logs:${region}:${account}:log-group:${logGroup}`;
  // AWS writes a log group's ARN both ways.
  return [{ actions: ["logs:FilterLogEvents"], resources: [arn, `${arn}:*`] }];
};
