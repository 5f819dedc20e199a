import { contentSecurityPolicy, page } from "@bedrock-governor/console/page";
import type { ConsoleState } from "@bedrock-governor/console/state";
import { styles } from "@bedrock-governor/console/styles";
import { view } from "@bedrock-governor/console/view";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elements, named, parseHtml, shape, textOf } from "./fixtures/parse-html.ts";
import { consoleState, largeState, type Rename } from "./fixtures/state.ts";

const ATTACKS = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  "</title></style></textarea><svg onload=alert(1)>",
  "javascript:alert(1)",
  "&lt;b&gt;&amp;&#39;",
  "\u202egnirts\u2066 \u0000\u001b[31m\r\n",
  "דור/علم-البيانات",
  "\ud800",
  "${x}`{{y}}",
  "a".repeat(150),
];

/** Different names stay different, wherever the attack stands in them. */
const renames: fc.Arbitrary<Rename> = fc
  .record({
    attacks: fc.array(fc.oneof(fc.constantFrom(...ATTACKS), fc.string({ unit: "binary", maxLength: 40 })), {
      minLength: 1,
      maxLength: 4,
    }),
    before: fc.boolean(),
  })
  .map(({ attacks, before }) => (text) => {
    const attack = attacks[text.length % attacks.length] ?? "";
    return before ? `${attack}|${text}` : `${text}|${attack}`;
  });

const withAnswers = (as: Rename): ConsoleState =>
  consoleState(
    {
      forms: {
        token: as("token"),
        answers: [
          {
            form: "threshold",
            limit: as("opus-daily"),
            outcome: { refused: as("no"), field: "threshold" },
            values: { threshold: as("5") },
          },
          { form: "exempt", outcome: { done: as("yes") }, values: {} },
          {
            form: "deny",
            outcome: { refused: as("no") },
            values: { principal: as("x"), models: as("y"), reason: as("z") },
          },
        ],
      },
    },
    as,
  );

describe("names that try to break out", () => {
  const harmless = shape(parseHtml(view(withAnswers((text) => text))));

  it("leave the elements and attributes exactly as harmless names do", () => {
    fc.assert(
      fc.property(renames, (as) => {
        expect(shape(parseHtml(view(withAnswers(as)))) === harmless).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("are shown as the text they are", () => {
    const attack = '<script>alert("1")</script>&amp;';
    const shown = parseHtml(view(consoleState({}, (text) => text + attack)));
    expect(textOf(shown)).toContain(`opus-daily${attack}`);
    expect([...elements(shown)].map(({ attributes }) => attributes.get("title"))).toContain(
      `\u2068role/ci-review${attack}\u2069`,
    );
  });

  it("cannot turn the writing direction around them, nor end a line", () => {
    const text = view(consoleState({}, (name) => `${name}\u202e\u2028\u001b`));
    expect(text).not.toMatch(/[\u202a-\u202e\u2028\u2029\p{Cc}]/u);
    expect(text).toContain("\\u202e\\u2028\\u001b");
  });

  it("stand apart from the words around them, in elements and in attributes", () => {
    const shown = parseHtml(view(consoleState({}, (name) => `علم ${name}`)));
    const stray = [...elements(shown)].filter(
      (one) =>
        one.name !== "bdi" &&
        one.name !== "option" &&
        one.children.some((child) => typeof child === "string" && child.includes("علم") && !child.includes("\u2068")),
    );
    expect(stray.map(({ name, attributes }) => `${name} ${attributes.get("class")}`)).toEqual([]);
  });
});

describe("the view's structure", () => {
  const states: readonly (readonly [string, ConsoleState])[] = [
    ["a busy afternoon", withAnswers((text) => text)],
    ["40 limits of 60 principals", largeState(40, 60)],
  ];

  it.each(states)("of %s holds nothing that runs, loads or is stripped by CloudWatch", (_, state) => {
    for (const { name, attributes } of elements(parseHtml(view(state)))) {
      expect(["script", "iframe", "use", "object", "embed", "link", "img", "style", "base", "meta"]).not.toContain(
        name,
      );
      for (const [attribute, value] of attributes) {
        expect(attribute).not.toMatch(/^on|^style$|^src|^xlink/);
        if (attribute === "href") expect(value).toMatch(/^#/);
        if (attribute === "action") expect(value).toMatch(/^\/[a-z]+$/);
      }
    }
  });

  it.each(states)("of %s has ids once, and only ids that exist are referred to", (_, state) => {
    const all = [...elements(parseHtml(view(state)))];
    const ids = all.flatMap(({ attributes }) => attributes.get("id") ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const known = new Set(ids);
    const referring = all.flatMap(({ attributes: of }) => [
      ...["aria-labelledby", "aria-describedby", "for", "list"].flatMap((name) => of.get(name)?.split(" ") ?? []),
      ...(of.get("href")?.slice(1) ?? "").split(" "),
    ]);
    // A section that has nothing to say has no heading either, and is not shown.
    const empty = all.filter(({ name, children }) => name === "section" && children.length === 0);
    const excused = new Set(empty.flatMap(({ attributes }) => attributes.get("aria-labelledby") ?? []));
    expect(referring.filter((id) => id !== "" && !known.has(id) && !excused.has(id))).toEqual([]);
  });

  it.each(states)("of %s has one h1, and no heading that skips a level", (_, state) => {
    const levels = [...elements(parseHtml(view(state)))]
      .flatMap(({ name }) => /^h([1-6])$/.exec(name)?.[1] ?? [])
      .map(Number);
    expect(levels.filter((level) => level === 1)).toEqual([1]);
    levels.reduce((before, level) => {
      expect(level).toBeLessThanOrEqual(before + 1);
      return level;
    }, 0);
  });

  it.each(states)(
    "of %s labels every field, names every drawing or hides it, and gives tables captions and scopes",
    (_, state) => {
      const root = parseHtml(view(state));
      const all = [...elements(root)];
      const labelled = new Set(named(root, "label").map(({ attributes }) => attributes.get("for")));
      const wrapped = new Set(named(root, "label").flatMap((label) => [...elements(label)]));
      for (const field of all.filter(({ name }) => name === "input" || name === "select")) {
        if (field.attributes.get("type") === "hidden") continue;
        expect(wrapped.has(field) || labelled.has(field.attributes.get("id"))).toBe(true);
      }
      for (const drawing of named(root, "svg")) {
        const isHidden = drawing.attributes.get("aria-hidden") === "true";
        const first = drawing.children[0];
        expect(
          isHidden || (drawing.attributes.get("role") === "img" && typeof first === "object" && first.name === "title"),
        ).toBe(true);
      }
      for (const table of named(root, "table")) expect(named(table, "caption")).toHaveLength(1);
      for (const head of named(root, "th")) expect(head.attributes.get("scope")).toMatch(/^(col|row)$/);
    },
  );
});

describe("the page", () => {
  const kilobytes = (text: string) => Buffer.byteLength(text) / 1000;

  it("of 40 limits of 60 principals shows every one, in under 1 MB", () => {
    const text = page(largeState(40, 60), { nonce: "n" });
    expect(text).not.toContain("not listed here");
    expect(kilobytes(text)).toBeLessThan(1000);
  });

  it("stays under 1 MB with names of 150 letters of two bytes, and says how much it leaves out", () => {
    const state = largeState(40, 60, (name) => `${name}${"ع".repeat(150)}`.slice(0, 150));
    const text = page(state, { nonce: "n" });
    expect(text).toMatch(/\d+ more keys not listed here/);
    expect(kilobytes(text)).toBeLessThan(1000);
  });

  it("lets through nothing but its own style and the host's script", () => {
    const text = page(consoleState({ stage: "</title><script>" }), { script: "start();", nonce: "r4nd0m" });
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text).toContain('<script nonce="r4nd0m">start();</script>');
    expect(text).toContain('<style nonce="r4nd0m">');
    expect(text).toContain("<title>Bedrock Governor: &lt;/title&gt;&lt;script&gt;</title>");
    expect(contentSecurityPolicy("r4nd0m")).toContain(
      "default-src 'none'; style-src 'nonce-r4nd0m'; script-src 'nonce-r4nd0m'",
    );
  });
});

describe("the style sheet", () => {
  const rules =
    styles.replace(/@(?:media|container)[^{]*\{((?:[^{}]*\{[^{}]*\})*)\s*\}/g, "$1").match(/[^{}]+(?=\{)/g) ?? [];

  it("touches nothing outside the view, and fetches nothing", () => {
    expect(rules.length).toBeGreaterThan(100);
    const outside = rules
      .flatMap((selectors) => selectors.split(","))
      .filter((one) => !one.trim().startsWith(".bg-governor"));
    expect(outside).toEqual([]);
    expect(styles.match(/url\((?!#)|@import|</g)).toBeNull();
  });

  it("has text that stands out from what is behind it, in light and in dark", () => {
    const [light, dark] = [...styles.matchAll(/color-scheme:(?:light|dark);([^}]*)\}/g)].map(([, text = ""]) => {
      const found = text.matchAll(/--([\w-]+):(#[0-9a-f]{3,6})\b/g);
      return new Map([...found].map(([, name = "", colour = ""]) => [name, colour]));
    });
    const pairs = [
      ...["ink", "soft", "link", "over", "warn", "would", "unknown", "good"].flatMap((text) => [
        [text, "panel"],
        [text, "page"],
      ]),
      ...["over", "warn", "would", "unknown"].map((text) => [text, `${text}-back`]),
      ["ink", "sunk"],
      ["button-ink", "button"],
    ];
    for (const theme of [light, dark]) {
      const weak = pairs.filter(
        ([text = "", back = ""]) => contrast(theme?.get(text) ?? "", theme?.get(back) ?? "") < 4.5,
      );
      expect(weak).toEqual([]);
      const shapes = ["calm", "warn-fill", "over-fill", "would-fill", "edge", "s0", "s1", "s2", "s3"];
      expect(shapes.filter((name) => contrast(theme?.get(name) ?? "", theme?.get("panel") ?? "") < 3)).toEqual([]);
    }
  });
});

/** As WCAG 2.2 defines it. */
function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const long = colour.length === 4 ? colour.replace(/[0-9a-f]/g, "$&$&") : colour;
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(long.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
