/** Where credentials are found, which of them count, and that nothing that is in them gets out. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Credentials, credentialsOf } from "../../src/registry/index.ts";
import { Scratch } from "../support.ts";

let scratch: Scratch;
beforeEach(() => {
  scratch = new Scratch();
});
afterEach(() => scratch[Symbol.dispose]());

const entry = (username: string, password = "secret") => ({
  auth: Buffer.from(`${username}:${password}`).toString("base64"),
});
const auths = (fields: object): string => JSON.stringify({ auths: fields });
const password = (username: string, secret = "secret"): Credentials => ({
  kind: "password",
  username,
  password: secret,
});

function find(
  registry: string,
  repository: string,
  { environment = {}, file }: { environment?: Record<string, string>; file?: string } = {},
) {
  const at = (path: string): string => join(scratch.path, path);
  return credentialsOf({
    uid: 4_000_000,
    environment: { HOME: at("home"), XDG_RUNTIME_DIR: at("run"), PATH: `${at("bin")}:/usr/bin:/bin`, ...environment },
    file: file === undefined ? undefined : at(file),
  })({ registry, repository });
}

/** A credential helper that answers with these words. */
function helper(name: string, script: string): void {
  mkdirSync(join(scratch.path, "bin"), { recursive: true });
  const path = join(scratch.path, "bin", `docker-credential-${name}`);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

const places = [
  ["run/containers/auth.json", {}],
  ["home/.config/containers/auth.json", {}],
  ["home/.docker/config.json", {}],
] as const;

describe("places", () => {
  test.each(places)("%s is looked at", async (path) => {
    scratch.write({ [path]: auths({ "r.example": entry("me") }) });
    expect(await find("r.example", "team/web")).toEqual(password("me"));
  });

  test("the first that knows the registry counts", async () => {
    for (let first = 0; first < places.length; first += 1) {
      using own = new Scratch();
      const outer = scratch;
      scratch = own;
      try {
        own.write(
          Object.fromEntries(
            places.map(([path], index) => [path, auths(index >= first ? { "r.example": entry(path) } : {})]),
          ),
        );
        expect(await find("r.example", "web")).toEqual(password(places[first]?.[0] ?? ""));
      } finally {
        scratch = outer;
      }
    }
  });

  test("REGISTRY_AUTH_FILE is the only one where it is set, and a file that is given goes before it", async () => {
    scratch.write({
      "run/containers/auth.json": auths({ "r.example": entry("other") }),
      "named.json": auths({ "q.example": entry("named") }),
      "given.json": auths({ "q.example": entry("given") }),
    });
    const environment = { REGISTRY_AUTH_FILE: join(scratch.path, "named.json") };
    expect(await find("q.example", "web", { environment })).toEqual(password("named"));
    expect(await find("r.example", "web", { environment })).toBeUndefined();
    expect(await find("q.example", "web", { environment, file: "given.json" })).toEqual(password("given"));
  });

  test("one that is named and not there is an error; others may be missing", async () => {
    await expect(find("r.example", "web", { file: "none.json" })).rejects.toMatchObject({
      code: "credentials-invalid",
    });
    expect(await find("r.example", "web")).toBeUndefined();
  });

  test("XDG_CONFIG_HOME and DOCKER_CONFIG move theirs", async () => {
    scratch.write({
      "xdg/containers/auth.json": auths({ "a.example": entry("xdg") }),
      "docker/config.json": auths({ "b.example": entry("docker") }),
    });
    const environment = { XDG_CONFIG_HOME: join(scratch.path, "xdg"), DOCKER_CONFIG: join(scratch.path, "docker") };
    expect(await find("a.example", "web", { environment })).toEqual(password("xdg"));
    expect(await find("b.example", "web", { environment })).toEqual(password("docker"));
  });
});

describe("entries", () => {
  test.each([
    ["team/web", "web"],
    ["team/web/more", "web"],
    ["team/webby", "team"],
    ["team/other", "team"],
    ["teams/web", "registry"],
    ["web", "registry"],
  ])("for %s the longest path counts: %s", async (repository, user) => {
    scratch.write({
      "run/containers/auth.json": auths({
        "r.example:5000": entry("registry"),
        "r.example:5000/team": entry("team"),
        "r.example:5000/team/web": entry("web"),
        "r.example": entry("another port"),
      }),
    });
    expect(await find("r.example:5000", repository)).toEqual(password(user));
  });

  test.each(["docker.io", "index.docker.io", "https://index.docker.io/v1/"])(
    "Docker Hub's may be called %s",
    async (key) => {
      scratch.write({ "home/.docker/config.json": auths({ [key]: entry("hub") }) });
      expect(await find("docker.io", "library/web")).toEqual(password("hub"));
    },
  );

  test.each(["http://r.example", "https://r.example/v2/", "https://r.example/v1/"])(
    "may be addresses: %s",
    async (key) => {
      scratch.write({ "home/.docker/config.json": auths({ [key]: entry("old") }) });
      expect(await find("r.example", "web")).toEqual(password("old"));
      expect(await find("example", "web")).toBeUndefined();
    },
  );

  test("a password may hold colons, and an identity token goes before it", async () => {
    scratch.write({
      "run/containers/auth.json": auths({
        "a.example": entry("me", "p:a:s"),
        "b.example": { ...entry("me"), identitytoken: "refresh" },
        "c.example": { username: "me", password: "plain" },
        "d.example": entry("me", "secret\0\0"),
      }),
    });
    expect(await find("a.example", "web")).toEqual(password("me", "p:a:s"));
    expect(await find("b.example", "web")).toEqual({ kind: "identity", token: "refresh" });
    expect(await find("c.example", "web")).toEqual(password("me", "plain"));
    expect(await find("d.example", "web")).toEqual(password("me"));
  });

  test("an empty one, as Docker leaves with a helper, is none", async () => {
    scratch.write({
      "run/containers/auth.json": auths({ "r.example": {} }),
      "home/.docker/config.json": auths({ "r.example": entry("docker") }),
    });
    expect(await find("r.example", "web")).toEqual(password("docker"));
  });

  test("nobody is called __proto__ or constructor", async () => {
    scratch.write({ "run/containers/auth.json": "{}" });
    for (const name of ["__proto__", "constructor", "toString"]) expect(await find(name, name)).toBeUndefined();
  });
});

describe("helpers", () => {
  const answer = (user: string): string => `echo '{"ServerURL":"x","Username":"${user}","Secret":"from helper"}'`;

  test("the registry's own goes before entries, and entries before the one for all", async () => {
    helper("own", `read -r server; ${answer("own-$server").replaceAll("$server", "'$server'")}`);
    helper("all", `read -r server; ${answer("all-'$server'")}`);
    scratch.write({
      "home/.docker/config.json": JSON.stringify({
        auths: { "a.example": entry("entry"), "b.example": entry("entry"), "c.example": {} },
        credHelpers: { "a.example": "own" },
        credsStore: "all",
      }),
    });
    expect(await find("a.example", "web")).toEqual(password("own-a.example", "from helper"));
    expect(await find("b.example", "web")).toEqual(password("entry"));
    expect(await find("c.example", "web")).toEqual(password("all-c.example", "from helper"));
    expect(await find("docker.io", "web")).toEqual(password("all-https://index.docker.io/v1/", "from helper"));
  });

  test("one that answers with a token gives an identity", async () => {
    helper("own", answer("<token>"));
    scratch.write({ "run/containers/auth.json": JSON.stringify({ credHelpers: { "r.example": "own" } }) });
    expect(await find("r.example", "web")).toEqual({ kind: "identity", token: "from helper" });
  });

  test("one that has none leaves the way to the next file", async () => {
    helper("own", "echo 'credentials not found in native keychain'; exit 1");
    scratch.write({
      "run/containers/auth.json": JSON.stringify({ credHelpers: { "r.example": "own" } }),
      "home/.docker/config.json": auths({ "r.example": entry("docker") }),
    });
    expect(await find("r.example", "web")).toEqual(password("docker"));
  });

  test.each([
    ["fails", "echo 'hunter2 is locked' >&2; exit 3"],
    ["answers with no JSON", "echo hunter2"],
    ["answers with something else", `echo '{"Secret":"hunter2"}'`],
    ["answers with null", "echo null"],
  ])("one that %s is an error without its words", async (_, script) => {
    helper("own", script);
    scratch.write({ "run/containers/auth.json": JSON.stringify({ credHelpers: { "r.example": "own" } }) });
    const error = await find("r.example", "web").catch((each: unknown) => each);
    expect(error).toMatchObject({
      code: "credentials-invalid",
      message: expect.stringContaining("docker-credential-own"),
    });
    expect(String(error) + JSON.stringify(error) + String((error as Error).cause)).not.toContain("hunter2");
  });

  test.each(["../../bin/sh", "a b", "", 7, null, {}])("a name such as %j is not run", async (name) => {
    scratch.write({ "run/containers/auth.json": JSON.stringify({ credHelpers: { "r.example": name } }) });
    await expect(find("r.example", "web")).rejects.toMatchObject({ code: "credentials-invalid" });
  });

  test("one that is not installed is an error that names it", async () => {
    scratch.write({ "run/containers/auth.json": JSON.stringify({ credHelpers: { "r.example": "nowhere" } }) });
    await expect(find("r.example", "web")).rejects.toMatchObject({
      code: "credentials-invalid",
      message: expect.stringContaining("docker-credential-nowhere"),
    });
  });
});

test.each([
  ["no JSON", '{"auths": {"r.example": {"auth": "hunter2'],
  ["a list", '["hunter2"]'],
  ["null", "null"],
  ["auths that are a text", '{"auths":"hunter2"}'],
  ["helpers that are a list", '{"credHelpers":["hunter2"]}'],
  ["an entry that is a text", '{"auths":{"r.example":"hunter2"}}'],
  ["an entry that is no base64 of a pair", '{"auths":{"r.example":{"auth":"hunter2"}}}'],
  ["an entry that is a number", '{"auths":{"r.example":{"auth":7}}}'],
  ["an entry without a user", auths({ "r.example": { auth: Buffer.from(":hunter2").toString("base64") } })],
])("a file that holds %s is one error that names it and quotes nothing", async (_, text) => {
  scratch.write({ "run/containers/auth.json": text });
  const error = await find("r.example", "web").catch((each: unknown) => each);
  expect(error).toMatchObject({
    code: "credentials-invalid",
    message: expect.stringContaining(join(scratch.path, "run/containers/auth.json")),
  });
  expect(String(error) + JSON.stringify(error) + String((error as Error).cause)).not.toContain("hunter2");
});

test("an empty file is none", async () => {
  scratch.write({ "run/containers/auth.json": "\n" });
  expect(await find("r.example", "web")).toBeUndefined();
});
