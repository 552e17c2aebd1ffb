import { describe, expect, test } from "vitest";
import { type NpmChoice, readPackageLock } from "../../src/packages/npm/package-lock.ts";

const integrity = `sha512-${"A".repeat(86)}==`;
const choice: NpmChoice = {
  os: "linux",
  cpu: "x64",
  registry: "https://registry.npmjs.org",
  dev: false,
  ignoreScripts: [],
};

function at(name: string, more: object = {}): object {
  return { version: "1.0.0", resolved: `https://registry.npmjs.org/${name}/-/${name}-1.0.0.tgz`, integrity, ...more };
}

const read = (packages: object, more: Partial<NpmChoice> = {}, lockfileVersion: unknown = 3) =>
  readPackageLock(JSON.stringify({ lockfileVersion, packages: { "": {}, ...packages } }), "app/package-lock.json", {
    ...choice,
    ...more,
  });

function paths(packages: object, more: Partial<NpmChoice> = {}): readonly string[] {
  return read(packages, more).packages.map(({ path }) => path);
}

describe("a package-lock.json", () => {
  test("says what stands where, and where it comes from", () => {
    const { packages, links } = read({
      "node_modules/a": at("a", { bin: { a: "./cli.js" } }),
      "node_modules/@s/b": at("b", { resolved: "https://registry.npmjs.org/@s/b/-/b-1.0.0.tgz" }),
      "node_modules/a/node_modules/c": at("c"),
      "node_modules/own": { resolved: "packages/own", link: true },
      "packages/own": { version: "1.0.0" },
    });
    expect(packages.map(({ path, name, bins }) => [path, name, bins])).toEqual([
      ["node_modules/@s/b", "@s/b", {}],
      ["node_modules/a", "a", { a: "cli.js" }],
      ["node_modules/a/node_modules/c", "c", {}],
    ]);
    expect(links).toEqual([{ path: "node_modules/own", to: "packages/own" }]);
  });

  test("without addresses, and with another registry, the registry has everything", () => {
    const registry = "http://127.0.0.1:4873";
    const urls = read(
      { "node_modules/@s/b": { version: "2.0.0-rc.1", integrity }, "node_modules/a": at("a") },
      { registry },
    ).packages.map(({ url }) => url);
    expect(urls).toEqual([`${registry}/@s/b/-/b-2.0.0-rc.1.tgz`, `${registry}/a/-/a-1.0.0.tgz`]);
  });

  test("leaves out what only development needs, and what is for other platforms, with all that stands in it", () => {
    const packages = {
      "node_modules/a": at("a"),
      "node_modules/d": at("d", { dev: true }),
      "node_modules/d/node_modules/e": at("e"),
      "node_modules/mac": at("mac", { optional: true, os: ["darwin"] }),
      "node_modules/arm": at("arm", { optional: true, os: ["linux"], cpu: ["arm64"] }),
      "node_modules/musl": at("musl", { optional: true, os: ["linux"], libc: ["musl"] }),
      "node_modules/not": at("not", { optional: true, os: ["!win32"] }),
      "node_modules/a/node_modules/inside": at("inside", { inBundle: true }),
    };
    expect(paths(packages)).toEqual(["node_modules/a", "node_modules/not"]);
    expect(paths(packages, { cpu: "arm64", dev: true })).toEqual(
      ["a", "arm", "d", "d/node_modules/e", "not"].map((name) => `node_modules/${name}`),
    );
  });

  test.each([
    ["is no JSON", "{", "it is no JSON"],
    ["is a list of nothing", "null", "it is no object"],
    ["is of npm 6", JSON.stringify({ lockfileVersion: 1 }), "its lockfileVersion is 1"],
  ])("that %s is refused", (_, text, problem) => {
    expect(() => readPackageLock(text, "app/package-lock.json", choice)).toThrow(`app/package-lock.json: ${problem}`);
  });

  test.each([
    ["a script that is to run", { "node_modules/a": at("a", { hasInstallScript: true }) }, "a has a script"],
    ["git", { "node_modules/a": at("a", { resolved: "git+ssh://git@host/a.git#1" }) }, "a comes from git+ssh:"],
    ["a file", { "node_modules/a": at("a", { resolved: "file:a.tgz" }) }, "a comes from file:a.tgz"],
    ["SHA-1 only", { "node_modules/a": at("a", { integrity: "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=" }) }, "no SHA-512"],
    ["another place", { "x/node_modules/a": at("a") }, "it puts something at x/node_modules/a"],
    ["a way out", { "node_modules/../../a": at("a") }, "it puts something at node_modules/../../a"],
    ["a hidden way out", { "node_modules/..": at("a") }, "it puts something at node_modules/.."],
    ["a link out", { "node_modules/a": { link: true, resolved: "../other" } }, "a is a link to ../other"],
    ["a command out", { "node_modules/a": at("a", { bin: { a: "../../x" } }) }, 'a has a command "a" at ../../x'],
    ["a command's name out", { "node_modules/a": at("a", { bin: { "../a": "x" } }) }, 'a has a command "../a"'],
    ["another machine", { "node_modules/a": at("a", { cpu: ["s390x"] }) }, "a is not for linux on x64"],
  ])("with %s is refused, and says what to do", (_, packages, problem) => {
    const error = (() => {
      try {
        return read(packages);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ code: "npm-lock-invalid", hint: expect.stringMatching(/\w{3}/) });
    expect((error as Error).message).toContain(problem);
  });

  test("a script that can be done without is named", () => {
    const packages = { "node_modules/a": at("a", { hasInstallScript: true }) };
    expect(paths(packages, { ignoreScripts: ["a"] })).toEqual(["node_modules/a"]);
  });
});
