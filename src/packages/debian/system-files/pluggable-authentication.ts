/**
 * What pam-auth-update makes of the profiles that packages bring: /etc/pam.d/common-*, and its memory of that in
 * /var/lib/pam. Profiles that say `Default: yes` are on, in the order of their priority; one that conflicts with a
 * higher one is off.
 *
 * A profile is a list of fields (pam-auth-update(8)); the lines of `Auth`, `Auth-Initial` and so on go where the template's
 * comments mark a place for primary or additional modules. `end` in a control value stands for the number of
 * primary lines that are still to be skipped.
 */
import { file, type GeneratedFile } from "./types.ts";
import { compareBytes, type Union } from "./union.ts";

const types = ["auth", "account", "password", "session", "session-noninteractive"] as const;

type Block = "Primary" | "Additional";

interface Profile {
  readonly name: string;
  readonly fields: ReadonlyMap<string, string>;
}

/** Nothing without the templates of libpam-runtime. */
export function pluggableAuthentication(union: Union): readonly GeneratedFile[] {
  const templates = types.map((type) => union.kept(`/usr/share/pam/common-${type}`)?.toString("utf8"));
  const profiles = union
    .below("/usr/share/pam-configs")
    .flatMap((path) => {
      const text = union.kept(path)?.toString("utf8");
      return text === undefined ? [] : [{ name: path.slice(path.lastIndexOf("/") + 1), fields: parseProfile(text) }];
    })
    .sort((a, b) => priority(b) - priority(a) || compareBytes(b.name, a.name));
  const enabled = withoutConflicts(profiles.filter(({ fields }) => fields.get("Default") === "yes"));
  const files = types.flatMap((type, index) => {
    const template = templates[index];
    if (template === undefined) return [];
    return [
      file(`/etc/pam.d/common-${type}`, fill(template, type, enabled)),
      file(`/var/lib/pam/${type}`, remember(type, enabled)),
    ];
  });
  if (files.length === 0) return [];
  return [...files, file("/var/lib/pam/seen", profiles.map(({ name }) => `${name}\n`).join(""))];
}

function priority({ fields }: Profile): number {
  return Number.parseInt(fields.get("Priority") ?? "0", 10) || 0;
}

function withoutConflicts(profiles: readonly Profile[]): readonly Profile[] {
  const kept: Profile[] = [];
  const refused = new Set<string>();
  for (const profile of profiles) {
    if (refused.has(profile.name)) continue;
    kept.push(profile);
    for (const name of profile.fields.get("Conflicts")?.split(", ") ?? []) refused.add(name);
  }
  return kept;
}

function parseProfile(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let field = "";
  for (const line of text.split("\n")) {
    const [, name, value = ""] = /^(\S+):(?:\s+(.*))?$/.exec(line) ?? [];
    if (name !== undefined) {
      field = name.replace(/-Final$/, "");
      fields.set(field, value.trim());
    } else if (line.trim() !== "") {
      fields.set(field, [fields.get(field) ?? "", line.trim()].filter((part) => part !== "").join("\n"));
    }
  }
  // Sessions without a person at a terminal are like the others, unless the profile says that it is not for them.
  if (!fields.has("Session-Interactive-Only"))
    for (const [name, value] of [...fields])
      if (name === "Session" || name.startsWith("Session-"))
        fields.set(name.replace("Session", "Session-noninteractive"), value);
  return fields;
}

/** The lines of each profile that has some in this block; the first of a stack has lines of its own. */
function linesOf(type: string, block: Block, profiles: readonly Profile[]): readonly (readonly [Profile, string])[] {
  const field = type.replace(/^./, (letter) => letter.toUpperCase());
  return profiles
    .filter(({ fields }) => fields.get(`${field}-Type`) === block)
    .map((profile, position) => {
      const initial = position === 0 ? profile.fields.get(`${field}-Initial`) : undefined;
      return [profile, initial ?? profile.fields.get(field) ?? ""] as const;
    });
}

/** The stack may not be empty: where no module decides, this one lets pass. */
const permit = "[default=1]\t\t\tpam_permit.so";

function stack(type: string, block: Block, profiles: readonly Profile[]): readonly string[] {
  const facility = type.replace("-noninteractive", "");
  const lines = linesOf(type, block, profiles)
    .flatMap(([, text]) => text.split("\n"))
    .filter((line) => line !== "");
  if (block === "Primary" && lines.length === 0) return [`${facility}\t${permit}`];
  // A jump from the last additional line would leave the stack.
  const total = block === "Primary" ? lines.length : lines.length - 1;
  return lines.map((line, index) => {
    const [, module = line, options = ""] = /^((?:\[[^\]]+\]|\w+)\s+\S+)\s*(.*)$/.exec(line) ?? [];
    const counted = module.replaceAll("end", String(total - index));
    return `${facility}\t${counted} ${options.split(/\s+/).join(" ")}`;
  });
}

const places: Readonly<Record<Block, readonly [from: string, to: string]>> = {
  Primary: ['# here are the per-package modules (the "Primary" block)', "# here's the fallback if no module succeeds"],
  Additional: ['# and here are more per-package modules (the "Additional" block)', "# end of pam-auth-update config"],
};

function fill(template: string, type: string, profiles: readonly Profile[]): string {
  const lines: string[] = [];
  let until: string | undefined;
  for (const line of template.split("\n")) {
    if (until !== undefined && !line.startsWith(until)) continue;
    until = undefined;
    lines.push(line);
    for (const block of ["Primary", "Additional"] as const) {
      const [from, to] = places[block];
      if (!line.startsWith(from)) continue;
      lines.push(...stack(type, block, profiles));
      until = to;
    }
  }
  return lines.join("\n");
}

/** By this pam-auth-update finds, later, what people changed by hand. */
function remember(type: string, profiles: readonly Profile[]): string {
  const [primary, additional] = (["Primary", "Additional"] as const).map((block) =>
    linesOf(type, block, profiles)
      .filter(([, text]) => text !== "")
      .map(([{ name }, text]) => `Module: ${name}\n${text}\n`)
      .join(""),
  );
  return `${primary || `Module: null\n${permit}\n`}${additional}`;
}
