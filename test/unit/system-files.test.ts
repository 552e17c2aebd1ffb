/** The files that maintainer scripts would write, aspect by aspect; test/host/system-files.test.ts compares whole roots. */
import { existsSync, mkdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KnownError } from "../../src/base/index.ts";
import {
  generateSystemFiles,
  type PackageFacts,
  type SystemFilesOptions,
  type UnpackedPackage,
} from "../../src/packages/index.ts";
import { Scratch } from "../support.ts";
import { hasProgram, inventPackage, output } from "../unpacked.ts";

/** By path: a link's target, a file's content, or "folder" with its mode. */
function made(packages: readonly UnpackedPackage[], options: SystemFilesOptions = {}): ReadonlyMap<string, string> {
  return new Map(
    generateSystemFiles(packages, options).map(({ path, content, target, mode }) => [
      path,
      target ?? (content === undefined ? `folder ${mode.toString(8)}` : String(content)),
    ]),
  );
}

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof KnownError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("all files", () => {
  const some = [
    inventPackage({ name: "base-files" }, { "/usr/share/base-files/motd": "hello\n", "/usr/lib64/x": null }),
    inventPackage({ name: "libc-bin", version: "2.36-9" }, { "/usr/share/libc-bin/nsswitch.conf": "passwd: files\n" }),
    inventPackage(
      { name: "tzdata" },
      { "/usr/share/zoneinfo/Etc/UTC": null, "/usr/share/zoneinfo/Europe/Berlin": null },
    ),
  ];

  test("are sorted, each path once, and the same each time", () => {
    const files = generateSystemFiles(some);
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual([...new Set(paths)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    expect(generateSystemFiles(some)).toEqual(files);
    for (const path of paths) expect(path).toMatch(/^(\/[^/]+)+$/);
  });

  test("link the old folders into /usr, those of other word sizes where something is there", () => {
    const files = made(some);
    expect(["/bin", "/sbin", "/lib", "/lib64"].map((path) => files.get(path))).toEqual([
      "usr/bin",
      "usr/sbin",
      "usr/lib",
      "usr/lib64",
    ]);
    expect(files.has("/lib32")).toBe(false);
    const shipped = inventPackage({ name: "base-files" }, {}, { "/bin": "usr/bin" });
    expect([made([shipped]).has("/bin"), made([shipped]).has("/sbin")]).toEqual([false, true]);
  });

  test("hold base-files' own, but what a package ships stands", () => {
    expect(made(some).get("/etc/motd")).toBe("hello\n");
    expect(made(some).get("/etc/nsswitch.conf")).toBe("passwd: files\n");
    expect(made(some).get("/var/run")).toBe("/run");
    expect(made(some).get("/run/lock")).toBe("folder 1777");
    const other = inventPackage({ name: "other" }, { "/etc/motd": null, "/var/run/kept": null });
    expect([made([...some, other]).has("/etc/motd"), made([...some, other]).has("/var/run")]).toEqual([false, false]);
  });

  test("say the time zone", () => {
    expect(made(some).get("/etc/localtime")).toBe("/usr/share/zoneinfo/Etc/UTC");
    const files = made(some, { timeZone: "Europe/Berlin" });
    expect([files.get("/etc/localtime"), files.get("/etc/timezone")]).toEqual([
      "/usr/share/zoneinfo/Europe/Berlin",
      "Europe/Berlin\n",
    ]);
    expect(made([]).has("/etc/localtime")).toBe(false);
    for (const timeZone of ["Mars/Base", "../../../etc/passwd", "Etc/UTC\nx", ""])
      expect(refusal(() => made(some, { timeZone }))).toContain("system-files-invalid");
  });
});

describe("shells", () => {
  const list = "/usr/share/debianutils/shells";
  test("are listed under both of their names, once", () => {
    const packages = [
      inventPackage({ name: "debianutils" }, { [list]: "# shells\n" }),
      inventPackage(
        { name: "bash" },
        { [`${list}.d/bash`]: "/bin/bash\n/bin/rbash # restricted\n".replace(" # restricted", "") },
      ),
      inventPackage({ name: "tmux", shells: ["/usr/bin/tmux", "/bin/bash"] }),
    ];
    expect(made(packages).get("/etc/shells")).toBe(
      "# shells\n/bin/bash\n/usr/bin/bash\n/bin/rbash\n/usr/bin/rbash\n/usr/bin/tmux\n",
    );
    expect(made([inventPackage({ name: "tmux", shells: ["/usr/bin/tmux"] })]).has("/etc/shells")).toBe(false);
  });
});

test("/bin/sh is dash, or else bash, where no package ships it", () => {
  const sh = (...names: readonly string[]): string | undefined =>
    made([inventPackage({ name: "x" }, Object.fromEntries(names.map((name) => [`/usr/bin/${name}`, null])))]).get(
      "/usr/bin/sh",
    );
  expect([sh("bash", "dash"), sh("bash"), sh("bash", "sh"), sh("zsh")]).toEqual(["dash", "bash", undefined, undefined]);
});

type Alternative = PackageFacts["alternatives"][number];

const awk = (path: string, priority: number, slaves: readonly string[] = []): Alternative => ({
  link: "/usr/bin/awk",
  name: "awk",
  path,
  priority,
  slaves: slaves.map((name) => ({
    link: `/usr/share/man/${name}`,
    name,
    path: `/usr/share/man/${name}.${path.slice(9)}`,
  })),
});

const offers: readonly Alternative[] = [
  awk("/usr/bin/mawk", 5, ["awk.1", "nawk.1"]),
  awk("/usr/bin/gawk", 10, ["awk.1", "cawk.1"]),
  awk("/usr/bin/gone", 100, ["awk.1"]),
  awk("/usr/bin/bawk", 10, ["bawk.1"]),
  { link: "/bin/pager", name: "pager", path: "/bin/more", priority: -5, slaves: [] },
];

const present: Readonly<Record<string, string>> = {
  "usr/bin/mawk": "",
  "usr/bin/gawk": "",
  "usr/bin/bawk": "",
  "usr/bin/more": "",
  "usr/share/man/bawk.1.bawk": "",
  "usr/share/man/awk.1.gawk": "",
};

const offering = inventPackage(
  { name: "offering", alternatives: offers },
  Object.fromEntries(Object.keys(present).map((path) => [`/${path}`, null])),
);

describe("alternatives", () => {
  const hasTool = hasProgram("update-alternatives");
  if (!hasTool) console.log("alternatives are not compared: this needs update-alternatives");

  test.skipIf(!hasTool)("are what update-alternatives makes", () => {
    using scratch = new Scratch();
    const root = scratch.write(present).path;
    for (const folder of ["etc/alternatives", "var/lib/dpkg/alternatives", "usr/bin"])
      mkdirSync(join(root, folder), { recursive: true });
    output(["ln", "-s", "usr/bin", join(root, "bin")]);
    for (const { link, name, path, priority, slaves } of offers) {
      if (!existsSync(join(root, path))) continue;
      const more = slaves.flatMap((slave) => ["--slave", slave.link, slave.name, slave.path]);
      output([
        "update-alternatives",
        "--root",
        root,
        "--quiet",
        "--install",
        link,
        name,
        path,
        String(priority),
        ...more,
      ]);
    }
    const files = made([offering]);
    const ours = [...files].filter(([path]) => /alternatives|awk|pager/.test(path));
    expect(ours.map(([path]) => path)).toEqual(
      output(["find", root, "-path", "*alternatives/*", "-o", "-type", "l", "!", "-name", "bin"])
        .trim()
        .split("\n")
        .map((path) => path.slice(root.length))
        .sort(),
    );
    for (const [path, content] of ours) {
      const real = join(root, path);
      const theirs = path.includes("dpkg") ? readFileSync(real, "utf8") : readlinkSync(real);
      expect([path, content]).toEqual([path, theirs]);
    }
  });

  test("that no file is there for are left out", () => {
    const files = made([inventPackage({ name: "x", alternatives: [awk("/usr/bin/gone", 1)] })]);
    expect([...files.keys()].filter((path) => /awk|alternatives/.test(path))).toEqual([]);
  });

  test("leave a package's own file where the link would be, and follow links to folders", () => {
    const fact = { ...awk("/usr/bin/mawk", 5), link: "/old/awk" };
    const files = { "/usr/bin/mawk": null, "/usr/bin/awk": null };
    const own = made([inventPackage({ name: "x", alternatives: [fact] }, files, { "/old": "usr/bin" })]);
    expect([own.has("/usr/bin/awk"), own.get("/etc/alternatives/awk")]).toEqual([false, "/usr/bin/mawk"]);
    const alone = made([
      inventPackage({ name: "x", alternatives: [fact] }, { "/usr/bin/mawk": null }, { "/old": "bin" }),
    ]);
    expect(alone.get("/usr/bin/awk")).toBe("/etc/alternatives/awk");
  });

  test("that want one link under two names are refused", () => {
    const alternatives = [awk("/usr/bin/mawk", 5), { ...awk("/usr/bin/mawk", 5), name: "wak" }];
    const act = (): unknown => made([inventPackage({ name: "x", alternatives }, { "/usr/bin/mawk": null })]);
    expect(refusal(act)).toBe("system-files-invalid: two packages' scripts would each write /usr/bin/awk");
  });

  test("with names or paths that lead elsewhere are refused", () => {
    const good = awk("/usr/bin/mawk", 5);
    const bad: readonly Partial<Alternative>[] = [
      { name: "../../etc/shadow" },
      { name: ".." },
      { name: "" },
      { name: "a\nb" },
      { link: "usr/bin/awk" },
      { link: "/usr/bin/../../x" },
      { path: "/usr/bin/a\n/b" },
      { slaves: [{ link: "/x", name: "a/b", path: "/y" }] },
    ];
    for (const change of bad) {
      const fact = { ...good, ...change };
      const act = (): unknown => made([inventPackage({ name: "x", alternatives: [fact] }, { [fact.path]: null })]);
      expect(refusal(act), JSON.stringify(change)).toContain("system-files-invalid");
    }
  });
});

const template = (type: string): string =>
  [
    "# top",
    '# here are the per-package modules (the "Primary" block)',
    `$${type}_primary`,
    "# here's the fallback if no module succeeds",
    `${type}\trequisite\tpam_deny.so`,
    '# and here are more per-package modules (the "Additional" block)',
    `$${type}_additional`,
    "# end of pam-auth-update config",
    "",
  ].join("\n");

describe("PAM", () => {
  const profiles: Readonly<Record<string, string>> = {
    unix: "Name: Unix\nDefault: yes\nPriority: 256\nAuth-Type: Primary\nAuth:\n\t[success=end default=ignore]\tpam_unix.so try_first_pass\nAuth-Initial:\n\t[success=end default=ignore]\tpam_unix.so\n",
    ldap: "Name: LDAP\nDefault: yes\nPriority: 128\nConflicts: sss\nAuth-Type: Primary\nAuth-Final:\n\t[success=end default=ignore]\tpam_ldap.so  use_first_pass\n",
    sss: "Name: SSS\nDefault: yes\nPriority: 100\nAuth-Type: Primary\nAuth:\n\trequired pam_sss.so\n",
    home: "Name: Homes\nDefault: no\nPriority: 0\nAuth-Type: Additional\nAuth:\n\toptional pam_mkhomedir.so\n",
    cap: "Name: Caps\nDefault: yes\nPriority: 0\nAuth-Type: Additional\nAuth:\n\toptional pam_cap.so\n",
  };
  const files = made([
    inventPackage(
      { name: "libpam-runtime" },
      {
        "/usr/share/pam/common-auth": template("auth"),
        "/usr/share/pam/common-session-noninteractive": template("session"),
        ...Object.fromEntries(Object.entries(profiles).map(([name, text]) => [`/usr/share/pam-configs/${name}`, text])),
      },
    ),
  ]);

  test("has the modules of each profile that is on by default, by priority, with jumps past those that follow", () => {
    expect(
      files
        .get("/etc/pam.d/common-auth")
        ?.split("\n")
        .filter((line) => !line.startsWith("#")),
    ).toEqual([
      "auth\t[success=2 default=ignore]\tpam_unix.so ",
      "auth\t[success=1 default=ignore]\tpam_ldap.so use_first_pass",
      "auth\trequisite\tpam_deny.so",
      "auth\toptional pam_cap.so ",
      "",
    ]);
  });

  test("lets pass where no module decides, and remembers what it did", () => {
    expect(files.get("/etc/pam.d/common-session-noninteractive")).toContain(
      "session\t[default=1]\t\t\tpam_permit.so\n",
    );
    expect(files.get("/var/lib/pam/session-noninteractive")).toBe("Module: null\n[default=1]\t\t\tpam_permit.so\n");
    expect(files.get("/var/lib/pam/seen")).toBe("unix\nldap\nsss\nhome\ncap\n");
  });
});

test("whatever links packages hold, all files are made or refused in good time", () => {
  const name = fc.constantFrom("usr", "lib", "bin", "a", "..", ".", "etc", "var");
  const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((names) => `/${names.join("/")}`);
  const links = fc.dictionary(
    path,
    fc.oneof(
      path,
      path.map((text) => text.slice(1)),
    ),
    { maxKeys: 12 },
  );
  fc.assert(
    fc.property(links, (some) => {
      const library = { path: "/usr/lib/libz.so.1", soname: "libz.so.1", bits: 64, machine: 62 } as const;
      const facts = { name: "libc-bin", version: "2.36-9", libraries: [library], alternatives: offers };
      expect(generateSystemFiles([inventPackage(facts, { [library.path]: null }, some)]).length).toBeGreaterThan(4);
    }),
  );
});
