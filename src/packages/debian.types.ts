// Generated from the fields in debian.ts by `npm run generate`.

/** What `debianRelease({ … })` takes. Where Debian packages come from, made by `debian({ … })`. */
export interface DebianReleaseInput {
  /** The release: `bookworm`, `trixie`. */
  readonly suite: string;
  /** The components that are searched. Default: `["main"]`. */
  readonly components?: readonly string[] | undefined;
  /** The architectures that packages may be asked of it for. Default: `["amd64","arm64"]`. */
  readonly architectures?: readonly ("amd64" | "arm64" | "armhf" | "i386" | "ppc64el" | "riscv64" | "s390x")[] | undefined;
  /** Addresses of the archive, tried in turn. Default: `["http://deb.debian.org/debian"]`. */
  readonly mirrors?: readonly string[] | undefined;
  /**
   * Addresses of the archive of security updates, tried in turn; an empty list: without them. Default:
   * `["http://deb.debian.org/debian-security"]`.
   */
  readonly securityMirrors?: readonly string[] | undefined;
  /** Whether `SUITE-updates` is searched too. Default: `true`. */
  readonly updates?: boolean | undefined;
  /** A time: the archives are taken from snapshot.debian.org as they were then. */
  readonly snapshot?: string | undefined;
  /**
   * The file of certificates whose signatures are believed, on the machine that locks. Default:
   * `"/usr/share/keyrings/debian-archive-keyring.gpg"`.
   */
  readonly keyring?: string | undefined;
  /**
   * Packages that come with any of its packages: without these, an image has neither /etc/os-release, by which
   * scanners know it, nor the accounts that Debian's packages count on. Default: `["base-files","base-passwd"]`.
   */
  readonly base?: readonly string[] | undefined;
  /** Whether what packages recommend comes with them. Default: `false`. */
  readonly recommends?: boolean | undefined;
  /** Whether the packages that each Debian system has come too, asked for or not. Default: `false`. */
  readonly essential?: boolean | undefined;
}

/** A checked, frozen `debianRelease`. Where Debian packages come from, made by `debian({ … })`. */
export interface DebianRelease {
  /** The release: `bookworm`, `trixie`. */
  readonly suite: string;
  /** The components that are searched. Default: `["main"]`. */
  readonly components: readonly string[];
  /** The architectures that packages may be asked of it for. Default: `["amd64","arm64"]`. */
  readonly architectures: readonly ("amd64" | "arm64" | "armhf" | "i386" | "ppc64el" | "riscv64" | "s390x")[];
  /** Addresses of the archive, tried in turn. Default: `["http://deb.debian.org/debian"]`. */
  readonly mirrors: readonly string[];
  /**
   * Addresses of the archive of security updates, tried in turn; an empty list: without them. Default:
   * `["http://deb.debian.org/debian-security"]`.
   */
  readonly securityMirrors: readonly string[];
  /** Whether `SUITE-updates` is searched too. Default: `true`. */
  readonly updates: boolean;
  /** A time: the archives are taken from snapshot.debian.org as they were then. */
  readonly snapshot?: string | undefined;
  /**
   * The file of certificates whose signatures are believed, on the machine that locks. Default:
   * `"/usr/share/keyrings/debian-archive-keyring.gpg"`.
   */
  readonly keyring: string;
  /**
   * Packages that come with any of its packages: without these, an image has neither /etc/os-release, by which
   * scanners know it, nor the accounts that Debian's packages count on. Default: `["base-files","base-passwd"]`.
   */
  readonly base: readonly string[];
  /** Whether what packages recommend comes with them. Default: `false`. */
  readonly recommends: boolean;
  /** Whether the packages that each Debian system has come too, asked for or not. Default: `false`. */
  readonly essential: boolean;
}

/** What `debianPackages({ … })` takes. Packages of a release, by name, with all that they depend on. */
export interface DebianPackagesInput {
  /** Where they come from. */
  readonly release: DebianReleaseInput;
  /** Names, each perhaps with `=version`. */
  readonly names: readonly string[];
}

/** A checked, frozen `debianPackages`. Packages of a release, by name, with all that they depend on. */
export interface DebianPackages {
  /** Where they come from. */
  readonly release: DebianRelease;
  /** Names, each perhaps with `=version`. */
  readonly names: readonly string[];
}
