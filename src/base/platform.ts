/** Platforms, and the names that others have for OCI's architectures. */

/** What an image runs on, by OCI's names. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** By the first part of a GNU triple, or as Node calls it. */
const architectures: Readonly<Record<string, string>> = {
  x86_64: "amd64",
  x64: "amd64",
  i686: "386",
  ia32: "386",
  aarch64: "arm64",
  armhf: "arm",
  powerpc64le: "ppc64le",
  riscv64: "riscv64",
};

const debianNames: Readonly<Record<string, string>> = { "386": "i386", arm: "armhf", ppc64le: "ppc64el" };
const nodeNames: Readonly<Record<string, string>> = { amd64: "x64", "386": "ia32", ppc64le: "ppc64" };

/** The platform of this machine. */
export const ownPlatform: Platform = { os: "linux", architecture: architectures[process.arch] ?? process.arch };
export const hostPlatform: string = formatPlatform(ownPlatform);

export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter((part) => part !== undefined).join("/");
}

/** OCI's names for a platform or a GNU triple; undefined for what is neither. */
export function platformOf(text: string): Platform | undefined {
  const [os, architecture, variant] = text.split("/");
  if (os && architecture) return { os, architecture, ...(variant === undefined ? {} : { variant }) };
  const [cpu = "", system] = text.split("-");
  const known = architectures[cpu];
  return known !== undefined && system === "linux" ? { os: "linux", architecture: known } : undefined;
}

/** Debian's name of an architecture that OCI calls so. */
export function debianArchitecture(architecture: string): string {
  return debianNames[architecture] ?? architecture;
}

/** Node's and npm's name of an architecture that OCI calls so. */
export function nodeArchitecture(architecture: string): string {
  return nodeNames[architecture] ?? architecture;
}
