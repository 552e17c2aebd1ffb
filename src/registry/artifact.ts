/**
 * A document about an image, such as its bill of materials, as something to push: an artifact that refers to the image, so
 * that a registry lists it with it (image-spec v1.1, "Guidelines for Artifact Usage"; distribution-spec, "Listing Referrers").
 */
import { canonicalJson, type Digest, digestOf } from "../base/index.ts";
import type { BlobSource, ImageSource } from "./layout-source.ts";
import { mediaTypes } from "./media-types.ts";

export interface Artifact {
  /** The document's media type, which tells what it is too. */
  readonly type: string;
  readonly content: Buffer;
  /** The manifest that it is about. */
  readonly subject: { readonly mediaType: string; readonly digest: Digest; readonly size: number };
}

const emptyType = "application/vnd.oci.empty.v1+json";

/** The same document about the same image is the same artifact. */
export function artifactSource({ type, content, subject }: Artifact): ImageSource {
  const blob = (bytes: Buffer): readonly [Digest, BlobSource] => [
    digestOf(bytes),
    { size: bytes.length, open: (offset) => only(bytes.subarray(offset)) },
  ];
  const [config, document] = [blob(Buffer.from("{}")), blob(content)];
  const describe = (mediaType: string, [digest, { size }]: typeof config): object => ({ mediaType, digest, size });
  const manifest = Buffer.from(
    canonicalJson({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      artifactType: type,
      config: describe(emptyType, config),
      layers: [describe(type, document)],
      subject: { ...subject },
    }),
  );
  const root = digestOf(manifest);
  return {
    manifests: [{ digest: root, mediaType: mediaTypes.manifest, content: manifest }],
    root,
    blobs: new Map([config, document]),
  };
}

async function* only(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}
