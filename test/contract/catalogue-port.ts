import type { CataloguePort } from "@bedrock-governor/core/reconcile/ports";
import { beforeEach, describe, expect, it } from "vitest";

/** An account that offers one foundation model and has an application profile and provisioned throughput of it. */
export interface CatalogueSubject {
  readonly port: CataloguePort;
  readonly model: string;
  /** Spellings in which the model does not stand. */
  readonly aliases: readonly string[];
  /** ARNs that can be called without its foundation model being authorised. */
  readonly otherArns: readonly string[];
}

/** What `CataloguePort` promises, whoever stands behind it. */
export function describeCataloguePort(name: string, makeSubject: () => Promise<CatalogueSubject>): void {
  describe(`the catalogue, by ${name}`, () => {
    let subject: CatalogueSubject;
    beforeEach(async () => {
      subject = await makeSubject();
    });

    it("lists models, what stands for them, and what has to be denied besides", async () => {
      const catalogue = await subject.port.read();
      expect(catalogue?.models).toContain(subject.model);
      expect(catalogue?.models).toEqual(catalogue?.models.toSorted());
      for (const alias of subject.aliases) expect(catalogue?.aliases.get(alias)).toBe(subject.model);
      expect(catalogue?.otherArns.get(subject.model) ?? []).toEqual(subject.otherArns);
    });

    it("gives the same catalogue as long as nothing changed", async () => {
      expect(await subject.port.read()).toBe(await subject.port.read());
    });
  });
}
