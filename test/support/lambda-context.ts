import type { Handler } from "@bedrock-governor/functions/instruments";

export type LambdaContext = Parameters<Handler<unknown>>[1];

/** What Lambda says of an invocation. @param remainingMs until the function's timeout */
export function lambdaContext(remainingMs: number): LambdaContext {
  const old = () => {
    throw new Error("no handler of ours answers in this way");
  };
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: "governor-test-function",
    functionVersion: "$LATEST",
    invokedFunctionArn: "arn:aws:lambda:us-east-1:111122223333:function:governor-test-function",
    memoryLimitInMB: "512",
    awsRequestId: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
    logGroupName: "/aws/lambda/governor-test-function",
    logStreamName: "2026/01/05/[$LATEST]test",
    getRemainingTimeInMillis: () => remainingMs,
    done: old,
    fail: old,
    succeed: old,
  };
}
