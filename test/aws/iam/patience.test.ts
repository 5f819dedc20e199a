import { createPatience } from "@bedrock-governor/aws/iam/patience";
import { describe, expect, it } from "vitest";
import { fakeTiming, iamError } from "./fake-iam.ts";

const failing = (error: unknown, times = Number.POSITIVE_INFINITY) => {
  const call = async () => {
    call.tries++;
    if (call.tries <= times) throw error;
    return "answer";
  };
  call.tries = 0;
  return call;
};
const networkError = (code: string) => Object.assign(new Error(code), { code });

describe("patience", () => {
  it.each([
    iamError("Throttling"),
    iamError("ThrottlingException"),
    iamError("RequestLimitExceeded"),
    iamError("TooManyRequestsException"),
    iamError("ServiceFailureException"),
    iamError("ConcurrentModificationException"),
    iamError("Unknown", "an HTML page", 502),
    iamError("Unknown", "slow down", 429),
    Object.assign(iamError("Odd"), { $retryable: {} }),
    Object.assign(new Error("socket hang up"), { name: "TimeoutError" }),
    networkError("ECONNRESET"),
    networkError("EAI_AGAIN"),
  ])("tries again after %s", async (error) => {
    const call = failing(error, 2);
    expect(await createPatience(fakeTiming()).read(call)).toBe("answer");
    expect(call.tries).toBe(3);
  });

  it.each([
    iamError("AccessDenied", "no", 403),
    iamError("NoSuchEntityException", "no", 404),
    iamError("LimitExceededException", "no", 409),
    iamError("InvalidInput"),
    new TypeError("a defect"),
    "not even an error",
  ])("does not try again after %s", async (error) => {
    const call = failing(error);
    await expect(createPatience(fakeTiming()).read(call)).rejects.toBe(error);
    expect(call.tries).toBe(1);
  });

  it("gives up after five tries, with the last error", async () => {
    const timing = fakeTiming();
    const error = iamError("Throttling");
    const call = failing(error);
    await expect(createPatience(timing).read(call)).rejects.toBe(error);
    expect(call.tries).toBe(5);
  });

  it("waits a random part of a span that doubles", async () => {
    const waits = async (random: number) => {
      const timing = { ...fakeTiming(), random: () => random };
      await createPatience(timing)
        .read(failing(iamError("Throttling")))
        .catch(() => undefined);
      return timing.sleeps;
    };
    expect(await waits(0)).toEqual([0, 0, 0, 0]);
    expect(await waits(0.5)).toEqual([200, 400, 800, 1_600]);
    expect(await waits(0.999)).toEqual([399.6, 799.2, 1_598.4, 3_196.8]);
  });

  it("begins no try that the deadline would overtake", async () => {
    const timing = fakeTiming();
    const call = failing(iamError("Throttling"));
    const patience = createPatience({ ...timing, deadline: () => 700 });
    await expect(patience.read(call)).rejects.toThrow();
    expect([call.tries, timing.now()]).toEqual([3, 600]);
  });

  it("asks for the deadline of the present run at each try", async () => {
    const timing = fakeTiming();
    let deadline = 0;
    const patience = createPatience({ ...timing, deadline: () => deadline });
    const call = failing(iamError("Throttling"), 2);
    await expect(patience.read(call)).rejects.toThrow();
    deadline = 60_000;
    expect(await patience.read(call)).toBe("answer");
  });

  it("keeps the pace of writes that are asked for at once, and of those tried again", async () => {
    const timing = { ...fakeTiming(), random: () => 0 };
    const { write } = createPatience({ ...timing, writesPerSecond: 2 });
    const at: number[] = [];
    await write(async () => {
      at.push(timing.now());
      if (at.length < 3) throw iamError("Throttling");
    });
    timing.pass(10_000);
    for (let round = 0; round < 2; round++) await write(async () => at.push(timing.now()));
    expect(at).toEqual([0, 500, 1_000, 11_000, 11_500]);
  });
});
