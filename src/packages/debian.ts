/** The records of Debian archives and of packages from them, and what they ask of the archive. */
import { debianArchitecture } from "../base/index.ts";
import {
  absolutePath,
  boolean,
  defineRecord,
  listOf,
  oneOf,
  type RecordConstructor,
  recordOf,
  stringWhere,
} from "../record/index.ts";
import type { DebianArchive, DebianRequest } from "./debian/locked.ts";
import type { DebianPackages, DebianPackagesInput, DebianRelease, DebianReleaseInput } from "./debian.types.ts";

const address = stringWhere("the address of an archive, such as http://deb.debian.org/debian", (text) =>
  /^(?:https?|file):\/\/\S+[^/\s]$/.test(text),
);
const suiteName = stringWhere("a suite such as bookworm", (text) => /^[a-z0-9][a-z0-9.+-]*$/.test(text));
const componentName = stringWhere("a component such as main", (text) => /^[a-z0-9][a-z0-9.+/-]*$/.test(text));
const timestamp = stringWhere("a time such as 20260711T000000Z", (text) => /^\d{8}T\d{6}Z$/.test(text));
const packageName = stringWhere("a package such as curl, or curl=7.88.1-10 for one version of it", (text) =>
  /^[a-z0-9][a-z0-9+.-]+(?:=[A-Za-z0-9.+:~-]+)?$/.test(text),
);

/** A release of Debian, or of an archive that is laid out like Debian's. */
export const debianRelease: RecordConstructor<DebianReleaseInput, DebianRelease> = defineRecord(
  "debianRelease",
  "Where Debian packages come from, made by `debian({ … })`.",
  {
    suite: { type: suiteName, doc: "The release: `bookworm`, `trixie`." },
    components: { type: listOf(componentName), default: ["main"], doc: "The components that are searched." },
    architectures: {
      type: listOf(oneOf("amd64", "arm64", "armhf", "i386", "ppc64el", "riscv64", "s390x")),
      default: ["amd64", "arm64"],
      doc: "The architectures that packages may be asked of it for.",
    },
    mirrors: {
      type: listOf(address),
      default: ["http://deb.debian.org/debian"],
      doc: "Addresses of the archive, tried in turn.",
    },
    securityMirrors: {
      type: listOf(address),
      default: ["http://deb.debian.org/debian-security"],
      doc: "Addresses of the archive of security updates, tried in turn; an empty list: without them.",
    },
    updates: { type: boolean, default: true, doc: "Whether `SUITE-updates` is searched too." },
    snapshot: {
      type: timestamp,
      optional: true,
      doc: "A time: the archives are taken from snapshot.debian.org as they were then.",
    },
    keyring: {
      type: absolutePath,
      default: "/usr/share/keyrings/debian-archive-keyring.gpg",
      doc: "The file of certificates whose signatures are believed, on the machine that locks.",
    },
    base: {
      type: listOf(packageName),
      default: ["base-files", "base-passwd"],
      doc: "Packages that come with any of its packages: without these, an image has neither /etc/os-release, by which scanners know it, nor the accounts that Debian's packages count on.",
    },
    recommends: { type: boolean, default: false, doc: "Whether what packages recommend comes with them." },
    essential: {
      type: boolean,
      default: false,
      doc: "Whether the packages that each Debian system has come too, asked for or not.",
    },
  },
);

/** Packages of one release, by name. */
export const debianPackages: RecordConstructor<DebianPackagesInput, DebianPackages> = defineRecord(
  "debianPackages",
  "Packages of a release, by name, with all that they depend on.",
  {
    release: { type: recordOf(debianRelease), doc: "Where they come from." },
    names: { type: listOf(packageName), doc: "Names, each perhaps with `=version`." },
  },
);

/**
 * Packages by name: `const bookworm = debian({ suite: "bookworm" })`, then `manifest([bookworm("nginx", "curl")])`. What
 * they depend on comes with them; `lading lock` settles which versions.
 */
export function debian(options: DebianReleaseInput): (...names: readonly string[]) => DebianPackages {
  const release = debianRelease(options);
  return (...names) => debianPackages({ release, names });
}

/** What packages of one release ask of its archives, for an architecture by OCI's name. */
export function requestOf(
  packages: readonly DebianPackages[],
  release: DebianRelease,
  architecture: string,
): DebianRequest {
  const { suite, components, keyring, recommends, essential, snapshot, updates, mirrors, securityMirrors, base } =
    release;
  const archive = (name: string, live: readonly string[], suites: readonly string[]): DebianArchive => ({
    mirrors: snapshot === undefined ? live : [`http://snapshot.debian.org/archive/${name}/${snapshot}`],
    suites,
    components,
    keyring,
  });
  const main = archive("debian", mirrors, updates ? [suite, `${suite}-updates`] : [suite]);
  const security = archive("debian-security", securityMirrors, [`${suite}-security`]);
  return {
    archives: securityMirrors.length === 0 ? [main] : [main, security],
    architecture: debianArchitecture(architecture),
    packages: [...new Set([...base, ...packages.flatMap(({ names }) => names)])].sort(),
    recommends,
    essential,
  };
}
