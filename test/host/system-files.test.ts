/**
 * A whole root of Debian packages whose scripts never ran: the files made for it are those that Debian's own tools make
 * in it, and its programs run with them. Needs root, for chroot, and Debian's archive.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type GeneratedFile, generateSystemFiles } from "../../src/packages/index.ts";
import { Scratch } from "../support.ts";
import { hasProgram, output, unpackDeb } from "../unpacked.ts";

const wanted = [
  ...["base-files", "base-passwd", "bash", "coreutils", "dash", "debianutils", "dpkg", "findutils", "grep", "hostname"],
  ...["libc-bin", "login", "mawk", "gawk", "original-awk", "ncurses-bin", "passwd", "perl-base", "sed", "util-linux"],
  ...["libpam-runtime", "debconf", "ca-certificates", "openssl", "curl", "nginx-light", "python3-minimal", "python3"],
  ...["tzdata", "vim-tiny", "nano", "less", "dbus", "systemd", "diffutils"],
];

/** Whether apt has lists of packages to download from. */
function hasLists(): boolean {
  try {
    return output(["apt-cache", "show", "base-passwd"]) !== "";
  } catch {
    return false;
  }
}

const reason = [
  ...(process.getuid?.() === 0 ? [] : ["root"]),
  ...(hasProgram("apt-get", "dpkg-deb", "readelf", "chroot") ? [] : ["apt-get, dpkg-deb, readelf and chroot"]),
  ...(hasLists() ? [] : ["apt's lists of packages"]),
].join(" and ");
if (reason !== "") console.log(`no root of Debian packages is made: this needs ${reason}`);

const scratch = new Scratch("/var/tmp");
const at = (...names: readonly string[]): string => join(scratch.path, ...names);
const clean = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", DEBIAN_FRONTEND: "noninteractive" };

/** The packages' files alone, and the same with what was made for them. */
const [bare, whole] = [at("bare"), at("whole")];
let files: readonly GeneratedFile[] = [];

function put(root: string, { path, mode, uid, gid, content, target }: GeneratedFile): void {
  const place = join(root, path);
  mkdirSync(dirname(place), { recursive: true });
  const isFolder = content === undefined && target === undefined;
  if (!isFolder || !existsSync(place)) rmSync(place, { recursive: true, force: true });
  if (target !== undefined) return symlinkSync(target, place);
  if (content === undefined) mkdirSync(place, { recursive: true });
  else writeFileSync(place, content);
  chownSync(place, uid, gid);
  chmodSync(place, mode);
}

/** A copy of the bare root in which a tool may write. */
function copy(name: string): string {
  output(["cp", "-a", bare, at(name)]);
  return at(name);
}

function within(root: string, ...argv: readonly string[]): string {
  return output(["chroot", root, ...argv], clean);
}

/** The made root's files below a folder are those of another root. */
function expectSame(root: string, ...paths: readonly string[]): void {
  for (const path of paths) {
    const [theirs, ours] = [join(root, path), join(whole, path)];
    expect(output(["diff", "-r", "--no-dereference", theirs, ours])).toBe("");
    const { mode, uid, gid } = lstatSync(theirs);
    expect([path, lstatSync(ours)]).toMatchObject([path, { mode, uid, gid }]);
  }
}

describe.skipIf(reason !== "")("a root of Debian packages", () => {
  beforeAll(() => {
    const recursive = [
      "--recurse",
      ...["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"].map((not) => `--no-${not}`),
    ];
    const listed = output(["apt-cache", "depends", ...recursive, ...wanted]).match(/^\w\S*/gm) ?? [];
    const names = [...new Set(listed)].filter((name) => !name.includes(":"));
    const debs = at("debs");
    mkdirSync(debs);
    output([
      "sh",
      "-c",
      'cd "$1" && shift && exec apt-get -o APT::Sandbox::User=root download -q "$@"',
      "sh",
      debs,
      ...names,
    ]);
    mkdirSync(at("unpacked"));
    const found = readdirSync(debs).sort();
    console.log(`${found.length} packages`);
    const packages = found.map((deb) => unpackDeb(join(debs, deb), at("unpacked", deb)));
    files = generateSystemFiles(packages);
    for (const name of ["bin", "sbin", "lib", "lib64"]) mkdirSync(join(bare, "usr", name), { recursive: true });
    for (const name of ["bin", "sbin", "lib", "lib64"]) symlinkSync(`usr/${name}`, join(bare, name));
    // Hard links: nothing writes to the bare root.
    for (const deb of found)
      for (const name of readdirSync(at("unpacked", deb))) {
        const place = join(bare, existsSync(join(bare, "usr", name)) ? `usr/${name}` : name);
        mkdirSync(place, { recursive: true });
        output(["cp", "-al", `${at("unpacked", deb, name)}/.`, place]);
      }
    for (const [name, minor] of [
      ["null", "3"],
      ["zero", "5"],
      ["urandom", "9"],
    ] as const)
      output(["mknod", "-m", "666", join(bare, "dev", name), "c", "1", minor]);
    output(["cp", "-a", bare, whole]);
    for (const file of files) put(whole, file);
  });

  afterAll(() => scratch[Symbol.dispose]());

  test("has the library cache and the links of ldconfig", () => {
    const root = copy("ldconfig");
    output(["ldconfig", "-r", root]);
    expectSame(root, "etc/ld.so.cache", "usr/lib");
    expect(within(whole, "ldconfig", "-p")).toBe(within(root, "ldconfig", "-p"));
  });

  test("has the certificates of update-ca-certificates", () => {
    const root = copy("certificates");
    const list = output(["find", join(root, "usr/share/ca-certificates"), "-name", "*.crt", "-printf", "%P\n"]);
    writeFileSync(join(root, "etc/ca-certificates.conf"), `${list.trim().split("\n").sort().join("\n")}\n`);
    within(root, "update-ca-certificates", "--fresh");
    expectSame(root, "etc/ssl/certs");
  });

  test("has the accounts of base-passwd, shadow and sysusers.d", () => {
    const root = copy("accounts");
    for (const name of ["passwd", "group"])
      output(["cp", join(root, `usr/share/base-passwd/${name}.master`), join(root, "etc", name)]);
    within(root, "update-passwd");
    within(root, "shadowconfig", "on");
    within(root, "systemd-sysusers");
    output(["sh", "-c", 'sed -i -E "s/^([^:]*:[^:]*):[0-9]+:/\\1::/" "$1"', "sh", join(root, "etc/shadow")]);
    expectSame(root, "etc/passwd", "etc/group", "etc/shadow", "etc/gshadow");
  });

  test("has the alternatives of update-alternatives", () => {
    const root = copy("alternatives");
    for (const folder of ["etc/alternatives", "var/lib/dpkg/alternatives"])
      mkdirSync(join(root, folder), { recursive: true });
    for (const control of readdirSync(at("unpacked"))
      .filter((name) => name.endsWith(".control"))
      .sort()) {
      const script = at("unpacked", control, "postinst");
      if (!existsSync(script)) continue;
      const calls = output(["cat", script])
        .replaceAll("\\\n", " ")
        .matchAll(/update-alternatives +(?:--quiet +)?(--install [^|&\n$]*)(?=$|[|&\n])/gm);
      for (const [, call = ""] of calls)
        output(["update-alternatives", "--root", root, "--quiet", ...call.trim().split(/\s+/)]);
    }
    expectSame(root, "etc/alternatives", "var/lib/dpkg/alternatives", "usr/bin", "usr/sbin", "usr/share/man");
    expect(within(whole, "update-alternatives", "--query", "awk")).toContain("Value: /usr/bin/gawk");
  });

  test("has the shells of update-shells and the files of pam-auth-update", () => {
    const root = copy("shells");
    within(root, "update-shells");
    expectSame(root, "etc/shells");
    mkdirSync(join(root, "var/lib/dpkg/info"), { recursive: true });
    const [templates = ""] = readdirSync(at("unpacked")).filter((name) => /^libpam-runtime_.*\.control$/.test(name));
    output(["cp", at("unpacked", templates, "templates"), join(root, "var/lib/dpkg/info/libpam-runtime.templates")]);
    within(root, "pam-auth-update", "--package", "--force");
    expectSame(root, "etc/pam.d", "var/lib/pam");
  });

  test("has what base-files and tzdata make", () => {
    const root = copy("base-files");
    const script = (name: string): string => {
      const [control = ""] = readdirSync(at("unpacked")).filter(
        (each) => each.startsWith(`${name}_`) && each.endsWith(".control"),
      );
      return at("unpacked", control, "postinst");
    };
    output(["sh", script("base-files"), "configure", ""], { ...clean, DPKG_ROOT: root });
    const made = ["etc/profile", "etc/motd", "root", "mnt", "srv", "opt", "etc/opt", "var/opt", "media", "var/mail"];
    expectSame(root, ...made, "var/spool", "run/lock", "usr/local", "etc/dpkg", "var/run", "var/lock");
    expect(within(whole, "date", "+%Z")).toBe("UTC\n");
  });

  test("runs: libraries, accounts, certificates, alternatives and shadow's own checks", () => {
    const run = (line: string): string => within(whole, "sh", "-c", line);
    expect(run("ldd /usr/sbin/nginx")).not.toContain("not found");
    expect(run("nginx -t 2>&1")).toContain("test is successful");
    expect(run("id www-data")).toBe("uid=33(www-data) gid=33(www-data) groups=33(www-data)\n");
    expect(run("getent group shadow; awk 'BEGIN { print 6 * 7 }'; which vi editor")).toBe(
      "shadow:x:42:\n42\n/usr/bin/vi\n/usr/bin/editor\n",
    );
    const certificate = "/usr/share/ca-certificates/mozilla/ISRG_Root_X1.crt";
    expect(run(`openssl verify -CApath /etc/ssl/certs ${certificate}`)).toContain(": OK");
    const stats = run("python3 -c 'import ssl; print(ssl.create_default_context().cert_store_stats()[\"x509_ca\"])'");
    expect(Number(stats)).toBeGreaterThan(100);
    expect(run("grpck -r")).toBe("");
    // pwck names home folders that are not there, with a status of its own.
    expect(run("pwck -qr || test $? = 2")).toBe("");
    // What is there already is what the tools would write.
    within(whole, "ldconfig");
    within(whole, "systemd-sysusers");
    within(whole, "update-shells");
    const cache = files.find(({ path }) => path === "/etc/ld.so.cache")?.content;
    expect(output(["base64", "-w0", join(whole, "etc/ld.so.cache")])).toBe(Buffer.from(cache ?? "").toString("base64"));
    expect(output(["cat", join(whole, "etc/shells")])).toBe(files.find(({ path }) => path === "/etc/shells")?.content);
    expect(output(["cat", join(whole, "etc/passwd")])).toBe(files.find(({ path }) => path === "/etc/passwd")?.content);
  });
});
