export { accessOf } from "./access.ts";
export { type Artifact, artifactSource } from "./artifact.ts";
export type { RegistryOptions } from "./client.ts";
export { type Credentials, type CredentialsLookup, type CredentialsPlaces, credentialsOf } from "./credentials.ts";
export type { DownloadProgress } from "./download.ts";
export { type BlobSource, type ImageSource, layoutSource, type ManifestSource } from "./layout-source.ts";
export {
  configTypes,
  deepestIndex,
  indexTypes,
  isLayerType,
  largestManifest,
  manifestTypes,
  mediaTypes,
  mostLayers,
  mostManifests,
  withoutForeign,
} from "./media-types.ts";
export { type PullOptions, type PullResult, pullImage } from "./pull.ts";
export { type PushOptions, type PushResult, pushImage } from "./push.ts";
export { formatRemote, parseRemote, type RemoteReference } from "./reference.ts";
export { type Resolved, resolveReference } from "./resolve.ts";
export type { BlobProgress, BlobState } from "./upload.ts";
