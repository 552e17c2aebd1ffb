export { type BuildContext, type Builder, type BuiltFacts, storeBuilders, writeOutput } from "./builders.ts";
export {
  type Derivation,
  type Derivations,
  type ItemName,
  makeDerivation,
  type Reference,
  referencesIn,
  renderText,
  type SourceEntry,
  type TextParts,
} from "./derivation.ts";
export {
  computedFile,
  directoryUnion,
  type FileLike,
  type FileSource,
  fileAppend,
  fileContent,
  fileLikeType,
  fileUnion,
  isFileLike,
  isStagedText,
  type LocalFileOptions,
  localFile,
  mixedTextFile,
  plainFile,
  programFile,
  type Select,
  type Stageable,
  type StagedText,
  sh,
  stageableText,
  text,
} from "./file-like.ts";
export type { ItemRecord } from "./item.ts";
export { busyboxPaths, type LocalSource, Lowerer, type RecordLowerer } from "./lower.ts";
export { byBytes } from "./order.ts";
export { type Pair, type Pairs, pairs } from "./pairs.ts";
export {
  digestFile,
  type LostAttribute,
  longestPath,
  lostProblem,
  openSource,
  scanSource,
  sourceChanged,
} from "./source.ts";
export { type BuildOptions, indexFolder, Store, type VerifyResult } from "./store.ts";
export {
  findListed,
  isStamped,
  type ListingCursor,
  listed,
  type Stamp,
  type TreeListing,
  type TreeSummary,
} from "./tree-listing.ts";
