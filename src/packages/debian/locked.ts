/** What a declaration asks of Debian archives, and what a lock says that the answer was. Plain data: it is hashed and stored. */

/** One archive: the same suites on each of its mirrors. */
export interface DebianArchive {
  /** Addresses of its root, tried in turn, such as `http://deb.debian.org/debian`. */
  readonly mirrors: readonly string[];
  /** Such as `bookworm` and `bookworm-updates`. */
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** The file of certificates (OpenPGP) of those who may sign it. */
  readonly keyring: string;
}

/** Packages by name, of one architecture, from archives that are searched together: the newest version wins. */
export interface DebianRequest {
  readonly archives: readonly DebianArchive[];
  /** Debian's name, such as `amd64`. */
  readonly architecture: string;
  /** Names, each perhaps with a version: `curl` or `curl=7.88.1-10+deb12u14`. */
  readonly packages: readonly string[];
  /** Whether what packages recommend comes too. */
  readonly recommends: boolean;
  /** Whether packages that dpkg calls essential, and those of priority required, come too. */
  readonly essential: boolean;
}

/** One package of a lock. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** `all` for what runs anywhere. */
  readonly architecture: string;
  /** 64 digits. */
  readonly sha256: string;
  /** Bytes of the .deb. */
  readonly size: number;
  /** Below the root of the archive. */
  readonly path: string;
  /** Which of the request's archives it comes from, counted from 0. */
  readonly archive: number;
}

/** Of what is known of a package, what a lock says of it. */
export function lockedOf({ name, version, architecture, sha256, size, path, archive }: LockedPackage): LockedPackage {
  return { name, version, architecture, sha256, size, path, archive };
}

/** A suite as it was when it was read. */
export interface LockedRelease {
  readonly archive: number;
  readonly suite: string;
  /** SHA-256 of the signed text, 64 digits. */
  readonly sha256: string;
  /** Its own date, as ISO 8601. */
  readonly date: string;
  /** Fingerprints of the certificates whose signatures were good. */
  readonly signedBy: readonly string[];
}

/** The answer to a `DebianRequest`: everything that a build needs, so that it reads no index. */
export interface DebianLock {
  readonly releases: readonly LockedRelease[];
  /** By name; with what the packages depend on. */
  readonly packages: readonly LockedPackage[];
}
