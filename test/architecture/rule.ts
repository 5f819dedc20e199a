import type { Finding, Import, SourceFile } from "./source-file.ts";

export interface Rule {
  says: string;
  findings(file: SourceFile): Finding[];
}

/** Findings for the imports of a file that are not `allowed`. */
export const refused = (file: SourceFile, allowed: (imported: Import) => boolean): Finding[] =>
  file.imports.filter((imported) => !allowed(imported)).map((imported) => file.finding(imported, imported.from));
