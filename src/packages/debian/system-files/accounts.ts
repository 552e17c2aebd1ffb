/**
 * Who has an account in the image: those of base-passwd, which every Debian system has; those that are declared; and those
 * that packages ask for in sysusers.d. Where base-passwd is not among the packages, root and nobody alone.
 *
 * Accounts that a package's script makes with adduser are not made: their numbers would depend on the order of the
 * scripts. A declaration names them, with a number of its own.
 */
import { KnownError } from "../../../base/index.ts";
import { type Account, accountFiles, type Group, parseAccounts, parseGroups } from "./account-files.ts";
import { addSystemUsers } from "./system-users.ts";
import type { GeneratedFile, SystemFilesOptions } from "./types.ts";
import type { Union } from "./union.ts";

const masters = "/usr/share/base-passwd";

export function accounts(union: Union, options: SystemFilesOptions): readonly GeneratedFile[] {
  const { accounts, groups } = addSystemUsers(union, declared(base(union), options));
  return accountFiles(accounts, groups);
}

interface Everyone {
  readonly accounts: readonly Account[];
  readonly groups: readonly Group[];
}

function base(union: Union): Everyone {
  const [users, groups] = ["passwd", "group"].map((name) => union.kept(`${masters}/${name}.master`)?.toString("utf8"));
  if (users !== undefined && groups !== undefined)
    return { accounts: parseAccounts(users), groups: parseGroups(groups) };
  const shell = union.has("/usr/bin/bash") ? "/bin/bash" : "/bin/sh";
  return {
    accounts: parseAccounts(
      `root:*:0:0:root:/root:${shell}\nnobody:*:65534:65534:nobody:/nonexistent:/usr/sbin/nologin`,
    ),
    groups: parseGroups("root:*:0:\nshadow:*:42:\nnogroup:*:65534:"),
  };
}

/** What is declared again just as it is changes nothing but the members of a group. */
function declared(everyone: Everyone, options: SystemFilesOptions): Everyone {
  const accounts = [...everyone.accounts];
  const groups = [...everyone.groups];
  for (const { name, gid, members = [] } of options.groups ?? []) {
    checkNames([name, ...members]);
    const index = groups.findIndex((group) => group.name === name);
    const before = groups[index];
    if (before === undefined) {
      refuseTaken("group", name, gid, groups.find((group) => group.gid === gid)?.name);
      groups.push({ name, gid, members, password: "!" });
    } else {
      if (before.gid !== gid) throw differs("group", name, before.gid, gid);
      groups[index] = { ...before, members: [...new Set([...before.members, ...members])] };
    }
  }
  for (const user of options.users ?? []) {
    const { name, uid, gid, comment = "", home = "/nonexistent", shell = "/usr/sbin/nologin" } = user;
    checkNames([name]);
    checkFields(name, [comment, home, shell]);
    const index = accounts.findIndex((account) => account.name === name);
    const before = accounts[index];
    if (before !== undefined && before.uid !== uid) throw differs("user", name, before.uid, uid);
    if (before === undefined) refuseTaken("user", name, uid, accounts.find((account) => account.uid === uid)?.name);
    if (!groups.some((group) => group.gid === gid)) {
      if (groups.some((group) => group.name === name))
        throw differs("group", name, groups.find((group) => group.name === name)?.gid ?? 0, gid);
      groups.push({ name, gid, members: [], password: "!" });
    }
    const account = { name, uid, gid, comment, home, shell, password: before?.password ?? "!" };
    if (before === undefined) accounts.push(account);
    else accounts[index] = account;
  }
  return { accounts, groups };
}

/** A number belongs to one name: who shares it owns the other's files. */
function refuseTaken(kind: "user" | "group", name: string, id: number, holder: string | undefined): void {
  if (holder === undefined) return;
  throw new KnownError("duplicate-name", `the ${kind} "${name}" has the number ${id}, which is the one of "${holder}"`);
}

function differs(kind: "user" | "group", name: string, has: number, wanted: number): KnownError {
  return new KnownError(
    "account-differs",
    `the ${kind} "${name}" has the number ${has} in the image already, not ${wanted}`,
    { hint: "Debian's package base-passwd settles the numbers of system accounts." },
  );
}

function checkNames(names: readonly string[]): void {
  for (const name of names)
    if (!/^[a-z_][a-z0-9_.-]{0,30}$/i.test(name))
      throw new KnownError("invalid-value", `${JSON.stringify(name)} is not a name that an account can have`);
}

/** A colon or a line's end would begin another field, or another account. */
function checkFields(name: string, values: readonly string[]): void {
  for (const value of values)
    if (/[:\n\r\0]/.test(value))
      throw new KnownError("invalid-value", `the user "${name}" has ${JSON.stringify(value)}, which no field can hold`);
}
