import { assembleSettings } from "@bedrock-governor/core/limit/assemble-settings";
import type { Parameter } from "@bedrock-governor/core/limit/version-reader";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const LIMIT = {
  models: ["anthropic.*"],
  principals: ["role/batch"],
  source: "logs",
  measure: "usd",
  per: ["principal"],
  period: "day",
  threshold: 100,
};
const BOUNDED = { ...LIMIT, bounds: { min: 20, max: 300 } };

/** A parameter of which these are the newest versions, newest first. */
function parameter(name: string, values: readonly unknown[], unread = 0): Parameter {
  const versions = values.map((value, index) => ({
    version: unread + values.length - index,
    value: value === undefined || typeof value === "string" ? value : JSON.stringify(value),
    by: "alice",
    at: 0,
  }));
  return { name, versions, moreVersions: unread > 0 };
}

const problemsOf = (...parameters: Parameter[]) =>
  assembleSettings(parameters).settings.problems.map(
    ({ parameter: name, problems: [first] }) => `${name} ${first?.problem}; ${first?.remedy}`,
  );

describe("settings", () => {
  it("are the same in whatever order parameters are read", () => {
    const parameters = [
      parameter("mode", ["enforce"]),
      parameter("limits/b", [LIMIT]),
      parameter("limits/a/threshold", ["500", "250"]),
      parameter("limits/a", ["{", BOUNDED]),
      parameter("denies/x", ["{"]),
      parameter("notify/slack-webhook", ["https://example.com"]),
    ];
    const expected = assembleSettings(parameters);
    expect(expected.settings.limits.map(({ name, threshold }) => [name, threshold])).toEqual([
      ["a", 250],
      ["b", 100],
    ]);
    fc.assert(
      fc.property(fc.shuffledSubarray(parameters, { minLength: parameters.length }), (shuffled) => {
        expect(assembleSettings(shuffled)).toEqual(expected);
      }),
    );
  });

  it("take the last valid mode where there is none, and otherwise observe", () => {
    const broken = parameter("mode", ["on"]);
    expect(assembleSettings([]).settings.mode).toBe("observe");
    expect(assembleSettings([], "enforce").settings.mode).toBe("enforce");
    expect(assembleSettings([broken], "paused").settings).toMatchObject({
      mode: "paused",
      problems: [{ inForceInstead: "mode paused holds" }],
    });
    expect(assembleSettings([parameter("mode", ["observe"])], "enforce").settings.mode).toBe("observe");
  });
});

describe("a value that is not valid", () => {
  it("comes with who wrote it and when, and with the date of the version in force instead", () => {
    const version = (version: number, value: string, by: string) => ({ version, value, by, at: version * 1_000 });
    const daily = {
      name: "limits/daily",
      versions: [version(3, "{", "carol"), version(2, "[", "bob"), version(1, JSON.stringify(LIMIT), "alice")],
      moreVersions: false,
    };
    const lost = { name: "limit/daily", versions: [version(5, "{", "dave")], moreVersions: false };
    const { problems } = assembleSettings([daily, lost]).settings;
    expect(problems.map(({ problems: _, ...rest }) => rest)).toEqual([
      {
        parameter: "limits/daily",
        version: 3,
        by: "carol",
        at: 3_000,
        inForceInstead: "version 1 stays in force",
        inForceSince: 1_000,
      },
      { parameter: "limit/daily", version: 5, by: "dave", at: 5_000, inForceInstead: "it is not in force" },
    ]);
  });
});

describe("versions that have not been read", () => {
  it("are asked for only where no version read so far is valid", () => {
    const parameters = [
      parameter("limits/good", [LIMIT], 7),
      parameter("limits/repaired", ["{", LIMIT], 7),
      parameter("limits/broken", ["{"], 7),
      parameter("limits/never-valid", ["{"]),
    ];
    expect(assembleSettings(parameters).undecided).toEqual(["limits/broken"]);
  });

  it("of a threshold are asked for when its limit is known", () => {
    const threshold = parameter("limits/daily/threshold", ["301"], 1);
    expect(assembleSettings([threshold, parameter("limits/daily", ["{"], 1)]).undecided).toEqual(["limits/daily"]);
    const known = parameter("limits/daily", ["{", BOUNDED]);
    expect(assembleSettings([threshold, known]).undecided).toEqual(["limits/daily/threshold"]);
  });

  it("of a secret are never asked for, and its value is in no answer", () => {
    for (const value of ["https://hooks.slack.com/secret", undefined]) {
      const { settings, undecided } = assembleSettings([parameter("notify/slack-webhook", [value], 3)]);
      expect(undecided).toEqual([]);
      expect(settings.authorship).toEqual([
        { parameter: "notify/slack-webhook", version: 4, value: "", by: "alice", at: 0 },
      ]);
    }
  });
});

describe("an encrypted value", () => {
  it("is not valid outside a secret", () => {
    expect(problemsOf(parameter("mode", [undefined]))).toEqual([
      "mode must be plain text: it is a SecureString, which is not decrypted here; remove the parameter, and write it as a String",
    ]);
  });
});

describe("a parameter in the wrong place", () => {
  it.each([
    ["limit/opus-daily", "is no parameter known here; rename it to limits/opus-daily, or remove it"],
    ["exemption/launch", "is no parameter known here; rename it to exemptions/launch, or remove it"],
    ["Mode", "is no parameter known here; rename it to mode, or remove it"],
    ["max_new_denies", "is no parameter known here; rename it to max-new-denies, or remove it"],
    ["notify/slack", "is no parameter known here; rename it to notify/slack-webhook, or remove it"],
    ["limits", "is a folder, and sets nothing itself; name it limits/<name>, or remove it"],
    ["notify", "is a folder, and sets nothing itself; name it notify/slack-webhook, or remove it"],
    ["mode/production", "is in no place where parameters are read; write mode, or remove it"],
    ["denies/team/stop", "is in no place where parameters are read; write denies/team, or remove it"],
    ["limits/daily/treshold", "is in no place where parameters are read; write limits/daily/threshold, or remove it"],
    ["limits/daily/threshold/x", "is in no place where parameters are read; write limits/daily, or remove it"],
    [
      "limits/dialy/threshold",
      "is for a limit that does not exist: there is no limits/dialy; correct its name, or remove it",
    ],
  ])("is a problem: %s", (name, sentence) => {
    expect(problemsOf(parameter("limits/daily", [LIMIT]), parameter(name, ["secret?"]))).toEqual([
      `${name} ${sentence}`,
    ]);
  });

  it("is not quoted, for it may be a misspelt secret", () => {
    const { settings } = assembleSettings([parameter("notify/slack-webhok", ["https://hooks.slack.com/secret"])]);
    expect(JSON.stringify(settings)).not.toContain("hooks.slack.com");
  });

  it("is left alone if it resembles nothing known here: another release may read it", () => {
    const { settings, undecided } = assembleSettings([parameter("quotas/x", ["1"], 3), parameter("ui", ["2"])]);
    expect([settings.problems, settings.authorship, undecided]).toEqual([[], [], []]);
  });
});
