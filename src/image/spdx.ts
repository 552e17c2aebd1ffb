/** Bills of materials in SPDX 2.3's JSON. Licences are not looked into: each says NOASSERTION, as the format wants it. */
import { type Digest, digestOf, hexOf } from "../base/index.ts";
import type { ImageContents } from "./contents.ts";
import { type BillOptions, billOf, type PackageComponent, type TreeComponent, uuidOf } from "./sbom.ts";

/** A document of SPDX 2.3, as far as Lading fills it in. */
export interface SpdxDocument {
  readonly spdxVersion: "SPDX-2.3";
  readonly dataLicense: "CC0-1.0";
  readonly SPDXID: "SPDXRef-DOCUMENT";
  readonly name: string;
  readonly documentNamespace: string;
  readonly creationInfo: { readonly created: string; readonly creators: readonly string[] };
  readonly packages: readonly SpdxPackage[];
  readonly relationships: readonly {
    readonly spdxElementId: string;
    readonly relationshipType: "DESCRIBES" | "CONTAINS";
    readonly relatedSpdxElement: string;
  }[];
}

export interface SpdxPackage {
  readonly SPDXID: string;
  readonly name: string;
  readonly versionInfo?: string;
  readonly supplier: string;
  readonly downloadLocation: string;
  readonly filesAnalyzed: false;
  readonly licenseConcluded: "NOASSERTION";
  readonly licenseDeclared: "NOASSERTION";
  readonly copyrightText: "NOASSERTION";
  readonly primaryPackagePurpose?: "CONTAINER" | "FILE";
  readonly checksums?: readonly { readonly algorithm: "SHA256"; readonly checksumValue: string }[];
  readonly homepage?: string;
  readonly sourceInfo?: string;
  readonly summary?: string;
  readonly externalRefs?: readonly {
    readonly referenceCategory: "PACKAGE-MANAGER";
    readonly referenceType: "purl";
    readonly referenceLocator: string;
  }[];
}

const unsaid = {
  filesAnalyzed: false,
  licenseConcluded: "NOASSERTION",
  licenseDeclared: "NOASSERTION",
  copyrightText: "NOASSERTION",
} as const;

/** The bill of materials of an image, as an SPDX 2.3 document. */
export function spdxOf(image: ImageContents, options: BillOptions): SpdxDocument {
  const bill = billOf(image, options);
  const root: SpdxPackage = {
    ...{ SPDXID: "SPDXRef-Image", name: image.reference, versionInfo: image.manifest },
    ...{ supplier: "NOASSERTION", downloadLocation: "NOASSERTION", ...unsaid, primaryPackagePurpose: "CONTAINER" },
    checksums: [checksum(image.manifest)],
  };
  const parts = [...bill.packages.map(packageOf), ...bill.trees.map(treeOf)];
  return {
    ...{ spdxVersion: "SPDX-2.3", dataLicense: "CC0-1.0", SPDXID: "SPDXRef-DOCUMENT", name: image.reference },
    documentNamespace: `https://spdx.org/spdxdocs/lading-${uuidOf(image, "spdx")}`,
    creationInfo: { created: bill.created, creators: [`Tool: lading-${options.version}`] },
    packages: [root, ...parts],
    relationships: [
      { spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: root.SPDXID },
      ...parts.map((part) => ({
        ...{ spdxElementId: root.SPDXID, relationshipType: "CONTAINS" as const, relatedSpdxElement: part.SPDXID },
      })),
    ],
  };
}

function checksum(digest: Digest): { readonly algorithm: "SHA256"; readonly checksumValue: string } {
  return { algorithm: "SHA256", checksumValue: hexOf(digest) };
}

/** Identifiers have letters, digits, "." and "-"; a name that had others keeps apart by a part of its hash. */
function identifier(kind: string, name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9.-]/g, "-");
  return `SPDXRef-${kind}-${plain}${plain === name ? "" : `-${hexOf(digestOf(name)).slice(0, 12)}`}`;
}

function packageOf(each: PackageComponent): SpdxPackage {
  // The parts of a Maintainer are a name and an address in angle brackets; SPDX wants round ones.
  const [, name, address] = /^(.*?)\s*<([^<>]*)>$/.exec(each.maintainer ?? "") ?? [];
  const supplier = name ? `Organization: ${name} (${address})` : undefined;
  return {
    SPDXID: identifier("Package", `${each.name}-${each.architecture}`),
    ...{ name: each.name, versionInfo: each.version },
    supplier: supplier ?? (each.maintainer === undefined ? "NOASSERTION" : `Organization: ${each.maintainer}`),
    downloadLocation: each.uri ?? "NOASSERTION",
    ...unsaid,
    ...(each.digest === undefined ? {} : { checksums: [checksum(each.digest)] }),
    ...(each.homepage === undefined ? {} : { homepage: each.homepage }),
    ...(each.source === undefined ? {} : { sourceInfo: `built from the Debian source package ${each.source}` }),
    ...(each.summary === undefined ? {} : { summary: each.summary }),
    externalRefs: [{ referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: each.purl }],
  };
}

function treeOf({ name, digest, files }: TreeComponent): SpdxPackage {
  return {
    SPDXID: `SPDXRef-Layer-${digest.slice(7, 39)}`,
    ...{ name, supplier: "NOASSERTION", downloadLocation: "NOASSERTION", ...unsaid, primaryPackagePurpose: "FILE" },
    checksums: [checksum(digest)],
    ...(files === undefined ? {} : { summary: `${files} files of the image, as one layer` }),
  };
}
