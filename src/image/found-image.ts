/** An image that was found in a layout or an archive, with its layers not yet read. */
import type { Digest } from "../base/index.ts";
import type { ImageConfig } from "./contents.ts";
import type { StoredFile } from "./image-files.ts";

export interface FoundLayer {
  /** Its name in the layout. */
  readonly name: string;
  readonly file: StoredFile;
  /** Of the blob; docker's archives do not say it. */
  readonly digest: Digest | undefined;
  readonly mediaType: string | undefined;
  readonly diffId: Digest | undefined;
  readonly about: string;
}

export interface FoundImage {
  readonly reference: string;
  readonly id: Digest;
  /** The configuration's in docker's archives, which have no manifest of OCI's. */
  readonly manifest: Digest;
  readonly config: ImageConfig;
  readonly layers: readonly FoundLayer[];
}
