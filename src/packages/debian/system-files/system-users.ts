/**
 * What systemd-sysusers makes of the files that packages bring in /usr/lib/sysusers.d (sysusers.d(5)): accounts and groups
 * with the number that a line names, or else the highest free one: from 999 down, or of the ranges that "r" lines name.
 *
 * Groups come before users, each in the order of the files' names and their lines; so the same packages give the same
 * numbers. Lines that need the running machine (a number that a file's owner gives, specifiers such as %H) are refused.
 */
import { KnownError } from "../../../base/index.ts";
import type { Account, Group } from "./account-files.ts";
import { compareBytes, type Union } from "./union.ts";

interface Everyone {
  readonly accounts: readonly Account[];
  readonly groups: readonly Group[];
}

interface Line {
  readonly kind: "u" | "g" | "m" | "r";
  readonly name: string;
  readonly id: string;
  readonly comment: string;
  readonly home: string;
  readonly shell: string;
}

type Range = readonly [from: number, to: number];

/** SYSTEM_UID_MIN and SYSTEM_UID_MAX, as Debian builds systemd. */
const usual: Range = [100, 999];

export function addSystemUsers(union: Union, everyone: Everyone): Everyone {
  const accounts = new Map(everyone.accounts.map((account) => [account.name, account]));
  const groups = new Map(everyone.groups.map((group) => [group.name, group]));
  const members = new Map(everyone.groups.map(({ name, members }) => [name, new Set(members)]));
  const uids = new Set(everyone.accounts.map(({ uid }) => uid));
  const gids = new Map(everyone.groups.map(({ gid, name }) => [gid, name]));
  const lines = linesOf(union);
  const named = (kind: Line["kind"]): readonly Line[] => lines.filter((line) => line.kind === kind);
  const ranges = named("r").map(rangeOf);

  let next = Number.POSITIVE_INFINITY;
  const nextFree = (name: string): number => {
    do next = below(ranges.length > 0 ? ranges : [usual], next);
    while (next > 0 && (uids.has(next) || gids.has(next)));
    if (next <= 0) throw refuse(`there is no free number for "${name}"`);
    return next;
  };
  const addGroup = (name: string, wanted: number | undefined): number => {
    const known = groups.get(name);
    if (known !== undefined) return known.gid;
    const isFree = wanted !== undefined && !uids.has(wanted) && !gids.has(wanted);
    const gid = isFree ? wanted : nextFree(name);
    groups.set(name, { name, gid, members: [], password: "!*" });
    gids.set(gid, name);
    members.set(name, new Set());
    return gid;
  };
  const gidOf = (user: string, group: string): number => {
    const gid = numberOf(group) ?? groups.get(group)?.gid;
    if (gid === undefined) throw refuse(`the group "${group}" of the user "${user}" is not there`);
    return gid;
  };
  const addUser = ({ name, id, comment, home, shell }: Line): void => {
    if (accounts.has(name)) return;
    const [uidText = "", group] = id.split(":");
    const wanted = numberOf(uidText);
    const gid = group === undefined ? addGroup(name, wanted) : gidOf(name, group);
    // A number that is another's group would let the user pass for it.
    const isFree = (uid: number): boolean => !uids.has(uid) && (gids.get(uid) ?? name) === name;
    const uid = [wanted, gid].find((each) => each !== undefined && isFree(each)) ?? nextFree(name);
    accounts.set(name, { name, uid, gid, comment, home: home || "/", shell: shell || shellFor(uid), password: "!*" });
    uids.add(uid);
  };

  const memberships = named("m");
  for (const { name, id } of named("g")) addGroup(name, numberOf(id));
  for (const { id } of memberships) addGroup(id, undefined);
  for (const line of named("u")) addUser(line);
  for (const { name } of memberships) addUser({ kind: "u", name, id: "-", comment: "", home: "", shell: "" });
  for (const { name, id } of memberships) members.get(id)?.add(name);
  return { accounts: [...accounts.values()], groups: [...groups.values()].map(withMembers) };

  /** Members that were added are sorted in, as systemd does. */
  function withMembers(group: Group): Group {
    const now = [...(members.get(group.name) ?? [])];
    return now.length === group.members.length ? group : { ...group, members: now.sort(compareBytes) };
  }
}

/** The highest number of the ranges that is less than `limit`; 0 for none. */
function below(ranges: readonly Range[], limit: number): number {
  return Math.max(0, ...ranges.filter(([from]) => from < limit).map(([, to]) => Math.min(to, limit - 1)));
}

function rangeOf({ id }: Line): Range {
  const [one = 0, other = one] = id.split("-").map(Number);
  return [Math.min(one, other), Math.max(one, other)];
}

function shellFor(uid: number): string {
  return uid === 0 ? "/bin/bash" : "/usr/sbin/nologin";
}

function numberOf(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** The first line for a name counts; of files with one name, the last package's. */
function linesOf(union: Union): readonly Line[] {
  const seen = new Set<string>();
  const paths = union.below("/usr/lib/sysusers.d").filter((path) => path.endsWith(".conf"));
  return paths.flatMap((path) =>
    (union.kept(path)?.toString("utf8") ?? "").split("\n").flatMap((text) => {
      const line = parseLine(path, text.trim());
      const key = line?.kind === "m" ? `${line.name} in ${line.id}` : `${line?.kind} ${line?.name}`;
      if (line === undefined || seen.has(key)) return [];
      seen.add(key);
      return [line];
    }),
  );
}

function parseLine(path: string, text: string): Line | undefined {
  if (text === "" || text.startsWith("#")) return undefined;
  const words = [...text.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double?.replace(/\\(.)/g, "$1") ?? single ?? bare ?? "",
  );
  const [type = "", name = "", id = "-", comment, home, shell] = words.map((word) => (word === "-" ? "" : word));
  // "!" asks for an account that is locked, which all of these are.
  const kind = type.replace("!", "");
  if (kind === "r" && /^\d{1,9}(-\d{1,9})?$/.test(id)) return { kind, name: id, id, comment: "", home: "", shell: "" };
  if (kind !== "u" && kind !== "g" && kind !== "m") throw refuse(`${path} has a line that is not known: ${text}`);
  const line = { kind, name, id, comment: comment ?? "", home: home ?? "", shell: shell ?? "" } as const;
  const values = Object.values(line);
  const isName = /^[a-zA-Z_][a-zA-Z0-9_.-]{0,30}$/;
  if (!isName.test(name) || (kind === "m" && !isName.test(id)) || values.some((value) => /[%\0\n\r]/.test(value)))
    throw refuse(`${path} has a line that cannot be followed in an image: ${text}`);
  if ([line.comment, line.home, line.shell].some((value) => value.includes(":")) || id.startsWith("/"))
    throw refuse(`${path} has a line that cannot be followed in an image: ${text}`);
  return line;
}

function refuse(message: string): KnownError {
  return new KnownError("system-files-invalid", message, {
    hint: "Declare the account with its number; what is declared is not made again.",
  });
}
