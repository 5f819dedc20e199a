import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LivePage, startLivePage } from "../support/live-page.ts";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

let shown: LivePage;
beforeAll(async () => {
  shown = await startLivePage();
});
afterAll(() => shown.server.close());

/** Asks as anything but a browser can: with headers of its own choice. */
function ask(path: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
  const url = new URL(path, shown.server.url);
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: body === undefined ? "GET" : "POST", headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    sent.on("error", reject).end(body);
  });
}

async function session(): Promise<{ cookie: string; token: string }> {
  const { headers, body } = await ask("/");
  const cookie = String(headers["set-cookie"]).split(";")[0] ?? "";
  const token = /name="token" value="([^"]+)"/.exec(body)?.[1] ?? "";
  return { cookie, token };
}

const form = "application/x-www-form-urlencoded";
const modeNow = () => shown.live.account.parameters.settings().mode;

describe("the local server", () => {
  it("listens on this machine alone", () => {
    expect(new URL(shown.server.url).hostname).toBe("127.0.0.1");
  });

  it("sends a page that may fetch nothing from elsewhere and that nobody may frame", async () => {
    const { status, headers, body } = await ask("/");
    expect(status).toBe(200);
    expect(headers["content-security-policy"]).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers["set-cookie"]?.[0]).toMatch(/HttpOnly; SameSite=Strict/);
    expect(body).toContain("Bedrock Governor");
  });

  it.each([
    ["a page of another site", { origin: "http://evil.example" }],
    ["a sandboxed page", { origin: "null" }],
    ["another site's form or image", { "sec-fetch-site": "cross-site" }],
    ["another port's page", { "sec-fetch-site": "same-site" }],
    ["a name that another site lets point to this machine", { host: "evil.example" }],
    ["a name with the right beginning", { host: "localhost.evil.example" }],
  ])("refuses %s, whatever it asks", async (_, headers) => {
    const { cookie, token } = await session();
    for (const [path, body] of [["/"], ["/live"], ["/mode", `token=${token}&mode=paused`]] as const) {
      const { status } = await ask(path, { cookie, "content-type": form, ...headers }, body);
      expect([path, status]).toEqual([path, 403]);
    }
    expect(modeNow()).toBe("enforce");
  });

  it("refuses a form without the page's token, or with another browser's", async () => {
    const [one, other] = [await session(), await session()];
    for (const token of ["", "x", other.token]) {
      const { status, body } = await ask("/mode", { cookie: one.cookie }, `token=${token}&mode=paused`);
      expect([status, body]).toEqual([403, "The form is from an old page; load the page again.\n"]);
    }
    expect(modeNow()).toBe("enforce");
  });

  it("takes a form from its own page, and shows what came of it to that browser alone", async () => {
    const [one, other] = [await session(), await session()];
    const body = `token=${one.token}&mode=sleep`;
    const { status, body: page } = await ask(
      "/mode",
      { cookie: one.cookie, origin: shown.server.url.slice(0, -1) },
      body,
    );
    expect(status).toBe(200);
    expect(page).toContain("must be observe, enforce, paused");
    expect((await ask("/", { cookie: other.cookie })).body).not.toContain("must be observe, enforce, paused");

    const done = await ask("/mode", { cookie: one.cookie }, `token=${one.token}&mode=observe`);
    expect([done.status, done.headers.location]).toEqual([303, "/"]);
    expect(modeNow()).toBe("observe");
    await ask("/mode", { cookie: one.cookie }, `token=${one.token}&mode=enforce`);
  });

  it("refuses a token of other letters as any other, and a plan that is not held", async () => {
    const { cookie, token } = await session();
    expect(
      (await ask("/mode", { cookie }, `token=${encodeURIComponent("é".repeat(token.length))}&mode=paused`)).status,
    ).toBe(403);
    await ask("/approve", { cookie }, `token=${token}&plan=abc&looked=yes`);
    expect(shown.live.account.parameters.names).not.toContain("plan-approved");
  });

  it("does not share its cookie with a governor on another port", async () => {
    const { headers } = await ask("/");
    expect(headers["set-cookie"]?.[0]).toContain(`-${new URL(shown.server.url).port}=`);
  });

  it("says of a name that nobody has that it names nobody", async () => {
    const { cookie, token } = await session();
    const typo = `token=${token}&principal=role/codin&limit=&lasts=PT1H&reason=demo`;
    const { body } = await ask("/exempt", { cookie, accept: "application/json" }, typo);
    expect(body).toContain("Nobody here has that name");
  });

  it("refuses forms larger than any of its own, unknown paths and other methods", async () => {
    const { cookie, token } = await session();
    expect((await ask("/mode", { cookie }, `token=${token}&mode=${"x".repeat(40_000)}`)).status).toBe(413);
    expect((await ask("/nothing")).status).toBe(404);
    expect((await ask("/nothing", { cookie }, `token=${token}`)).status).toBe(404);
  });

  it.each([
    ["/lift", "limit=daily-spend&principal=&reason=", "reason = "],
    ["/exempt", "principal=nobody&limit=&lasts=PT1H&reason=because", "principals"],
    ["/exempt", "principal=role/x&limit=&lasts=PT99H&reason=because", "Choose how long it lasts"],
    ["/deny", "principal=role/x&models=us.anthropic.claude&lasts=PT1H&reason=because", "prefix"],
    ["/deny", "principal=role/x&models=&lasts=PT1H&reason=because", "models"],
    ["/clock", "step=0", "1 to 1440 whole minutes"],
    ["/clock", "speed=7", "must be one of"],
  ])("answers bad input to %s in place: %s", async (path, values, sentence) => {
    const { cookie, token } = await session();
    const before = shown.live.account.parameters.names;
    const { status, body } = await ask(path, { cookie, accept: "application/json" }, `token=${token}&${values}`);
    expect(status).toBe(200);
    expect(body).toContain(sentence);
    expect(shown.live.account.parameters.names).toEqual(before);
  });

  it("changes nothing for a limit or a plan that is not there", async () => {
    const { cookie, token } = await session();
    const before = shown.live.account.parameters.names;
    for (const [path, values] of [
      ["/threshold", "limit=gone&threshold=5"],
      ["/lift", "limit=&principal=&reason=because"],
      ["/approve", "plan=abc"],
    ] as const) {
      expect((await ask(path, { cookie, accept: "application/json" }, `token=${token}&${values}`)).status).toBe(200);
    }
    expect(shown.live.account.parameters.names).toEqual(before);
  });
});
