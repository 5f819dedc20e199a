import type { Amounts, Row } from "./amounts.ts";
import { MINUTE_MS } from "./times.ts";

/** With its keys and its other attributes an item then stays under 4 KB. */
const MOST_BYTES = 3_600;
const FRAME_BYTES = Buffer.byteLength('{"at":29000000,"principals":[],"models":[],"rows":[]}');

/** Rows as an item holds them: names once, times in minutes from the first. */
interface Sheet {
  /** Minutes since 1970. */
  readonly at: number;
  readonly principals: readonly string[];
  readonly models: readonly string[];
  /** Time, place of the principal, place of the model, amounts. */
  readonly rows: readonly (readonly number[])[];
}

/** Writes rows into as few texts as have room for them; the same rows in the same order make the same texts. */
export function pack(rows: readonly Row[]): readonly string[] {
  const texts: string[] = [];
  let open: OpenSheet | undefined;
  for (const row of rows) {
    if (open?.add(row) === true) continue;
    if (open !== undefined) texts.push(open.text());
    open = createSheet(row);
  }
  if (open !== undefined) texts.push(open.text());
  return texts;
}

interface OpenSheet {
  /** False, and nothing added, if there is no room. */
  add(row: Row): boolean;
  text(): string;
}

function createSheet(first: Row): OpenSheet {
  const at = first.at / MINUTE_MS;
  const principals = new Map<string, number>();
  const models = new Map<string, number>();
  const rows: (readonly number[])[] = [];
  let bytes = FRAME_BYTES;

  function add(row: Row): boolean {
    const principal = principals.get(row.principal) ?? principals.size;
    const model = models.get(row.model) ?? models.size;
    const numbers = [row.at / MINUTE_MS - at, principal, model, ...row.amounts];
    const needed =
      bytesOf(numbers) +
      (principals.has(row.principal) ? 0 : bytesOf(row.principal)) +
      (models.has(row.model) ? 0 : bytesOf(row.model));
    // A row that is larger than a text all by itself has one to itself.
    if (rows.length > 0 && bytes + needed > MOST_BYTES) return false;
    bytes += needed;
    principals.set(row.principal, principal);
    models.set(row.model, model);
    rows.push(numbers);
    return true;
  }

  add(first);
  return {
    add,
    text: () => {
      const sheet: Sheet = { at, principals: [...principals.keys()], models: [...models.keys()], rows };
      return JSON.stringify(sheet);
    },
  };
}

/** As JSON, and the comma. */
const bytesOf = (value: string | readonly number[]): number => Buffer.byteLength(JSON.stringify(value)) + 1;

/** @throws if the text is none of `pack`'s. */
export function unpack(text: string): readonly Row[] {
  const sheet: Sheet = JSON.parse(text);
  return sheet.rows.map(([minutes, principalAt, modelAt, ...amounts]): Row => {
    const principal = sheet.principals[principalAt ?? Number.NaN];
    const model = sheet.models[modelAt ?? Number.NaN];
    if (minutes === undefined || principal === undefined || model === undefined) {
      throw new Error(`not a row of usage: ${text}`);
    }
    return { at: (sheet.at + minutes) * MINUTE_MS, principal, model, amounts: amounts satisfies Amounts };
  });
}
