/** The four files of accounts: what they hold as records, and how they are written (passwd(5), shadow(5), group(5), gshadow(5)). */
import { file, type GeneratedFile } from "./types.ts";

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly comment: string;
  readonly home: string;
  readonly shell: string;
  /** Nothing that a password's hash could be: "*" or, for what systemd-sysusers makes, "!*". */
  readonly password: string;
}

export interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
  readonly password: string;
}

/** The group that may read the two files that could hold passwords; Debian gives this number to nothing else. */
const shadowGroup = 42;

export function parseAccounts(text: string): readonly Account[] {
  return fieldsOf(text, 7).map(([name = "", password = "", uid, gid, comment = "", home = "", shell = ""]) => {
    return { name, uid: Number(uid), gid: Number(gid), comment, home, shell, password };
  });
}

export function parseGroups(text: string): readonly Group[] {
  return fieldsOf(text, 4).map(([name = "", password = "", gid, members = ""]) => {
    return { name, gid: Number(gid), members: members.split(",").filter((member) => member !== ""), password };
  });
}

function fieldsOf(text: string, count: number): readonly (readonly string[])[] {
  return text
    .split("\n")
    .map((line) => line.split(":"))
    .filter((fields) => fields.length === count && fields[0] !== "" && /^\d+$/.test(fields[2] ?? ""));
}

/**
 * The day of the last change of a password stays empty: today's would make each build another image, and an empty one
 * says that passwords do not age.
 */
export function accountFiles(accounts: readonly Account[], groups: readonly Group[]): readonly GeneratedFile[] {
  const lines = (all: readonly (readonly (string | number)[])[]): string =>
    all.map((fields) => `${fields.join(":")}\n`).join("");
  const passwd = accounts.map(({ name, uid, gid, comment, home, shell }) => [
    name,
    "x",
    uid,
    gid,
    comment,
    home,
    shell,
  ]);
  const shadow = accounts.map(({ name, password }) =>
    // What pwconv takes from login.defs, and what systemd-sysusers leaves empty.
    password === "!*" ? [name, password, "", "", "", "", "", "", ""] : [name, password, "", 0, 99999, 7, "", "", ""],
  );
  const group = groups.map(({ name, gid, members }) => [name, "x", gid, members.join(",")]);
  const gshadow = groups.map(({ name, password, members }) => [name, password, "", members.join(",")]);
  return [
    file("/etc/passwd", lines(passwd)),
    file("/etc/group", lines(group)),
    file("/etc/shadow", lines(shadow), 0o640, shadowGroup),
    file("/etc/gshadow", lines(gshadow), 0o640, shadowGroup),
  ];
}
