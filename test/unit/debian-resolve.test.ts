/** Which packages a request leads to, on toy archives; the real one is compared with apt in test/host. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KnownError, Problems } from "../../src/base/index.ts";
import { PackageIndex } from "../../src/packages/debian/package-index.ts";
import type { PackageSource } from "../../src/packages/debian/pool.ts";
import { type Selection, selectPackages } from "../../src/packages/debian/resolve.ts";
import { type Fields, packagesText } from "../debian-archive.ts";

const source = (packages: readonly Fields[], more: Partial<PackageSource> = {}): PackageSource => ({
  index: new PackageIndex(Buffer.from(packagesText(packages)), "the index"),
  archive: 0,
  standing: 2,
  ...more,
});

const select = (
  sources: readonly PackageSource[],
  packages: readonly string[],
  more: Partial<Selection> = {},
): readonly string[] =>
  selectPackages(sources, { packages, architecture: "amd64", recommends: false, essential: false, ...more }).map(
    ({ name, version }) => (version === "1" ? name : `${name}=${version}`),
  );

/** Chooses from one archive. */
const from = (packages: readonly Fields[], ...asked: readonly string[]): readonly string[] =>
  select([source(packages)], asked);

const failure = (code: string, ...parts: readonly string[]) =>
  expect.objectContaining({ code, message: expect.stringContaining(parts.join("")) });

describe("what a package needs", () => {
  test("comes too, before it or with it, and what that needs", () => {
    const archive = [
      { Package: "a", Depends: "b (>= 1)" },
      { Package: "b", "Pre-Depends": "c" },
      { Package: "c" },
      { Package: "d" },
    ];
    expect(from(archive, "a")).toEqual(["a", "b", "c"]);
    expect(from(archive, "d", "c")).toEqual(["c", "d"]);
    expect(from(archive)).toEqual([]);
  });

  test("may go in circles", () => {
    const archive = [
      { Package: "a", Depends: "b" },
      { Package: "b", Depends: "c" },
      { Package: "c", "Pre-Depends": "a" },
    ];
    for (const name of ["a", "b", "c"]) expect(from(archive, name)).toEqual(["a", "b", "c"]);
  });

  test("may be recommended, and comes when that is asked for and possible", () => {
    const archive = [
      { Package: "a", Recommends: "b, missing", Suggests: "c" },
      { Package: "b", Depends: "d" },
      { Package: "c" },
      { Package: "d" },
      { Package: "e", Recommends: "f" },
      { Package: "f", Depends: "missing" },
    ];
    expect(from(archive, "a")).toEqual(["a"]);
    expect(select([source(archive)], ["a"], { recommends: true })).toEqual(["a", "b", "d"]);
    expect(select([source(archive)], ["e"], { recommends: true })).toEqual(["e"]);
  });

  test("stays away when it is only recommended and conflicts with what is needed", () => {
    const archive = [
      { Package: "a", Depends: "b, c" },
      { Package: "b", Recommends: "d, e" },
      { Package: "c" },
      { Package: "d", Conflicts: "c" },
      { Package: "e" },
    ];
    expect(select([source(archive)], ["a"], { recommends: true })).toEqual(["a", "b", "c", "e"]);
    const clashing = [...archive.slice(0, 4), { Package: "e", Depends: "f" }, { Package: "f", Breaks: "e" }];
    expect(select([source(clashing)], ["a"], { recommends: true })).toEqual(["a", "b", "c"]);
  });

  test("may be deep: a chain of 900 packages is followed, one of 5000 refused", () => {
    const chain = (length: number): readonly Fields[] =>
      Array.from({ length }, (_, at) => ({ Package: `p${at}`, ...(at + 1 < length ? { Depends: `p${at + 1}` } : {}) }));
    expect(from(chain(900), "p0")).toHaveLength(900);
    expect(() => from(chain(5000), "p0")).toThrow(failure("packages-unsatisfiable"));
  });
});

describe("alternatives", () => {
  test("are taken from left to right", () => {
    const archive = [{ Package: "a", Depends: "b | c" }, { Package: "b" }, { Package: "c" }];
    expect(from(archive, "a")).toEqual(["a", "b"]);
  });

  test("give way to what was asked for", () => {
    const archive = [{ Package: "a", Depends: "b | c" }, { Package: "b" }, { Package: "c" }];
    expect(from(archive, "a", "c")).toEqual(["a", "c"]);
  });

  test("are skipped when they are missing, too old or not to be installed, and leave nothing behind", () => {
    const archive = [
      { Package: "a", Depends: "missing | b (>= 2) | c | d" },
      { Package: "b" },
      { Package: "c", Depends: "e, f" },
      { Package: "d" },
      { Package: "e" },
      { Package: "f", Depends: "missing" },
    ];
    expect(from(archive, "a")).toEqual(["a", "d"]);
  });
});

describe("names that packages provide", () => {
  const mailers = [
    { Package: "a", Depends: "mailer" },
    { Package: "exim", Provides: "mailer", Conflicts: "mailer", Priority: "extra" },
    { Package: "postfix", Provides: "mailer", Conflicts: "mailer", Priority: "important" },
  ];

  test("are met by the provider that matters most, by one that was asked for, and by no second one", () => {
    expect(from(mailers, "a")).toEqual(["a", "postfix"]);
    expect(from(mailers, "a", "exim")).toEqual(["a", "exim"]);
    expect(() => from(mailers, "exim", "postfix")).toThrow(
      failure("packages-unsatisfiable", "exim conflicts with mailer (postfix), which was asked for"),
    );
  });

  test("have no version unless they say so", () => {
    const archive = (provides: string): readonly Fields[] => [
      { Package: "a", Depends: "v (>= 2)" },
      { Package: "p", Version: "9", Provides: provides },
    ];
    expect(from(archive("v (= 2)"), "a")).toEqual(["a", "p=9"]);
    for (const provides of ["v", "v (= 1)"])
      expect(() => from(archive(provides), "a")).toThrow(
        failure("packages-unsatisfiable", "a depends on v (>= 2): v (>= 2) is not met by p 9"),
      );
  });

  test("are second to a package of that name", () => {
    const archive = [
      { Package: "a", Depends: "v" },
      { Package: "p", Provides: "v", Priority: "required" },
      { Package: "v", Priority: "extra" },
    ];
    expect(from(archive, "a")).toEqual(["a", "v"]);
  });

  test("may be asked for where there is one provider, and name all where there are several", () => {
    expect(from([{ Package: "p", Provides: "v" }], "v")).toEqual(["p"]);
    expect(() => from(mailers, "mailer")).toThrow(
      expect.objectContaining({ code: "package-not-found", hint: "ask for one of exim, postfix" }),
    );
  });

  test("are provided by the candidate, not by another version", () => {
    const archive = [
      { Package: "a", Depends: "v" },
      { Package: "p", Version: "1", Provides: "v" },
      { Package: "p", Version: "2" },
    ];
    expect(() => from(archive, "a")).toThrow(failure("packages-unsatisfiable", "a depends on v: no archive has v"));
    expect(from(archive, "a", "p=1")).toEqual(["a", "p"]);
  });
});

describe("architectures", () => {
  const archive = (multiArch: string): readonly Fields[] => [
    { Package: "a", Depends: "b:any" },
    { Package: "b", "Multi-Arch": multiArch, Provides: "v" },
    { Package: "c", Depends: "b:native, b:amd64" },
    { Package: "d", Depends: "v:any" },
    { Package: "e", Depends: "b:arm64" },
    { Package: "f", Depends: "w:native, w" },
    { Package: "g", Depends: "w:any" },
    { Package: "h", Provides: "w:amd64" },
  ];

  test("`:any` is met by what allows it", () => {
    expect(from(archive("allowed"), "a")).toEqual(["a", "b"]);
    expect(from(archive("allowed"), "d")).toEqual(["b", "d"]);
    expect(() => from(archive("foreign"), "a")).toThrow(failure("packages-unsatisfiable", "a depends on b:any"));
  });

  test("the own one may be named, others are not there", () => {
    expect(from(archive("same"), "c")).toEqual(["b", "c"]);
    expect(from(archive("same"), "f")).toEqual(["f", "h"]);
    expect(() => from(archive("same"), "g")).toThrow(failure("packages-unsatisfiable", "g depends on w:any"));
    expect(() => from(archive("same"), "e")).toThrow(failure("packages-unsatisfiable", "e depends on b:arm64"));
  });

  test("packages of others are not seen, those for all are", () => {
    const mixed = [
      { Package: "a", Architecture: "all" },
      { Package: "b", Architecture: "arm64" },
    ];
    expect(from(mixed, "a")).toEqual(["a"]);
    expect(() => from(mixed, "b")).toThrow(failure("package-not-found"));
  });
});

describe("conflicts", () => {
  test("are refused with the chain to both sides", () => {
    const archive = [
      { Package: "a", Depends: "b" },
      { Package: "b", Depends: "c" },
      { Package: "c", Breaks: "y (<< 2)" },
      { Package: "x", Depends: "y" },
      { Package: "y" },
    ];
    expect(() => from(archive, "a", "x")).toThrow(
      failure("packages-unsatisfiable", "a → b → c breaks y (<< 2), which is needed by x → y"),
    );
  });

  test("with other versions, or with itself, hold nothing up", () => {
    const archive = [
      { Package: "a", Conflicts: "b (<< 1), v", Provides: "v", Depends: "b" },
      { Package: "b", Breaks: "a (>> 1)" },
    ];
    expect(from(archive, "a")).toEqual(["a", "b"]);
  });

  test("turn to another alternative", () => {
    const archive = [
      { Package: "a", Depends: "b | c, d" },
      { Package: "b", Conflicts: "a" },
      { Package: "c" },
      { Package: "d" },
    ];
    expect(from(archive, "a")).toEqual(["a", "c", "d"]);
  });
});

describe("versions", () => {
  const old = source([{ Package: "a" }, { Package: "b", Depends: "a (= 1)" }]);
  const security = source([{ Package: "a", Version: "1+deb1" }], { archive: 1 });
  const backports = source(
    [
      { Package: "a", Version: "3" },
      { Package: "new", Version: "3" },
    ],
    { standing: 1 },
  );

  test("the newest of all suites is taken, whatever their order", () => {
    expect(select([old, security], ["a"])).toEqual(["a=1+deb1"]);
    expect(select([security, old], ["a"])).toEqual(["a=1+deb1"]);
  });

  test("suites that apt takes nothing from by itself only give what no other has", () => {
    expect(select([old, backports], ["a", "new"])).toEqual(["a", "new=3"]);
    expect(select([old, backports], ["a=3"])).toEqual(["a=3"]);
  });

  test("can be asked for", () => {
    expect(select([old, security], ["a=1", "b"])).toEqual(["a", "b"]);
    expect(select([old, security], ["a=0:1-0"])).toEqual(["a"]);
    expect(() => select([old, security], ["a=2"])).toThrow(
      expect.objectContaining({ code: "package-not-found", hint: "they have 1+deb1, 1" }),
    );
    expect(() => select([old, security], ["a=1", "a=2"])).toThrow(failure("fields-contradict"));
  });

  test("that do not fit together are told", () => {
    expect(() => select([old, security], ["b"])).toThrow(
      failure("packages-unsatisfiable", "b depends on a (= 1): a (= 1) is not met by 1+deb1"),
    );
  });

  test("which archive they come from is kept", () => {
    const [package_] = selectPackages([old, security], {
      packages: ["a"],
      architecture: "amd64",
      recommends: false,
      essential: false,
    });
    expect(package_?.archive).toBe(1);
  });
});

describe("names", () => {
  test("that nobody has are told, all at once and with what may be meant", () => {
    expect(() => from([{ Package: "nginx" }], "ngnix")).toThrow(
      expect.objectContaining({ code: "package-not-found", hint: 'did you mean "nginx"?' }),
    );
    expect(() => from([{ Package: "a" }], "x", "y")).toThrow("2 problems");
    expect(() => from([], "x")).toThrow(expect.objectContaining({ hint: expect.stringContaining("apt-cache search") }));
  });

  test.each(["", "A", "a b", "a=", "a=x y", "../a", "a:amd64", "-o", "a=1-", "a\n"])("%j is refused", (name) => {
    expect(() => from([{ Package: "a" }], name)).toThrow(failure("invalid-value"));
  });

  test("a long chain is told down to what is missing", () => {
    const archive = [
      { Package: "curl", Depends: "libcurl4 (= 1)" },
      { Package: "libcurl4", Depends: "libssl | libtls" },
      { Package: "libssl", Depends: "libc (>= 9)" },
      { Package: "libc" },
    ];
    expect(() => from(archive, "curl")).toThrow(
      failure("packages-unsatisfiable", "curl → libcurl4 → libssl depends on libc (>= 9): libc (>= 9) is not met by 1"),
    );
  });
});

test("the essential and required packages come when asked for, with what they need", () => {
  const archive = [
    { Package: "a" },
    { Package: "dpkg", Essential: "yes", "Pre-Depends": "libc" },
    { Package: "libc" },
    { Package: "passwd", Priority: "required" },
    { Package: "mawk", Priority: "important" },
  ];
  expect(select([source(archive)], ["a"], { essential: true })).toEqual(["a", "dpkg", "libc", "passwd"]);
});

test("whatever is on offer, the order asked for does not matter, and what is chosen holds together or is refused", () => {
  const name = fc.constantFrom(..."abcdef");
  const relation = fc.tuple(name, fc.constantFrom("", " (= 1)", " (>= 2)", " (<< 2)")).map((parts) => parts.join(""));
  const needs = fc.array(
    fc.array(relation, { minLength: 1, maxLength: 2 }).map((or) => or.join(" | ")),
    { maxLength: 2 },
  );
  const package_ = fc
    .record({
      Package: name,
      Version: fc.constantFrom("1", "2"),
      Depends: needs.map((all) => all.join(", ")),
      Provides: fc.constantFrom("", "", "a", "b (= 2)"),
      Conflicts: fc.oneof(fc.constant(""), fc.constant(""), relation),
      Essential: fc.constantFrom("no", "no", "yes"),
    })
    .map((fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== "")));
  const outcome = (packages: readonly Fields[], asked: readonly string[]): unknown => {
    try {
      return from(packages, ...asked);
    } catch (error) {
      if (error instanceof KnownError || error instanceof Problems) return error.message;
      throw error;
    }
  };
  let chosen = 0;
  fc.assert(
    fc.property(
      fc.uniqueArray(package_, {
        minLength: 6,
        maxLength: 12,
        selector: (fields) => `${fields.Package} ${fields.Version}`,
      }),
      fc.uniqueArray(name, { minLength: 1, maxLength: 2 }),
      (packages, asked) => {
        expect(outcome(packages, [...asked].reverse())).toEqual(outcome(packages, asked));
        const problems = check(packages, asked);
        if (problems === undefined) return;
        chosen++;
        expect(problems).toEqual([]);
      },
    ),
    { numRuns: 1500 },
  );
  expect(chosen).toBeGreaterThan(200);
});

/** What is wrong with the choice, looked at without the code that chose; undefined when there is none. */
function check(packages: readonly Fields[], asked: readonly string[]): readonly string[] | undefined {
  let chosen: ReturnType<typeof selectPackages>;
  try {
    chosen = selectPackages([source(packages)], {
      packages: asked,
      architecture: "amd64",
      recommends: false,
      essential: false,
    });
  } catch {
    return undefined;
  }
  const fits = (text: string, version: string | undefined): boolean => {
    const [, sign, wanted] = /\((\S+) (\S+)\)/.exec(text) ?? [];
    if (sign === undefined) return true;
    if (version === undefined) return false;
    return sign === "=" ? version === wanted : sign === ">=" ? version >= `${wanted}` : version < `${wanted}`;
  };
  const meets = (text: string, other: (typeof chosen)[number]): boolean =>
    (other.name === text.split(" ")[0] && fits(text, other.version)) ||
    other.provides.some((provided) => provided.name === text.split(" ")[0] && fits(text, provided.version));
  return chosen.flatMap((version) => {
    const fields = packages.find(({ Package, Version }) => Package === version.name && Version === version.version);
    const lacking = (fields?.Depends?.split(", ") ?? []).filter(
      (need) => !need.split(" | ").some((text) => chosen.some((other) => meets(text, other))),
    );
    const bad = fields?.Conflicts;
    const clashing = chosen.filter((other) => bad !== undefined && other.name !== version.name && meets(bad, other));
    return [
      ...lacking.map((need) => `${version.name} lacks ${need}`),
      ...clashing.map(({ name }) => `${version.name} × ${name}`),
    ];
  });
}
