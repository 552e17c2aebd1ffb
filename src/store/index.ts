export { type BuildContext, type Builder, sourceChanged, storeBuilders } from "./builders.ts";
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
export { busyboxPaths, Lowerer, type RecordLowerer } from "./lower.ts";
export { type Pair, type Pairs, pairs } from "./pairs.ts";
export { byBytes, digestFile, scanSource } from "./source.ts";
export { type BuildOptions, Store, type VerifyResult } from "./store.ts";
