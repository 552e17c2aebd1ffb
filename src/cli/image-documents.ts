/** What can be written about an image that was built from a declaration: its bill of materials, and what it was made from. */
import { basename } from "node:path";
import type { Digest } from "../base/index.ts";
import {
  type BillOptions,
  cyclonedxOf,
  type ImageArgs,
  type ImageContents,
  materialsOf,
  provenanceOf,
  spdxOf,
} from "../image/index.ts";
import type { ItemName } from "../store/index.ts";
import type { Host, Loaded } from "../system/index.ts";
import { contentsOf } from "./image-choice.ts";
import { version } from "./version.ts";

type WriteBill = (image: ImageContents, options: BillOptions) => string | Promise<string>;

/** By the names that `--format` takes. */
export const bills: { readonly spdx: WriteBill; readonly cyclonedx: WriteBill } = {
  spdx: (image, options) => `${JSON.stringify(spdxOf(image, options), null, 2)}\n`,
  cyclonedx: cyclonedxOf,
};

/** A built image, with the declaration that it comes from. */
export interface Documented {
  readonly host: Host;
  readonly loaded: Loaded;
  readonly file: string;
  readonly item: ItemName;
}

export function billOf({ host, loaded, item }: Documented, write: WriteBill): string | Promise<string> {
  const derivations = new Map(loaded.derivations.map((each) => [each.item, each]));
  return write(contentsOf(host, item), { version, materials: materialsOf(item, derivations) });
}

/** `builder` is who builds: an address. */
export function statementOf({ host, loaded, file, item }: Documented, builder?: string): string {
  const derivations = new Map(loaded.derivations.map((each) => [each.item, each]));
  const statement = provenanceOf(contentsOf(host, item), {
    ...{ version, materials: materialsOf(item, derivations) },
    args: (derivations.get(item)?.recipe.args ?? {}) as Partial<ImageArgs>,
    declaration: { name: basename(file), digest: loaded.sourceDigest as Digest },
    ...(builder === undefined ? {} : { builder }),
  });
  return `${JSON.stringify(statement, null, 2)}\n`;
}
