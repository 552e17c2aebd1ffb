/** The packages of an image, by the control paragraphs that it keeps of them: see deb-control(5). */
import { type Paragraph, parseParagraphs } from "../packages/index.ts";

/** A package as an image has it. */
export interface ImagePackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Bytes of its files; where it shares its layer, what its control paragraph claims. */
  readonly size: number;
  /** Index of the layer that it came with. */
  readonly layer: number;
  /** `NAME <ADDRESS>`, as the archive has it. */
  readonly maintainer?: string;
  readonly homepage?: string;
  /** The source package, with its version where that is another: `glibc` or `gcc-12 (12.2.0-14)`. */
  readonly source?: string;
  readonly summary?: string;
}

/**
 * The packages that a text tells of, such as dpkg's status; `where` names it in errors, which are `archive-invalid`.
 * Paragraphs that lack what every package has are left out, and so are packages that are not installed.
 */
export function packagesIn(text: string, where: string, layer: number): readonly ImagePackage[] {
  return parseParagraphs(text, where).flatMap((fields) => packageOf(fields, layer) ?? []);
}

function packageOf(fields: Paragraph, layer: number): ImagePackage | undefined {
  const field = (name: string): string | undefined => fields.get(name) || undefined;
  const [name, version, architecture] = [field("package"), field("version"), field("architecture")];
  if (name === undefined || version === undefined || architecture === undefined) return undefined;
  const status = field("status");
  if (status !== undefined && !/ installed$/.test(status)) return undefined;
  const claimed = Number(field("installed-size") ?? 0) * 1024;
  const optional = { maintainer: field("maintainer"), homepage: field("homepage"), source: field("source") };
  // What follows the first line is the long description.
  const summary = field("description")?.split("\n")[0] || undefined;
  return {
    ...{ name, version, architecture, layer, size: Number.isSafeInteger(claimed) ? claimed : 0 },
    ...Object.fromEntries(Object.entries({ ...optional, summary }).filter(([, value]) => value !== undefined)),
  };
}
