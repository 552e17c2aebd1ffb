/** What a template is: from a few answers to the files that `lading init` writes. Pure. */

/** What was asked, or said by flags. */
export interface Settings {
  /** The folder that is written to, as an absolute path. */
  readonly folder: string;
  /** A plain user's home environment instead of a whole host. */
  readonly home: boolean;
  /** The host's user that the containers run as; for whole hosts only. */
  readonly user: string;
  /** The port of the host that the site answers on. */
  readonly port: number;
  /** Where a static busybox is on this machine. */
  readonly busybox: string;
  /** A value that nobody can guess, for a template that needs one. */
  readonly randomSecret: () => string;
}

export interface TemplateFile {
  readonly content: string;
  /** 0644 where unset. */
  readonly mode?: number;
}

/** What a template makes of settings. */
export interface Rendered {
  readonly files: Readonly<Record<string, TemplateFile>>;
  /** Commands to go on with, in the folder. */
  readonly next: readonly string[];
  /** Whether an image is made of this machine's busybox. */
  readonly needsBusybox: boolean;
}

/** The import of what a declaration uses, one name on each line. */
export function importOf(names: readonly string[]): string {
  const lines = [...names].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)).map((name) => `  ${name},`);
  return `import {\n${lines.join("\n")}\n} from "lading";\n`;
}

/** The user of a whole host's containers, as a field of the container service; a home environment has its owner. */
export function userField({ home, user }: Settings): string {
  if (home) return "";
  return `      // The unprivileged user whose containers these are; made where missing.\n      user: ${JSON.stringify(user)},\n`;
}

/** What a whole host declares for its engine, before its containers. */
export function engineService({ home }: Settings): string {
  if (home) return "";
  return `    // What the host needs so that a plain user can run Podman: ranges of ids, control groups, Podman's settings.
    service(rootlessPodmanServiceType, {}),
`;
}

/** Names that `engineService` and the default export need. */
export function kindNames({ home }: Settings): readonly string[] {
  return home ? ["homeEnvironment"] : ["operatingSystem", "rootlessPodmanServiceType"];
}

export function kindOf({ home }: Settings): string {
  return home ? "homeEnvironment" : "operatingSystem";
}

/** The page that says how to go on. */
export function readme(
  settings: Settings,
  parts: { readonly steps: readonly string[]; readonly notes: string },
): string {
  const whom = settings.home ? "for this user" : "on this host, which root applies";
  return `# A container host, declared

\`host.ts\` says what runs ${whom}. Edit it, then:

${parts.steps.map((step) => `    ${step}`).join("\n")}

${parts.notes}
\`npm install\` brings the types with which an editor explains every field.
`;
}

/** The commands of the page, from the first look to the way back. */
export const dailySteps: readonly string[] = [
  "lading check host.ts     # every problem, with its place",
  "lading plan host.ts      # what would change here, and why",
  "lading apply host.ts     # switch to it",
  "lading status",
  "lading rollback          # back to what ran before",
];
