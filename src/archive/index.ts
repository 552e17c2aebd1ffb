export type { TarSource } from "./_tar-input.ts";
export { type ArMember, readAr, readArMember } from "./ar.ts";
export { type Compression, compressionIn, compressionOf, type DecompressOptions, decompress } from "./decompress.ts";
export { plainHeader, type TarEntry, tarEnd, tarHeader, tarPadding } from "./tar.ts";
export { readTar, type TarMember, type TarReadOptions } from "./tar-reader.ts";
export { archiveProblem, invalidArchive } from "./tree-guard.ts";
