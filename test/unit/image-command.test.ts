/** `lading image VERB`, as a person or a pipeline calls it. */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pathsFor } from "../../src/base/index.ts";
import type { ItemName } from "../../src/store/index.ts";
import { Generations } from "../../src/system/generations.ts";
import { emptySystem } from "../../src/system/spec.ts";
import { lading, type Ran, Scratch } from "../support.ts";

const declaration = (message: string): string => `
import { homeEnvironment, localTree, manifest, ociContainer, ociExtension, ociImage, ociServiceType, plainFile, service, simpleService } from "lading";
const image = ociImage({
  repository: "web",
  value: manifest([localTree("site", { target: "/srv/www" }), { target: "/etc/motd", source: plainFile("motd", ${JSON.stringify(message)}) }]),
  packOptions: { environment: { MESSAGE: ${JSON.stringify(message)} } },
});
const containers = [ociContainer({ provision: "web", image })];
export default homeEnvironment({ services: [service(ociServiceType), simpleService("web", ociServiceType, ociExtension({ containers }))] });
`;

let yard: Scratch;
const run = (...args: readonly string[]): Promise<Ran> => lading(yard, "image", ...args);

beforeAll(async () => {
  yard = new Scratch();
  yard.write({ "host.ts": declaration("one"), "site/index.html": "<h1>Hello</h1>\n" });
  const { stdout, stderr } = await run("build", "host.ts", "--json");
  const [image] = JSON.parse(stdout || stderr).images as readonly { path: string; reference: string }[];
  if (image === undefined) throw new Error("nothing was built");
  const environment = { LADING_STATE: join(yard.path, "state"), LADING_RUNTIME: join(yard.path, "run") };
  const generations = new Generations(pathsFor({ uid: process.getuid?.() ?? 0, root: undefined, environment }));
  const item = basename(image.path) as ItemName;
  const cli = { engine: "podman", cli: "podman", extraArguments: [], verbose: false } as const;
  const images = [{ reference: image.reference, item, pin: null, user: null, cli }];
  const origin = { source: "host.ts", sourceDigest: null, author: null, message: null };
  generations.create(1, { ...emptySystem, images }, origin);
  yard.write({ "host.ts": declaration("two"), "site/new.html": "new" });
});
afterAll(() => yard[Symbol.dispose]());

describe("lading image", () => {
  test("build into a folder that is not there says so, and makes nothing", async () => {
    const { status, stderr } = await run("build", "host.ts", "-o", "no/such/web.tar");
    expect([status, stderr]).toEqual([1, expect.stringMatching(/error file-missing: there is no folder .*\/no\/such/)]);
    expect(stderr).toContain("  hint: make it first: mkdir -p ");
  });

  test("inspect says what the image holds and what changed since a generation, and draws it", async () => {
    const { status, stdout } = await run("inspect", "host.ts", "web", "--since", "1", "--svg", "web.svg");
    expect(status).toBe(0);
    for (const text of ["localhost/web:latest", "Layers", "Largest files", "/srv/www/new.html", "Since generation 1"])
      expect(stdout).toContain(text);
    expect(stdout).toMatch(/~ Env MESSAGE: one → two\n/);
    expect(stdout).toMatch(/\+ \/srv\/www\/new\.html +\+3 B\n/);
    expect(readFileSync(join(yard.path, "web.svg"), "utf8")).toMatch(/^<svg .*\/srv\/www.*<\/svg>\n$/s);
    const json = JSON.parse((await run("inspect", "host.ts", "--since", "1", "--json")).stdout);
    expect(json.images[0].changes.files.map(({ path }: { path: string }) => path)).toEqual([
      "/etc/motd",
      "/srv/www/new.html",
    ]);
    expect(await run("inspect", "host.ts", "--since", "7")).toMatchObject({ status: 1 });
    expect(await run("inspect", "host.ts", "--since", "x")).toMatchObject({ status: 2 });
  });

  test("diff compares generations, declarations and archives, and exits with 4 where they differ", async () => {
    const generation = await run("diff", "web@1", "host.ts#web");
    expect(generation.status).toBe(4);
    expect(generation.stdout).toMatch(/Files\n +~ \/etc\/motd +content\n/);
    expect(await run("build", "host.ts", "-o", "web.tar")).toMatchObject({ status: 0 });
    expect(await run("diff", "web.tar", "host.ts")).toMatchObject({ status: 0, stdout: "Nothing differs.\n" });
    const json = JSON.parse((await run("diff", "@1", "web.tar", "--json")).stdout);
    expect(json).toMatchObject({ version: 1, same: false, kept: 0, growth: 1024 });
    expect(json.configuration).toEqual([{ what: "Env MESSAGE", before: "one", after: "two" }]);
    expect(await run("diff", "web.tar")).toMatchObject({ status: 2 });
    yard.write({ "site/deep/a": "a", "site/deep/er/b": "bb" });
    const { stdout } = await run("diff", "web.tar", "host.ts");
    expect(stdout).toContain("+ /srv/www/deep/ (with 3 in it)  +3 B\n");
    expect((await run("inspect", "web.tar", "--since", "1")).stdout).toContain("Since generation 1");
    expect((await run("diff", "web.tar", "nowhere.tar")).stderr).toContain("error unknown-image");
    expect((await run("diff", "web.tar", "host.ts#other")).stderr).toContain("the images are localhost/web:latest");
  });

  test("verify finds the declaration's images and archives intact, and a changed byte", async () => {
    expect((await run("verify", "host.ts")).stdout).toMatch(/intact; 4 blobs/);
    expect(await run("build", "host.ts", "-o", "whole.tar")).toMatchObject({ status: 0 });
    expect(await run("verify", "whole.tar")).toMatchObject({ status: 0 });
    expect((await run("verify", "nowhere")).stderr).toContain("error image-damaged");
    const bytes = readFileSync(join(yard.path, "whole.tar"));
    bytes[bytes.indexOf("<h1>")] = 0x20;
    writeFileSync(join(yard.path, "whole.tar"), bytes);
    const { status, stdout } = await run("verify", "whole.tar");
    expect(status).toBe(1);
    expect(stdout.trim().split("\n")).toHaveLength(3);
    expect(stdout).toMatch(/expected the diff_id .*\n.*whole\.tar: 2 problems; /);
    const json = JSON.parse((await run("verify", "whole.tar", "--json")).stdout);
    expect(json.verified[0].problems).toHaveLength(2);
  });

  test("sbom and provenance print documents, the same each time, or write them to a new file", async () => {
    for (const format of ["spdx", "cyclonedx"]) {
      const [one, two] = [
        await run("sbom", "host.ts", "--format", format),
        await run("sbom", "host.ts", "web", "--format", format),
      ];
      expect(one.status).toBe(0);
      expect(one.stdout).toBe(two.stdout);
      expect(one.stdout).toContain("/srv/www");
    }
    expect((await run("sbom", "web.tar", "--format", "spdx")).stdout).toContain('"SPDX-2.3"');
    expect(await run("sbom", "host.ts", "--format", "text")).toMatchObject({ status: 2 });
    expect(await run("provenance", "host.ts", "-o", "web.json", "--builder", "https://ci.example.org/1")).toMatchObject(
      {
        status: 0,
        stdout: "",
      },
    );
    const statement = JSON.parse(readFileSync(join(yard.path, "web.json"), "utf8"));
    expect(statement.predicate.runDetails.builder.id).toBe("https://ci.example.org/1");
    expect(statement.predicate.buildDefinition.resolvedDependencies.map(({ name }: { name: string }) => name)).toEqual([
      "host.ts",
      "/srv/www",
      "motd",
    ]);
    expect(await run("provenance", "host.ts", "-o", "web.json")).toMatchObject({ status: 1 });
  });

  test("a verb that is none is refused with those that there are", async () => {
    expect((await run("burn", "host.ts")).stderr).toContain(
      "image takes build, push, inspect, diff, verify, sbom, provenance",
    );
    expect((await run("constructor", "host.ts")).status).toBe(2);
  });
});
