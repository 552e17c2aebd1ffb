/** The error codes in groups, in which `lading explain` and `docs/errors.md` list them. */
import { codes, type ErrorCode } from "./codes.ts";

export interface CodeGroup {
  readonly title: string;
  readonly codes: readonly ErrorCode[];
}

/** The first code of each group: `codes` lists them in this order. */
const beginnings: readonly (readonly [first: ErrorCode, title: string])[] = [
  ["file-missing", "Loading a declaration"],
  ["missing-field", "Records"],
  ["missing-target", "Services"],
  ["duplicate-name", "The declared system"],
  ["source-missing", "The store and images"],
  ["download-failed", "Packages"],
  ["reference-invalid", "Registries"],
  ["engine-missing", "The host and its engine"],
  ["locked", "Switching and supervising"],
];

const all = Object.keys(codes) as readonly ErrorCode[];

export const codeGroups: readonly CodeGroup[] = beginnings.map(([first, title], index) => {
  const next = beginnings[index + 1];
  return { title, codes: all.slice(all.indexOf(first), next === undefined ? all.length : all.indexOf(next[0])) };
});
