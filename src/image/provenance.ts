/**
 * Where an image comes from: an in-toto statement (v1) with SLSA's provenance (v1) as its predicate. docs/provenance.md
 * says what each part means. Nothing in it depends on a clock or on the machine, so two builds of one declaration give
 * one statement.
 */
import { type Digest, hexOf } from "../base/index.ts";
import type { ImageContents } from "./contents.ts";
import type { ImageArgs } from "./layout.ts";
import type { Material } from "./materials.ts";
import { purlOf } from "./sbom.ts";

/** What kind of build this is: raised when the parameters mean something else. */
export const buildType = "urn:lading:build-type:image:1";

/** Who built it, where nobody says more. */
export const localBuilder = "urn:lading:builder:local";

/** in-toto's name for something that has a digest. */
export interface ResourceDescriptor {
  readonly name: string;
  readonly uri?: string;
  readonly digest: { readonly sha256: string };
  readonly mediaType?: string;
}

export interface ProvenanceStatement {
  readonly _type: "https://in-toto.io/Statement/v1";
  readonly subject: readonly ResourceDescriptor[];
  readonly predicateType: "https://slsa.dev/provenance/v1";
  readonly predicate: {
    readonly buildDefinition: {
      readonly buildType: string;
      readonly externalParameters: Readonly<Record<string, unknown>>;
      readonly resolvedDependencies: readonly ResourceDescriptor[];
    };
    readonly runDetails: {
      readonly builder: { readonly id: string; readonly version: { readonly lading: string } };
    };
  };
}

export interface ProvenanceOptions {
  /** Lading's own version. */
  readonly version: string;
  readonly materials: readonly Material[];
  /** The image's recipe; undefined where something else made the image and Lading took it as it is. */
  readonly args: Partial<ImageArgs>;
  /** The declaration's own code. */
  readonly declaration?: { readonly name: string; readonly digest: Digest };
  readonly builder?: string;
}

/** The statement of where an image comes from. */
export function provenanceOf(image: ImageContents, options: ProvenanceOptions): ProvenanceStatement {
  const { version, materials, args, declaration, builder = localBuilder } = options;
  const { platform, created, compression, config } = args;
  const own = declaration === undefined ? [] : [{ name: declaration.name, digest: sha256(declaration.digest) }];
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: image.reference, digest: sha256(image.manifest) }],
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType,
        externalParameters: { reference: image.reference, platform, created, compression, config },
        resolvedDependencies: [...own, ...materials.map(descriptorOf)],
      },
      runDetails: { builder: { id: builder, version: { lading: version } } },
    },
  };
}

function sha256(digest: Digest): { readonly sha256: string } {
  return { sha256: hexOf(digest) };
}

function descriptorOf(material: Material): ResourceDescriptor {
  const common = { name: material.name, digest: sha256(material.digest) };
  switch (material.kind) {
    case "package":
      return {
        ...common,
        uri: material.uri ?? purlOf(material.locked),
        mediaType: "application/vnd.debian.binary-package",
      };
    case "download":
      return { ...common, uri: material.uri };
    case "file":
      return common;
    case "tree":
      return { ...common, mediaType: "application/vnd.lading.tree.v1+json" };
    case "text":
      return { ...common, mediaType: "application/vnd.lading.text.v1+json" };
    default:
      return material satisfies never;
  }
}
