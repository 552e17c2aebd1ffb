/** Bills of materials and provenance: valid by their schemas, complete, and the same for the same image. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/base/index.ts";
import {
  type BillOptions,
  cyclonedxOf,
  type ImageArgs,
  localTree,
  materialsOf,
  provenanceOf,
  purlOf,
  spdxOf,
} from "../../src/image/index.ts";
import { plainFile } from "../../src/store/index.ts";
import { type FakePackage, ImageYard, type YardImage } from "../image-yard.ts";
import { root } from "../support.ts";

const base: FakePackage = {
  ...{ name: "base-files", version: "12.4+deb12u14", files: { "etc/debian_version": "12.14\n" } },
  maintainer: "Santiago Vila <sanvila@debian.org>",
};
const gpp: FakePackage = { name: "g++", version: "4:12.2.0-3~x", files: { "usr/bin/g++": "g" } };
const clone: FakePackage = { name: "g--", version: "1", files: { "usr/bin/g--": "g" }, architecture: "all" };

async function build(yard: ImageYard): Promise<YardImage & { readonly options: BillOptions }> {
  yard.write({ "www/index.html": "<h1>Hello</h1>\n" });
  const tree = localTree(join(yard.path, "www"), { target: "/www" });
  const image = await yard.image([tree, { target: "/etc/greeting", source: plainFile("greeting", "hello\n") }], {
    ...{ packages: [[base], [gpp, clone]], environment: { A: "1" } },
  });
  return { ...image, options: { version: "1.2.3", materials: materialsOf(image.item, image.derivations) } };
}

/** A validator that says what is wrong. */
function expectValid(validate: ValidateFunction, value: unknown): void {
  validate(value);
  expect(validate.errors ?? []).toEqual([]);
}

describe("CycloneDX", () => {
  test("is valid by the schema of version 1.6, with every package and tree", async () => {
    using yard = new ImageYard();
    const { contents, options } = await build(yard);
    const text = await cyclonedxOf(contents, options);
    const folder = join(root, "node_modules/@cyclonedx/cyclonedx-library/res/schema");
    const schema = (name: string): object => JSON.parse(readFileSync(join(folder, name), "utf8"));
    const ajv = new Ajv({
      ...{ strict: false, allErrors: true },
      formats: {
        "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
        "iri-reference": /^[^\s<>]*$/,
        "idn-email": /^[^\s<>]+@[^\s<>]+$/,
        ...{ uri: true, "uri-reference": true, email: true, date: true, time: true },
      },
    });
    for (const name of ["spdx", "jsf-0.82", "cryptography-defs"]) {
      const file = `${name}.SNAPSHOT.schema.json`;
      ajv.addSchema(schema(file), `http://cyclonedx.org/schema/${file}`);
    }
    const validate = ajv.compile(schema("bom-1.6.SNAPSHOT.schema.json"));
    const bom = JSON.parse(text);
    expectValid(validate, bom);
    expect(validate({ ...bom, serialNumber: "no" })).toBe(false);
    expect(bom.components.map((each: { name: string; version: string }) => [each.name, each.version])).toEqual([
      ["base-files", "12.4+deb12u14"],
      ["g++", "4:12.2.0-3~x"],
      ["g--", "1"],
      ["/www", contents.layers[2]?.diffId],
      ["files", contents.layers[3]?.diffId],
    ]);
    const found = bom.components.find((each: { name: string }) => each.name === "base-files");
    expect(found).toMatchObject({
      purl: "pkg:deb/debian/base-files@12.4%2Bdeb12u14?arch=amd64&distro=debian-12",
      supplier: { name: "Santiago Vila", contact: [{ email: "sanvila@debian.org" }] },
      hashes: [{ alg: "SHA-256", content: digestOf("base-files 12.4+deb12u14").slice(7) }],
    });
    const [first] = bom.dependencies.filter((each: { ref: string }) => each.ref === contents.manifest);
    expect(first.dependsOn).toHaveLength(5);
    expect(await cyclonedxOf(contents, options)).toBe(text);
  });
});

const text = { type: "string", minLength: 1 };
const identifier = { type: "string", pattern: "^SPDXRef-[a-zA-Z0-9.-]+$" };
const only = (properties: Readonly<Record<string, object>>, required: readonly string[]): object => ({
  ...{ type: "object", properties, required, additionalProperties: false },
});
const list = (items: object): object => ({ type: "array", minItems: 1, items });

/** What SPDX 2.3 demands of the parts that Lading writes: clauses 6, 7 and 11, and annex F for the purl. */
const spdx23 = only(
  {
    spdxVersion: { const: "SPDX-2.3" },
    dataLicense: { const: "CC0-1.0" },
    SPDXID: { const: "SPDXRef-DOCUMENT" },
    name: text,
    documentNamespace: { type: "string", pattern: "^[a-z][a-z0-9+.-]*:[^#\\s]+$" },
    creationInfo: only(
      {
        created: { type: "string", pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$" },
        creators: list({ type: "string", pattern: "^(Tool|Person|Organization): " }),
      },
      ["created", "creators"],
    ),
    packages: list(
      only(
        {
          ...{ SPDXID: identifier, name: text, versionInfo: text, sourceInfo: text, summary: text },
          supplier: { type: "string", pattern: "^(NOASSERTION$|(Person|Organization): )" },
          downloadLocation: { type: "string", pattern: "^(NOASSERTION|NONE|[a-z+]+://\\S+)$" },
          filesAnalyzed: { const: false },
          ...{ licenseConcluded: text, licenseDeclared: text, copyrightText: text, homepage: text },
          primaryPackagePurpose: { enum: ["CONTAINER", "FILE"] },
          checksums: list(
            only(
              { algorithm: { enum: ["SHA1", "SHA256"] }, checksumValue: { type: "string", pattern: "^[0-9a-f]{64}$" } },
              ["algorithm", "checksumValue"],
            ),
          ),
          externalRefs: list(
            only(
              {
                referenceCategory: { const: "PACKAGE-MANAGER" },
                referenceType: { const: "purl" },
                referenceLocator: { type: "string", pattern: "^pkg:deb/debian/\\S+$" },
              },
              ["referenceCategory", "referenceType", "referenceLocator"],
            ),
          ),
        },
        ["SPDXID", "name", "downloadLocation"],
      ),
    ),
    relationships: list(
      only(
        {
          spdxElementId: identifier,
          relatedSpdxElement: identifier,
          relationshipType: { enum: ["DESCRIBES", "CONTAINS"] },
        },
        ["spdxElementId", "relatedSpdxElement", "relationshipType"],
      ),
    ),
  },
  ["spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo", "packages", "relationships"],
);

describe("SPDX", () => {
  test("is as version 2.3 demands, its identifiers are one of a kind, and each is reached from the document", async () => {
    using yard = new ImageYard();
    const { contents, options } = await build(yard);
    const document = spdxOf(contents, options);
    expectValid(new Ajv({ allErrors: true }).compile(spdx23), document);
    const ids = document.packages.map((each) => each.SPDXID);
    expect(new Set(ids).size).toBe(6);
    expect(new Set(document.relationships.map((each) => each.relatedSpdxElement))).toEqual(new Set(ids));
    expect(document.packages[1]).toMatchObject({
      ...{ SPDXID: "SPDXRef-Package-base-files-amd64", name: "base-files", versionInfo: "12.4+deb12u14" },
      supplier: "Organization: Santiago Vila (sanvila@debian.org)",
      sourceInfo: "built from the Debian source package base-files-source",
      checksums: [{ algorithm: "SHA256", checksumValue: digestOf("base-files 12.4+deb12u14").slice(7) }],
    });
    expect(document.packages[2]?.supplier).toBe("NOASSERTION");
    expect(document.packages[4]?.checksums?.[0]?.checksumValue).toBe(contents.layers[2]?.diffId.slice(7));
    expect(spdxOf(contents, options)).toEqual(document);
    expect(spdxOf(contents, { version: "1.2.3" }).packages[1]?.checksums).toBeUndefined();
  });

  test("the image's own time is the document's, whatever its form", async () => {
    using yard = new ImageYard();
    const { contents } = await yard.image([]);
    const created = (time: string): string =>
      spdxOf({ ...contents, config: { ...contents.config, created: time } }, { version: "1" }).creationInfo.created;
    expect(created("2026-02-03T04:05:06.789+01:00")).toBe("2026-02-03T03:05:06Z");
    expect(created("2026-02-03T04:05:06Z")).toBe("2026-02-03T04:05:06Z");
    expect(created("long ago")).toBe("1970-01-01T00:00:00Z");
    expect(created("+012026-02-03T04:05:06Z")).toBe("1970-01-01T00:00:00Z");
  });
});

test("a package's address is written as the purl specification has it", () => {
  expect(purlOf({ name: "g++", version: "4:12.2.0-3~x+b1", architecture: "amd64" }, "debian-12")).toBe(
    "pkg:deb/debian/g%2B%2B@4:12.2.0-3~x%2Bb1?arch=amd64&distro=debian-12",
  );
});

describe("provenance", () => {
  test("names the image by its manifest, its parameters, and everything that it was made from by digest", async () => {
    using yard = new ImageYard();
    const { contents, options, item, derivations } = await build(yard);
    const statement = provenanceOf(contents, {
      ...{ version: "1.2.3", materials: options.materials ?? [] },
      args: derivations.get(item)?.recipe.args as ImageArgs,
      declaration: { name: "host.ts", digest: digestOf("host") },
    });
    expect(statement.subject).toEqual([{ name: contents.reference, digest: { sha256: contents.manifest.slice(7) } }]);
    const { externalParameters, resolvedDependencies } = statement.predicate.buildDefinition;
    expect(externalParameters).toEqual({
      ...{ reference: "localhost/test:latest", platform: { os: "linux", architecture: "amd64" } },
      ...{ created: "1970-01-01T00:00:01Z", compression: "none", config: { Env: ["A=1"] } },
    });
    expect(resolvedDependencies.map(({ name, uri }) => uri ?? name)).toEqual([
      "host.ts",
      "/www",
      "pkg:deb/debian/base-files@12.4%2Bdeb12u14?arch=amd64",
      "pkg:deb/debian/g%2B%2B@4:12.2.0-3~x?arch=amd64",
      "pkg:deb/debian/g--@1?arch=all",
      "greeting",
    ]);
    expect(resolvedDependencies.at(-1)?.digest).toEqual({ sha256: digestOf("hello\n").slice(7) });
    expect(resolvedDependencies.every(({ digest }) => /^[0-9a-f]{64}$/.test(digest.sha256))).toBe(true);
  });

  test("an edited tree is another material; where it lies is none of its business", async () => {
    using one = new ImageYard();
    using two = new ImageYard();
    const [first, second] = [await build(one), await build(two)];
    expect(first.options.materials).toEqual(second.options.materials);
    two.write({ "www/index.html": "changed" });
    const third = await two.image([localTree(join(two.path, "www"), { target: "/www" })]);
    const digest = (materials: BillOptions["materials"]): unknown =>
      materials?.find(({ name }) => name === "/www")?.digest;
    expect(digest(materialsOf(third.item, third.derivations))).not.toBe(digest(first.options.materials));
  });
});
