// Generated from the fields in debian.ts by `npm run generate`.

/** What `debianRelease({ … })` takes. Where Debian packages come from, made by `debian({ … })`. */
export interface DebianReleaseInput {
  /**
   * The release: `bookworm`, `trixie`.
   * Takes a suite such as bookworm.
   */
  readonly suite: string;
  /**
   * The components that are searched.
   * Takes a list, each element a component such as main.
   * @defaultValue `["main"]`
   */
  readonly components?: readonly string[] | undefined;
  /**
   * The architectures that packages may be asked of it for.
   * @defaultValue `["amd64","arm64"]`
   */
  readonly architectures?: readonly ("amd64" | "arm64" | "armhf" | "i386" | "ppc64el" | "riscv64" | "s390x")[] | undefined;
  /**
   * Addresses of the archive, tried in turn.
   * Takes a list, each element the address of an archive, such as http://deb.debian.org/debian.
   * @defaultValue `["http://deb.debian.org/debian"]`
   */
  readonly mirrors?: readonly string[] | undefined;
  /**
   * Addresses of the archive of security updates, tried in turn; an empty list: without them.
   * Takes a list, each element the address of an archive, such as http://deb.debian.org/debian.
   * @defaultValue `["http://deb.debian.org/debian-security"]`
   */
  readonly securityMirrors?: readonly string[] | undefined;
  /**
   * Whether `SUITE-updates` is searched too.
   * @defaultValue `true`
   */
  readonly updates?: boolean | undefined;
  /**
   * A time: the archives are taken from snapshot.debian.org as they were then.
   * Takes a time such as 20260711T000000Z.
   * @defaultValue unset
   */
  readonly snapshot?: string | undefined;
  /**
   * The file of certificates whose signatures are believed, on the machine that locks.
   * Takes an absolute path.
   * @defaultValue `"/usr/share/keyrings/debian-archive-keyring.gpg"`
   */
  readonly keyring?: string | undefined;
  /**
   * Packages that come with any of its packages: without these, an image has neither /etc/os-release, by which
   * scanners know it, nor the accounts that Debian's packages count on.
   * Takes a list, each element a package such as curl, or curl=7.88.1-10 for one version of it.
   * @defaultValue `["base-files","base-passwd"]`
   */
  readonly base?: readonly string[] | undefined;
  /**
   * Whether what packages recommend comes with them.
   * @defaultValue `false`
   */
  readonly recommends?: boolean | undefined;
  /**
   * Whether the packages that each Debian system has come too, asked for or not.
   * @defaultValue `false`
   */
  readonly essential?: boolean | undefined;
}

/** A checked, frozen `debianRelease`. Where Debian packages come from, made by `debian({ … })`. */
export interface DebianRelease {
  /**
   * The release: `bookworm`, `trixie`.
   * Takes a suite such as bookworm.
   */
  readonly suite: string;
  /**
   * The components that are searched.
   * Takes a list, each element a component such as main.
   * @defaultValue `["main"]`
   */
  readonly components: readonly string[];
  /**
   * The architectures that packages may be asked of it for.
   * @defaultValue `["amd64","arm64"]`
   */
  readonly architectures: readonly ("amd64" | "arm64" | "armhf" | "i386" | "ppc64el" | "riscv64" | "s390x")[];
  /**
   * Addresses of the archive, tried in turn.
   * Takes a list, each element the address of an archive, such as http://deb.debian.org/debian.
   * @defaultValue `["http://deb.debian.org/debian"]`
   */
  readonly mirrors: readonly string[];
  /**
   * Addresses of the archive of security updates, tried in turn; an empty list: without them.
   * Takes a list, each element the address of an archive, such as http://deb.debian.org/debian.
   * @defaultValue `["http://deb.debian.org/debian-security"]`
   */
  readonly securityMirrors: readonly string[];
  /**
   * Whether `SUITE-updates` is searched too.
   * @defaultValue `true`
   */
  readonly updates: boolean;
  /**
   * A time: the archives are taken from snapshot.debian.org as they were then.
   * Takes a time such as 20260711T000000Z.
   * @defaultValue unset
   */
  readonly snapshot?: string | undefined;
  /**
   * The file of certificates whose signatures are believed, on the machine that locks.
   * Takes an absolute path.
   * @defaultValue `"/usr/share/keyrings/debian-archive-keyring.gpg"`
   */
  readonly keyring: string;
  /**
   * Packages that come with any of its packages: without these, an image has neither /etc/os-release, by which
   * scanners know it, nor the accounts that Debian's packages count on.
   * Takes a list, each element a package such as curl, or curl=7.88.1-10 for one version of it.
   * @defaultValue `["base-files","base-passwd"]`
   */
  readonly base: readonly string[];
  /**
   * Whether what packages recommend comes with them.
   * @defaultValue `false`
   */
  readonly recommends: boolean;
  /**
   * Whether the packages that each Debian system has come too, asked for or not.
   * @defaultValue `false`
   */
  readonly essential: boolean;
}

/** What `debianPackages({ … })` takes. Packages of a release, by name, with all that they depend on. */
export interface DebianPackagesInput {
  /** Where they come from. */
  readonly release: DebianReleaseInput;
  /**
   * Names, each perhaps with `=version`.
   * Takes a list, each element a package such as curl, or curl=7.88.1-10 for one version of it.
   */
  readonly names: readonly string[];
}

/** A checked, frozen `debianPackages`. Packages of a release, by name, with all that they depend on. */
export interface DebianPackages {
  /** Where they come from. */
  readonly release: DebianRelease;
  /**
   * Names, each perhaps with `=version`.
   * Takes a list, each element a package such as curl, or curl=7.88.1-10 for one version of it.
   */
  readonly names: readonly string[];
}
