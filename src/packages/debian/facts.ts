/** What unpacking a package tells of it, beside its layer: what the files that maintainer scripts would write are made from. */

/** A shared library, as the dynamic linker sees it. */
export interface LibraryFact {
  /** Absolute, with /usr merged. */
  readonly path: string;
  /** Empty where it has none: then it goes by its file's name. */
  readonly soname: string;
  /** ELF class: 32 or 64 bits. */
  readonly bits: 32 | 64;
  /** ELF machine, such as 62 for x86-64 and 183 for AArch64. */
  readonly machine: number;
}

/** One `update-alternatives --install` of a package's script: the link, its name, and what it may point at. */
export interface AlternativeFact {
  readonly link: string;
  readonly name: string;
  readonly path: string;
  readonly priority: number;
  readonly slaves: readonly { readonly link: string; readonly name: string; readonly path: string }[];
}

/** What a maintainer script does beyond what Lading does in its place; an empty list: nothing. */
export interface ScriptFact {
  readonly script: "preinst" | "postinst" | "config" | "triggers";
  /** Commands, as the script writes them, that nothing here stands in for. */
  readonly beyond: readonly string[];
}

export interface PackageFacts {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** The paragraph of its control file, as dpkg keeps it. */
  readonly control: string;
  readonly conffiles: readonly string[];
  readonly libraries: readonly LibraryFact[];
  readonly alternatives: readonly AlternativeFact[];
  /** Login shells that it adds to /etc/shells. */
  readonly shells: readonly string[];
  readonly scripts: readonly ScriptFact[];
}

/** The item that unpacking a package gives: a layer's files, `facts.json`, and below `kept/` the files named here. */
export const keptFiles: readonly RegExp[] = [
  /^usr\/share\/ca-certificates\/.*\.crt$/,
  /^usr\/share\/base-passwd\//,
  /^usr\/share\/base-files\//,
  /^usr\/share\/libc-bin\//,
  /^usr\/share\/debianutils\/shells(\.d\/.*)?$/,
  /^usr\/share\/pam(-configs)?\//,
  /^usr\/lib\/sysusers\.d\/.*\.conf$/,
  /^etc\/ld\.so\.conf(\.d\/.*)?$/,
];
