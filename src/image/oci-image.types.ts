// Generated from the fields in oci-image.ts by `npm run generate`.
import type { SystemLike } from "../image/index.ts";
import type { DebianPackages, DebianPackagesInput } from "../packages/index.ts";
import type { FileLike, Pairs, StagedText } from "../store/index.ts";

/** What `manifestEntry({ … })` takes. One file, tree or empty folder of an image. */
export interface ManifestEntryInput {
  /**
   * Where it stands in the image.
   * Takes an absolute path.
   */
  readonly target: string;
  /**
   * What stands there; without a source, an empty folder.
   * Takes a file-like, such as plainFile(…) or localFile(…).
   * @defaultValue unset
   */
  readonly source?: FileLike | undefined;
  /**
   * The owner's numeric id inside the image.
   * Takes a whole number from 0 to 4294967294.
   * @defaultValue `0`
   */
  readonly user?: number | undefined;
  /**
   * The owning group's numeric id inside the image.
   * Takes a whole number from 0 to 4294967294.
   * @defaultValue `0`
   */
  readonly group?: number | undefined;
  /**
   * Permission bits of the file or folder itself, such as 0o640. Without it, 0755 for folders and programs, 0644 for
   * files.
   * Takes a whole number from 0 to 4095.
   * @defaultValue unset
   */
  readonly mode?: number | undefined;
}

/** A checked, frozen `manifestEntry`. One file, tree or empty folder of an image. */
export interface ManifestEntry {
  /**
   * Where it stands in the image.
   * Takes an absolute path.
   */
  readonly target: string;
  /**
   * What stands there; without a source, an empty folder.
   * Takes a file-like, such as plainFile(…) or localFile(…).
   * @defaultValue unset
   */
  readonly source?: FileLike | undefined;
  /**
   * The owner's numeric id inside the image.
   * Takes a whole number from 0 to 4294967294.
   * @defaultValue `0`
   */
  readonly user: number;
  /**
   * The owning group's numeric id inside the image.
   * Takes a whole number from 0 to 4294967294.
   * @defaultValue `0`
   */
  readonly group: number;
  /**
   * Permission bits of the file or folder itself, such as 0o640. Without it, 0755 for folders and programs, 0644 for
   * files.
   * Takes a whole number from 0 to 4095.
   * @defaultValue unset
   */
  readonly mode?: number | undefined;
}

/** What `imageManifest({ … })` takes. What an image holds, made by `manifest([ … ])`. */
export interface ImageManifestInput {
  /**
   * What is in the image: packages, which are below all else, files and trees, of which a later one for a path wins,
   * and an operatingSystem, whose supervisor the image runs.
   * Takes a list, each element a debianPackages, or an operatingSystem, or a manifestEntry.
   */
  readonly entries: readonly (DebianPackagesInput | SystemLike | ManifestEntryInput)[];
}

/** A checked, frozen `imageManifest`. What an image holds, made by `manifest([ … ])`. */
export interface ImageManifest {
  /**
   * What is in the image: packages, which are below all else, files and trees, of which a later one for a path wins,
   * and an operatingSystem, whose supervisor the image runs.
   * Takes a list, each element a debianPackages, or an operatingSystem, or a manifestEntry.
   */
  readonly entries: readonly (DebianPackages | SystemLike | ManifestEntry)[];
}

/**
 * What `packOptions({ … })` takes. How an image is put together, and what engines do with it unless a container says
 * otherwise.
 */
export interface PackOptionsInput {
  /**
   * Links to make, each as [path, target]; a target that is not in the image is an error.
   * Takes a list, each element a pair [path, target] of an absolute path and what it points at.
   * @defaultValue `[]`
   */
  readonly symlinks?: readonly (readonly [path: string, target: string])[] | undefined;
  /**
   * The most layers to make; the smallest are put together.
   * Takes a whole number from 1 to 127.
   * @defaultValue `100`
   */
  readonly maxLayers?: number | undefined;
  /**
   * The program that the image runs, with its fixed arguments.
   * Takes a string, or a list, each element a string.
   * @defaultValue unset
   */
  readonly entryPoint?: string | readonly string[] | undefined;
  /**
   * The arguments that a container's command replaces.
   * @defaultValue `[]`
   */
  readonly command?: readonly string[] | undefined;
  /**
   * Variables for what runs in the image.
   * Takes a list of pairs "key=value", or an object.
   * @defaultValue `[]`
   */
  readonly environment?: Pairs | undefined;
  /**
   * Labels of the image.
   * Takes a list of pairs "key=value", or an object.
   * @defaultValue `[]`
   */
  readonly labels?: Pairs | undefined;
  /**
   * Ports that what runs in the image listens on; that publishes none.
   * Takes a list, each element a port such as 80 or 53/udp.
   * @defaultValue `[]`
   */
  readonly ports?: readonly string[] | undefined;
  /**
   * Folders whose content outlives a container, where nothing else is mounted there.
   * Takes a list, each element an absolute path.
   * @defaultValue `[]`
   */
  readonly volumes?: readonly string[] | undefined;
  /**
   * What asks its program to end; SIGTERM where unset.
   * Takes a signal such as SIGTERM or QUIT (signal(7)).
   * @defaultValue unset
   */
  readonly stopSignal?: string | undefined;
  /**
   * The user, `name` or `uid[:gid]`, that the image runs as.
   * @defaultValue unset
   */
  readonly user?: string | undefined;
  /**
   * The folder that the image's program starts in.
   * Takes an absolute path.
   * @defaultValue unset
   */
  readonly workdir?: string | undefined;
  /**
   * The time that the image claims to be made at. It is part of the image's digest.
   * Takes a time such as 2026-01-31T12:00:00Z.
   * @defaultValue `"1970-01-01T00:00:01Z"`
   */
  readonly created?: string | undefined;
  /**
   * How layers are stored. It changes their digests but not the image's identifier; loading is fastest without.
   * @defaultValue `"none"`
   */
  readonly compression?: "none" | "gzip" | "zstd" | undefined;
  /**
   * How hard to compress; 5 for gzip, which knows 1 to 12 and is then as small as with 6 of zlib, and 3 for zstd
   * where unset.
   * Takes a whole number from 1 to 19.
   * @defaultValue unset
   */
  readonly compressionLevel?: number | undefined;
}

/**
 * A checked, frozen `packOptions`. How an image is put together, and what engines do with it unless a container says
 * otherwise.
 */
export interface PackOptions {
  /**
   * Links to make, each as [path, target]; a target that is not in the image is an error.
   * Takes a list, each element a pair [path, target] of an absolute path and what it points at.
   * @defaultValue `[]`
   */
  readonly symlinks: readonly (readonly [path: string, target: string])[];
  /**
   * The most layers to make; the smallest are put together.
   * Takes a whole number from 1 to 127.
   * @defaultValue `100`
   */
  readonly maxLayers: number;
  /**
   * The program that the image runs, with its fixed arguments.
   * Takes a string, or a list, each element a string.
   * @defaultValue unset
   */
  readonly entryPoint?: string | readonly string[] | undefined;
  /**
   * The arguments that a container's command replaces.
   * @defaultValue `[]`
   */
  readonly command: readonly string[];
  /**
   * Variables for what runs in the image.
   * Takes a list of pairs "key=value", or an object.
   * @defaultValue `[]`
   */
  readonly environment: readonly (string | StagedText)[];
  /**
   * Labels of the image.
   * Takes a list of pairs "key=value", or an object.
   * @defaultValue `[]`
   */
  readonly labels: readonly (string | StagedText)[];
  /**
   * Ports that what runs in the image listens on; that publishes none.
   * Takes a list, each element a port such as 80 or 53/udp.
   * @defaultValue `[]`
   */
  readonly ports: readonly string[];
  /**
   * Folders whose content outlives a container, where nothing else is mounted there.
   * Takes a list, each element an absolute path.
   * @defaultValue `[]`
   */
  readonly volumes: readonly string[];
  /**
   * What asks its program to end; SIGTERM where unset.
   * Takes a signal such as SIGTERM or QUIT (signal(7)).
   * @defaultValue unset
   */
  readonly stopSignal?: string | undefined;
  /**
   * The user, `name` or `uid[:gid]`, that the image runs as.
   * @defaultValue unset
   */
  readonly user?: string | undefined;
  /**
   * The folder that the image's program starts in.
   * Takes an absolute path.
   * @defaultValue unset
   */
  readonly workdir?: string | undefined;
  /**
   * The time that the image claims to be made at. It is part of the image's digest.
   * Takes a time such as 2026-01-31T12:00:00Z.
   * @defaultValue `"1970-01-01T00:00:01Z"`
   */
  readonly created: string;
  /**
   * How layers are stored. It changes their digests but not the image's identifier; loading is fastest without.
   * @defaultValue `"none"`
   */
  readonly compression: "none" | "gzip" | "zstd";
  /**
   * How hard to compress; 5 for gzip, which knows 1 to 12 and is then as small as with 6 of zlib, and 3 for zstd
   * where unset.
   * Takes a whole number from 1 to 19.
   * @defaultValue unset
   */
  readonly compressionLevel?: number | undefined;
}

/** What `imageAccount({ … })` takes. A user inside an image, with a group of the same name and number. */
export interface ImageAccountInput {
  /**
   * The name.
   * Takes a user's name.
   */
  readonly name: string;
  /**
   * The number of the user and of its group.
   * Takes a whole number from 1 to 4294967294.
   */
  readonly uid: number;
  /**
   * The home, which is not made.
   * Takes an absolute path.
   * @defaultValue `"/nonexistent"`
   */
  readonly home?: string | undefined;
  /**
   * The login shell.
   * Takes an absolute path.
   * @defaultValue `"/usr/sbin/nologin"`
   */
  readonly shell?: string | undefined;
  /**
   * Who it is.
   * Takes text without colons.
   * @defaultValue `""`
   */
  readonly comment?: string | undefined;
}

/** A checked, frozen `imageAccount`. A user inside an image, with a group of the same name and number. */
export interface ImageAccount {
  /**
   * The name.
   * Takes a user's name.
   */
  readonly name: string;
  /**
   * The number of the user and of its group.
   * Takes a whole number from 1 to 4294967294.
   */
  readonly uid: number;
  /**
   * The home, which is not made.
   * Takes an absolute path.
   * @defaultValue `"/nonexistent"`
   */
  readonly home: string;
  /**
   * The login shell.
   * Takes an absolute path.
   * @defaultValue `"/usr/sbin/nologin"`
   */
  readonly shell: string;
  /**
   * Who it is.
   * Takes text without colons.
   * @defaultValue `""`
   */
  readonly comment: string;
}

/**
 * What `ociImage({ … })` takes. An image that Lading builds itself: no daemon, no root, no Dockerfile, and the same
 * digest on every machine.
 */
export interface OciImageInput {
  /**
   * The name; one without a "/" gets "localhost/" in front.
   * Takes a repository such as web or localhost:5000/team/web, without tag.
   */
  readonly repository: string;
  /**
   * The tag.
   * Takes a tag of letters, digits, _, . and -.
   * @defaultValue `"latest"`
   */
  readonly tag?: string | undefined;
  /**
   * What the image is made of: `manifest([ … ])`, an operatingSystem, or something that yields an archive.
   * Takes a manifest([…]), an operatingSystem, or a file-like or staged code that yields an image archive.
   */
  readonly value: ImageManifest | SystemLike | StagedText | FileLike;
  /**
   * How it is put together.
   * @defaultValue as said above
   */
  readonly packOptions?: PackOptionsInput | undefined;
  /**
   * Another image that this one begins with: `registry/name@sha256:…`, or an OCI layout or archive as a file-like.
   * Takes a reference with a digest, such as docker.io/library/alpine@sha256:…, or a file-like, such as plainFile(…)
   * or localFile(…).
   * @defaultValue unset
   */
  readonly base?: string | FileLike | undefined;
  /**
   * Users, each with a group of its own, beside those that its packages make; for images with packages.
   * @defaultValue `[]`
   */
  readonly accounts?: readonly ImageAccountInput[] | undefined;
  /**
   * The platform that the image is for, or a list, for an index of an image for each; the host's where unset.
   * Takes a platform such as linux/amd64, or a list, each element a platform such as linux/amd64.
   * @defaultValue unset
   */
  readonly system?: string | readonly string[] | undefined;
  /**
   * The platform to build for, as a triple or a platform; it overrides `system`.
   * Takes a triple such as aarch64-linux-gnu, or a platform.
   * @defaultValue unset
   */
  readonly target?: string | undefined;
  /**
   * Take security updates of locked packages, as `lading lock --security` found them, without resolving again.
   * @defaultValue `false`
   */
  readonly grafts?: boolean | undefined;
}

/**
 * A checked, frozen `ociImage`. An image that Lading builds itself: no daemon, no root, no Dockerfile, and the same
 * digest on every machine.
 */
export interface OciImage {
  /**
   * The name; one without a "/" gets "localhost/" in front.
   * Takes a repository such as web or localhost:5000/team/web, without tag.
   */
  readonly repository: string;
  /**
   * The tag.
   * Takes a tag of letters, digits, _, . and -.
   * @defaultValue `"latest"`
   */
  readonly tag: string;
  /**
   * What the image is made of: `manifest([ … ])`, an operatingSystem, or something that yields an archive.
   * Takes a manifest([…]), an operatingSystem, or a file-like or staged code that yields an image archive.
   */
  readonly value: ImageManifest | SystemLike | StagedText | FileLike;
  /**
   * How it is put together.
   * @defaultValue as said above
   */
  readonly packOptions: PackOptions;
  /**
   * Another image that this one begins with: `registry/name@sha256:…`, or an OCI layout or archive as a file-like.
   * Takes a reference with a digest, such as docker.io/library/alpine@sha256:…, or a file-like, such as plainFile(…)
   * or localFile(…).
   * @defaultValue unset
   */
  readonly base?: string | FileLike | undefined;
  /**
   * Users, each with a group of its own, beside those that its packages make; for images with packages.
   * @defaultValue `[]`
   */
  readonly accounts: readonly ImageAccount[];
  /**
   * The platform that the image is for, or a list, for an index of an image for each; the host's where unset.
   * Takes a platform such as linux/amd64, or a list, each element a platform such as linux/amd64.
   * @defaultValue unset
   */
  readonly system?: string | readonly string[] | undefined;
  /**
   * The platform to build for, as a triple or a platform; it overrides `system`.
   * Takes a triple such as aarch64-linux-gnu, or a platform.
   * @defaultValue unset
   */
  readonly target?: string | undefined;
  /**
   * Take security updates of locked packages, as `lading lock --security` found them, without resolving again.
   * @defaultValue `false`
   */
  readonly grafts: boolean;
}
