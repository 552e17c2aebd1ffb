/**
 * The files and folders that the scripts of base-files and libc-bin make from copies below /usr/share. What another
 * package ships at such a path stands.
 */
import { file, folder, type GeneratedFile, link } from "./types.ts";
import type { Union } from "./union.ts";

const copies: readonly (readonly [from: string, to: string])[] = [
  ["/usr/share/base-files/dot.profile", "/root/.profile"],
  ["/usr/share/base-files/dot.bashrc", "/root/.bashrc"],
  ["/usr/share/base-files/profile", "/etc/profile"],
  ["/usr/share/base-files/motd", "/etc/motd"],
  ["/usr/share/libc-bin/nsswitch.conf", "/etc/nsswitch.conf"],
];

const mailGroup = 8;

const folders: readonly GeneratedFile[] = [
  ...["/mnt", "/srv", "/opt", "/etc/opt", "/var/opt", "/media"].map((path) => folder(path)),
  folder("/var/mail", 0o2775, mailGroup),
  folder("/run/lock", 0o1777),
  ...["", "/bin", "/etc", "/games", "/include", "/lib", "/sbin", "/share", "/share/man", "/src"].map((name) =>
    folder(`/usr/local${name}`),
  ),
];

const links: readonly (readonly [path: string, target: string])[] = [
  ["/usr/local/man", "share/man"],
  ["/var/spool/mail", "../mail"],
];

/** Old folders that became links; one that a package still puts something into stays a folder. */
const moved: readonly (readonly [path: string, target: string])[] = [
  ["/var/run", "/run"],
  ["/var/lock", "/run/lock"],
];

export function baseFiles(union: Union): readonly GeneratedFile[] {
  const copied = copies.flatMap(([from, to]) => {
    const content = union.kept(from);
    return content === undefined || union.has(to) ? [] : [file(to, content)];
  });
  if (union.find("base-files") === undefined) return copied;
  return [
    ...copied,
    ...folders.filter(({ path }) => !union.has(path)),
    ...links.filter(([path]) => !union.has(path)).map(([path, target]) => link(path, target)),
    ...moved
      .filter(([path]) => !union.links.has(path) && union.below(path).length === 0)
      .map(([path, target]) => link(path, target)),
    ...(union.has("/etc/dpkg/origins/debian") && !union.has("/etc/dpkg/origins/default")
      ? [link("/etc/dpkg/origins/default", "debian")]
      : []),
  ];
}
