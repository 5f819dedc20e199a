import { type ESTree, parseSync, Visitor, type VisitorObject } from "rolldown/utils";

export interface SourceFile {
  /** From the root of the repository, with `/`. */
  path: string;
  /** The package it belongs to (`core`, `aws`, …), `infra`, or the file itself when it stands alone. */
  home: string;
  imports: readonly Import[];
  visit(visitor: VisitorObject): void;
  finding(node: { start: number }, what: string): Finding;
}

export interface Import {
  start: number;
  /** The module, as it is written. */
  from: string;
  /** What is taken from it: `exported` is `*` for all of it or its effects, `local` its name here if it gets one. */
  names: readonly { exported: string; local?: string }[];
}

export interface Finding {
  line: number;
  what: string;
}

export function parseSource(path: string, text: string): SourceFile {
  const { program, errors } = parseSync(path, text, { sourceType: "module" });
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`);
  return {
    path,
    home: /^packages\/([^/]+)\/|^(infra)\//.exec(path)?.slice(1).find(Boolean) ?? path,
    imports: importsOf(program),
    visit: (visitor) => new Visitor(visitor).visit(program),
    finding: ({ start }, what) => ({ line: text.slice(0, start).split("\n").length, what }),
  };
}

/** Every way one module names another: import, export … from, import(), and import() as a type. */
function importsOf(program: ESTree.Program): Import[] {
  const imports: Import[] = [];
  const all = [{ exported: "*" }];
  new Visitor({
    ImportDeclaration: ({ start, source, specifiers }) => {
      imports.push({
        start,
        from: source.value,
        names: specifiers.length === 0 ? all : specifiers.map(imported),
      });
    },
    ExportNamedDeclaration: ({ start, source, specifiers }) => {
      if (source === null) return;
      imports.push({ start, from: source.value, names: specifiers.map(({ local }) => ({ exported: nameOf(local) })) });
    },
    ExportAllDeclaration: ({ start, source }) => {
      imports.push({ start, from: source.value, names: all });
    },
    ImportExpression: ({ start, source }) => {
      const from = source.type === "Literal" && typeof source.value === "string" ? source.value : "(computed)";
      imports.push({ start, from, names: all });
    },
    TSImportType: ({ start, source }) => {
      imports.push({ start, from: source.value, names: all });
    },
  }).visit(program);
  return imports;
}

function imported(specifier: ESTree.ImportDeclarationSpecifier) {
  const local = specifier.local.name;
  if (specifier.type === "ImportDefaultSpecifier") return { exported: "default", local };
  if (specifier.type === "ImportNamespaceSpecifier") return { exported: "*", local };
  return { exported: nameOf(specifier.imported), local };
}

const nameOf = (name: ESTree.ModuleExportName): string => (name.type === "Literal" ? name.value : name.name);
