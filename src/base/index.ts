export { type Calendar, parseCalendar } from "./calendar.ts";
export { canonicalJson, type Json } from "./canonical-json.ts";
export { type CodeGroup, codeGroups } from "./code-groups.ts";
export { codes, type ErrorCode, type FindingCode } from "./codes.ts";
export { asDigest, type Digest, digestOf, digestOfJson, hexOf, isDigest, shortDigest } from "./digest.ts";
export { type ErrorDetails, hasErrno, KnownError, messageOf, Problems } from "./errors.ts";
export { fieldPlace, fieldPlaces, type Step } from "./field-place.ts";
export { type Fields, isFields } from "./fields.ts";
export {
  describeError,
  type ErrorReport,
  type ErrorStyle,
  formatError,
  formatErrors,
  formatRest,
  isErrorReport,
  plainStyle,
  reportsOf,
} from "./format-error.ts";
export { layoutTag, refName } from "./layout-tag.ts";
export { byDistance, type ImageRef, imageBaseName, isName, nearest, parseImageRef, type ServiceName } from "./names.ts";
export { type PathOptions, type Paths, pathsFor } from "./paths.ts";
export { capturePlace, capturePlaces, formatPlace, type Place, placeOfError, registerBundle } from "./place.ts";
export {
  debianArchitecture,
  formatPlatform,
  hostPlatform,
  nodeArchitecture,
  ownPlatform,
  type Platform,
  platformOf,
} from "./platform.ts";
export { type OnProgress, type ProgressEvent, type ProgressStep, tracked } from "./progress.ts";
export { formatSize, parseDuration, parseSize } from "./quantities.ts";
export { shellLine, shellQuote } from "./shell-line.ts";
export { tokensOf } from "./source-tokens.ts";
export { fitText, textWidth, xmlText } from "./svg-text.ts";
