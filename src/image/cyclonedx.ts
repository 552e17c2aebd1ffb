/** Bills of materials in CycloneDX 1.6's JSON, put together by that project's own library. */
import { type Digest, hexOf } from "../base/index.ts";
import type { ImageContents } from "./contents.ts";
import { type BillOptions, billOf, type PackageComponent, type TreeComponent, uuidOf } from "./sbom.ts";

type Library = typeof import("@cyclonedx/cyclonedx-library");
type Component = InstanceType<Library["Models"]["Component"]>;

/** The bill of materials of an image, as the text of a CycloneDX 1.6 document. */
export async function cyclonedxOf(image: ImageContents, options: BillOptions): Promise<string> {
  // It takes a tenth of a second to load, and one command needs it.
  const library = await import("@cyclonedx/cyclonedx-library");
  const { Enums, Models, Serialize, Spec } = library;
  const bill = billOf(image, options);
  const root = new Models.Component(Enums.ComponentType.Container, image.reference, {
    bomRef: image.manifest,
    version: image.manifest,
    hashes: hashes(library, image.manifest),
  });
  const bom = new Models.Bom({
    serialNumber: `urn:uuid:${uuidOf(image, "cyclonedx")}`,
    metadata: new Models.Metadata({ timestamp: new Date(bill.created), component: root }),
  });
  bom.metadata.tools.components.add(
    new Models.Component(Enums.ComponentType.Application, "lading", { version: options.version }),
  );
  const parts = [
    ...bill.packages.map((each) => packageComponent(library, each)),
    ...bill.trees.map((each) => treeComponent(library, each)),
  ];
  for (const part of parts) {
    bom.components.add(part);
    root.dependencies.add(part.bomRef);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  // The library would sort by the rules of whatever language the environment names; the lists are in order already.
  return `${serializer.serialize(bom, { sortLists: false, space: 2 })}\n`;
}

function hashes({ Enums, Models }: Library, digest: Digest): Component["hashes"] {
  return new Models.HashDictionary([[Enums.HashAlgorithm["SHA-256"], hexOf(digest)]]);
}

function packageComponent(library: Library, each: PackageComponent): Component {
  const { Enums, Models } = library;
  const links = [
    ...(each.homepage === undefined ? [] : [[each.homepage, Enums.ExternalReferenceType.Website] as const]),
    ...(each.uri === undefined ? [] : [[each.uri, Enums.ExternalReferenceType.Distribution] as const]),
  ];
  const component = new Models.Component(Enums.ComponentType.Library, each.name, {
    ...{ bomRef: each.purl, purl: each.purl, version: each.version },
    ...(each.summary === undefined ? {} : { description: each.summary }),
    ...(each.digest === undefined ? {} : { hashes: hashes(library, each.digest) }),
    externalReferences: new Models.ExternalReferenceRepository(
      links.map(([url, type]) => new Models.ExternalReference(url, type)),
    ),
  });
  const supplier = supplierOf(library, each.maintainer);
  if (supplier !== undefined) component.supplier = supplier;
  if (each.source !== undefined) component.properties.add(new Models.Property("lading:debian:source", each.source));
  return component;
}

function supplierOf({ Models }: Library, maintainer: string | undefined): Component["supplier"] {
  if (maintainer === undefined) return undefined;
  const [, name, email] = /^(.*?)\s*<([^<>]*)>$/.exec(maintainer) ?? [undefined, maintainer, undefined];
  const contact = new Models.OrganizationalContact({ name: name ?? maintainer, ...(email ? { email } : {}) });
  return new Models.OrganizationalEntity({
    name: name ?? maintainer,
    contact: new Models.OrganizationalContactRepository([contact]),
  });
}

function treeComponent(library: Library, { name, digest, files }: TreeComponent): Component {
  const { Enums, Models } = library;
  const component = new Models.Component(Enums.ComponentType.File, name, {
    ...{ bomRef: digest, version: digest, hashes: hashes(library, digest) },
  });
  if (files !== undefined) component.properties.add(new Models.Property("lading:files", String(files)));
  return component;
}
