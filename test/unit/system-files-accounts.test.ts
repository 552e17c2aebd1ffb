/** Accounts: those of base-passwd, declared ones, and those that systemd-sysusers would make. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { KnownError } from "../../src/base/index.ts";
import { generateSystemFiles, type SystemFilesOptions, type UnpackedPackage } from "../../src/packages/index.ts";
import { Scratch } from "../support.ts";
import { hasProgram, inventPackage, output } from "../unpacked.ts";

const basePasswd = inventPackage(
  { name: "base-passwd" },
  {
    "/usr/share/base-passwd/passwd.master":
      "root:*:0:0:root:/root:/bin/bash\nwww-data:*:33:33:www-data:/var/www:/usr/sbin/nologin\n",
    "/usr/share/base-passwd/group.master": "root:*:0:\nshadow:*:42:\nwww-data:*:33:\n",
  },
);

function accountsOf(packages: readonly UnpackedPackage[], options: SystemFilesOptions = {}) {
  const files = generateSystemFiles(packages, options);
  const lines = (name: string): readonly string[] => {
    const found = files.find(({ path }) => path === `/etc/${name}`);
    return String(found?.content).trimEnd().split("\n");
  };
  return { files, passwd: lines("passwd"), group: lines("group"), shadow: lines("shadow"), gshadow: lines("gshadow") };
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

const user = { name: "app", uid: 1500, gid: 1500 };

describe("accounts", () => {
  test("are root and nobody without base-passwd", () => {
    const { passwd, group } = accountsOf([inventPackage({ name: "static" }, { "/usr/bin/bash": null })]);
    expect(passwd).toEqual([
      "root:x:0:0:root:/root:/bin/bash",
      "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin",
    ]);
    expect(group).toEqual(["root:x:0:", "shadow:x:42:", "nogroup:x:65534:"]);
  });

  test("that are declared follow Debian's, with a group of their own; passwords are locked and readable to few", () => {
    const { files, passwd, group, shadow, gshadow } = accountsOf([basePasswd], {
      users: [{ ...user, home: "/srv/app", shell: "/bin/sh", comment: "The app" }],
      groups: [{ name: "media", gid: 1600, members: ["app", "www-data"] }],
    });
    expect(passwd.at(-1)).toBe("app:x:1500:1500:The app:/srv/app:/bin/sh");
    expect(group.slice(-2)).toEqual(["media:x:1600:app,www-data", "app:x:1500:"]);
    expect(shadow).toEqual(["root:*::0:99999:7:::", "www-data:*::0:99999:7:::", "app:!::0:99999:7:::"]);
    expect(gshadow.slice(-2)).toEqual(["media:!::app,www-data", "app:!::"]);
    const modes = files.filter(({ path }) => /passwd|group|shadow/.test(path));
    expect(modes.map(({ path, mode, uid, gid }) => [path, mode, uid, gid])).toEqual([
      ["/etc/group", 0o644, 0, 0],
      ["/etc/gshadow", 0o640, 0, 42],
      ["/etc/passwd", 0o644, 0, 0],
      ["/etc/shadow", 0o640, 0, 42],
    ]);
  });

  test("of Debian may get another shell or more members, but no other number", () => {
    const { passwd, group } = accountsOf([basePasswd], {
      users: [{ name: "www-data", uid: 33, gid: 33, home: "/srv", shell: "/bin/sh" }],
      groups: [{ name: "shadow", gid: 42, members: ["www-data"] }],
    });
    expect(passwd.at(-1)).toBe("www-data:x:33:33::/srv:/bin/sh");
    expect(group).toContain("shadow:x:42:www-data");
    const other = { users: [{ name: "www-data", uid: 34, gid: 33 }] };
    expect(refusal(() => accountsOf([basePasswd], other))).toBe(
      'account-differs: the user "www-data" has the number 33 in the image already, not 34',
    );
  });

  test("may not share numbers, or have names and fields that break the file", () => {
    const wrong = (options: SystemFilesOptions): string => refusal(() => accountsOf([basePasswd], options));
    expect(wrong({ users: [{ ...user, uid: 33 }] })).toContain('the user "app" has the number 33');
    expect(wrong({ groups: [{ name: "app", gid: 33 }] })).toContain('the group "app" has the number 33');
    expect(wrong({ users: [user, { ...user, uid: 1501 }] })).toContain("account-differs");
    for (const name of ["", "a:b", "a\nroot", "-a", "a b"])
      expect(wrong({ users: [{ ...user, name }] })).toContain("name");
    for (const home of ["/a:0", "/a\nx::0:0:::"]) expect(wrong({ users: [{ ...user, home }] })).toContain("no field");
    expect(wrong({ groups: [{ name: "g", gid: 7, members: ["a:b"] }] })).toContain("name");
  });
});

const sysusers: Readonly<Record<string, string>> = {
  "a.conf": [
    "# a comment",
    'u one - "The first one" /var/lib/one /bin/sh',
    "u two 150 'Two, with a number' -",
    "g three -",
    "u three - Three",
    "u four 160:three",
    "m two three",
    "m five six",
    "u root 0",
  ].join("\n"),
  "b.conf": "u one - second\nu seven 150\ng eight 999\nr - 300-400\nu www-data -\n",
};

const packages = [
  basePasswd,
  inventPackage(
    { name: "services" },
    Object.fromEntries(Object.entries(sysusers).map(([name, text]) => [`/usr/lib/sysusers.d/${name}`, text])),
  ),
];

describe("sysusers.d", () => {
  const hasTool = hasProgram("systemd-sysusers");
  if (!hasTool) console.log("accounts are not compared: this needs systemd-sysusers");

  test.skipIf(!hasTool)("gives what systemd-sysusers gives", () => {
    using scratch = new Scratch();
    const etc = (name: string): string => join(scratch.path, "etc", name);
    mkdirSync(join(scratch.path, "etc"));
    const before = accountsOf([basePasswd]);
    scratch.write(
      Object.fromEntries(Object.entries(sysusers).map(([name, text]) => [`usr/lib/sysusers.d/${name}`, text])),
    );
    scratch.write({
      "etc/passwd": `${before.passwd.join("\n")}\n`,
      "etc/group": `${before.group.join("\n")}\n`,
      "etc/shadow": `${before.shadow.join("\n")}\n`,
      "etc/gshadow": `${before.gshadow.join("\n")}\n`,
    });
    output(["systemd-sysusers", `--root=${scratch.path}`]);
    const made = accountsOf(packages);
    for (const name of ["passwd", "group", "gshadow"] as const)
      expect([name, ...made[name]]).toEqual([name, ...readFileSync(etc(name), "utf8").trimEnd().split("\n")]);
    // The day on which it ran is not written.
    const undated = readFileSync(etc("shadow"), "utf8").replace(/^([^:]*:[^:]*):\d+:/gm, "$1::");
    expect(made.shadow).toEqual(undated.trimEnd().split("\n"));
  });

  test("leaves declared accounts as they are, and takes other numbers than theirs", () => {
    const { passwd } = accountsOf(packages, {
      users: [
        { name: "one", uid: 999, gid: 999 },
        { ...user, uid: 998, gid: 998 },
      ],
    });
    expect(passwd).toContain("one:x:999:999::/nonexistent:/usr/sbin/nologin");
    expect(passwd.filter((line) => /:99[89]:/.test(line))).toHaveLength(2);
    expect(passwd.find((line) => line.startsWith("seven:"))).toContain(":397:");
  });

  test("reads a hundred thousand lines in good time, and refuses what no number is left for", () => {
    const given = Array.from({ length: 100_000 }, (_, index) => `u u${index} ${index + 1000}\nm u${index} everyone`);
    const many = inventPackage({ name: "many" }, { "/usr/lib/sysusers.d/many.conf": given.join("\n") });
    expect(accountsOf([basePasswd, many]).passwd).toHaveLength(100_002);
    const free = Array.from({ length: 1000 }, (_, index) => `u u${index} -`).join("\n");
    const greedy = inventPackage({ name: "greedy" }, { "/usr/lib/sysusers.d/greedy.conf": free });
    expect(refusal(() => accountsOf([basePasswd, greedy]))).toContain("there is no free number");
  });

  test("refuses lines that need a running machine, or would break the file", () => {
    const lines = ["u %H -", "u x /etc/passwd", 'u x - "a:b"', "x y -", "u x 5:nowhere", "m a:b c", 'u x - "" "/a%m"'];
    for (const line of lines) {
      const bad = inventPackage({ name: "bad" }, { "/usr/lib/sysusers.d/bad.conf": `${line}\n` });
      expect(
        refusal(() => accountsOf([basePasswd, bad])),
        line,
      ).toContain("system-files-invalid");
    }
  });
});
