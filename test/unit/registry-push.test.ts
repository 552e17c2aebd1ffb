/** Pushing, against a registry that breaks in every way it can. */
import { randomBytes } from "node:crypto";
import { readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { KnownError } from "../../src/base/index.ts";
import { destinationOf } from "../../src/cli/image-push.ts";
import { type BlobProgress, layoutSource, type PushOptions, pushImage } from "../../src/registry/index.ts";
import { Scratch } from "../support.ts";
import { type FakeOptions, FakeRegistry, type Kind, layoutFiles, type Seen, sha256 } from "./fake-registry.ts";

const layers = [randomBytes(300_000), randomBytes(1000), randomBytes(70_000)];
const total = layers.reduce((sum, { length }) => sum + length, 0);
const layout = layoutFiles(layers);

let scratch: Scratch;
beforeEach(() => {
  scratch = new Scratch().write(layout.files);
});
afterEach(() => scratch[Symbol.dispose]());

const quick = { pause: 1, chunk: 64 << 10 } as const;

function push(fake: FakeRegistry, more: Partial<PushOptions> = {}) {
  const source = more.source ?? layoutSource(scratch.path);
  return pushImage({ target: `${fake.address}/team/web:1`, ...quick, ...more, source });
}

function expectWhole(fake: FakeRegistry, repository = "team/web"): void {
  for (const [path, content] of Object.entries(layout.files).filter(([name]) => name.startsWith("blobs/"))) {
    const digest = `sha256:${path.slice(-64)}`;
    if (digest === layout.manifest.digest) continue;
    expect(fake.links.has(`${repository}@${digest}`)).toBe(true);
    expect(fake.blobs.get(digest)?.equals(content)).toBe(true);
  }
  expect(sha256(fake.manifests.get(`${repository}:1`)?.content ?? "")).toBe(layout.manifest.digest);
}

const login = (username: string, password: string) => async () => ({ kind: "password", username, password }) as const;

test("an image arrives whole, and the second push sends no blob", async () => {
  await using fake = await FakeRegistry.open();
  const heard: BlobProgress[] = [];
  const result = await push(fake, { onProgress: (progress) => void heard.push(progress) });
  expectWhole(fake);
  expect(result).toMatchObject({ reference: `${fake.address}/team/web:1`, digest: layout.manifest.digest });
  expect(result.blobs.map(({ state }) => state)).toEqual(["done", "done", "done", "done"]);
  expect(fake.received()).toBe(total + layout.config.size);
  // 300,000 bytes are five chunks of 64 KiB, 70,000 two; what fits into one goes with the PUT.
  expect(fake.count("patch")).toBe(7);
  const big = heard.filter(({ digest }) => digest === sha256(layers[0] as Buffer)).map(({ sent }) => sent);
  expect(big).toEqual([...big].sort((a, b) => a - b));
  expect(big.at(-1)).toBe(300_000);
  const again = await push(fake);
  expect(again.blobs.map(({ state }) => state)).toEqual(["exists", "exists", "exists", "exists"]);
  expect(fake.received()).toBe(total + layout.config.size);
});

test("a manifest is put there only after everything that it names", async () => {
  await using fake = await FakeRegistry.open();
  await push(fake, { tags: ["stable", "1"] });
  const kinds = fake.seen.map(({ kind }) => kind);
  expect(kinds.indexOf("put-manifest")).toBeGreaterThan(kinds.lastIndexOf("put-blob"));
  expect(fake.count("put-manifest")).toBe(2);
  expect(fake.manifests.has("team/web:stable")).toBe(true);
});

describe("a connection that is cut", () => {
  const kinds: readonly Kind[] = ["ping", "token", "head-blob", "start", "patch", "put-blob", "status", "put-manifest"];
  /** Breaks the first two requests of a kind; with "status", a chunk too, so that there is a reason to ask. */
  const first = (kind: Kind): ((seen: Seen) => boolean) => {
    let left = 2;
    let chunks = 1;
    return (seen) => {
      if (kind === "status" && seen.kind === "patch") return chunks-- > 0;
      return seen.kind === kind && left-- > 0;
    };
  };
  const ways: Readonly<Record<string, (kind: Kind) => FakeOptions>> = {
    "before anything is read": (kind) => {
      const cut = first(kind);
      return { cutAfter: (seen) => (cut(seen) ? 0 : undefined) };
    },
    "within what is sent": (kind) => {
      const cut = first(kind);
      return { cutAfter: (seen) => (cut(seen) ? 500 : undefined) };
    },
    "in place of the answer": (kind) => ({ cutAnswer: first(kind) }),
  };
  for (const [way, options] of Object.entries(ways))
    test.each(kinds)(`${way}, at each %s: the image arrives`, async (kind) => {
      await using fake = await FakeRegistry.open({ auth: "token", user: "u", password: "p", ...options(kind) });
      await push(fake, { credentials: login("u", "p") });
      expectWhole(fake);
    });

  test("within chunks again and again: what came is not sent again", async () => {
    let count = 0;
    const cutAfter = (seen: Seen): number | undefined => (seen.kind === "patch" && count++ < 4 ? 50_000 : undefined);
    await using fake = await FakeRegistry.open({ cutAfter });
    await push(fake, { parallel: 1, chunk: 200_000, retries: 1 });
    expectWhole(fake);
    expect(fake.count("status")).toBeGreaterThan(3);
    const stored = [...fake.sessions.values()].reduce((sum, { length }) => sum + length, 0);
    expect(stored).toBe(0);
    // The registry kept every byte that it counted.
    expect(fake.received()).toBe(total + layout.config.size);
  });

  test("anywhere and any number of times, as long as something gets through: the image arrives", async () => {
    const cuts = fc.array(fc.option(fc.nat(90_000), { freq: 2 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(cuts, fc.boolean(), fc.constantFrom(20_000, 64 << 10, 1 << 20), async (points, late, chunk) => {
        const left = [...points];
        await using fake = await FakeRegistry.open({
          auth: "token",
          cutAfter: () => (late ? undefined : (left.pop() ?? undefined)),
          cutAnswer: () => late && (left.pop() ?? undefined) !== undefined,
        });
        await push(fake, { chunk, retries: points.length });
        expectWhole(fake);
      }),
      { numRuns: 40 },
    );
  });

  test("and a session that is lost with it: the blob is sent anew, the others are not", async () => {
    let cut = false;
    await using fake = await FakeRegistry.open({
      cutAfter: (seen) => {
        if (seen.kind !== "patch" || cut || fake.count("patch") !== 3) return undefined;
        cut = true;
        return 100;
      },
      meddle: (_, response, seen) => {
        if (seen.kind !== "status") return false;
        fake.sessions.clear();
        response.writeHead(404).end();
        return true;
      },
    });
    await push(fake, { parallel: 1 });
    expectWhole(fake);
    expect(fake.received()).toBeLessThanOrEqual(total + layout.config.size + 3 * (64 << 10));
  });

  test("for ever is one error that names the registry", async () => {
    await using fake = await FakeRegistry.open({ cutAfter: (seen) => (seen.kind === "patch" ? 0 : undefined) });
    await expect(push(fake, { retries: 2 })).rejects.toMatchObject({
      code: "registry-unreachable",
      message: expect.stringContaining(fake.address),
    });
    expect(fake.count("put-manifest")).toBe(0);
  });
});

describe("a registry that is busy", () => {
  test.each([429, 500, 502, 503])("with status %d: it is asked again, when it says so", async (status) => {
    const busy = new Map<string, number>();
    await using fake = await FakeRegistry.open({
      meddle: (request, response, seen) => {
        const times = busy.get(seen.kind) ?? 0;
        busy.set(seen.kind, times + 1);
        if (times >= 2) return false;
        request.resume();
        request.on("end", () => response.writeHead(status, { "retry-after": "0" }).end());
        return true;
      },
    });
    await push(fake);
    expectWhole(fake);
  });

  test("with the blobs of another push is asked again for the manifest that names them", async () => {
    let times = 0;
    const unknown = JSON.stringify({
      errors: [{ code: "MANIFEST_BLOB_UNKNOWN", message: "blob unknown to registry" }],
    });
    const meddling = (most: number) =>
      FakeRegistry.open({
        meddle: (request, response, seen) => {
          if (seen.kind !== "put-manifest" || times++ >= most) return false;
          request.resume();
          request.on("end", () => response.writeHead(400).end(unknown));
          return true;
        },
      });
    await using fake = await meddling(3);
    await push(fake);
    expectWhole(fake);
    times = 0;
    await using never = await meddling(100);
    await expect(push(never)).rejects.toThrow(expect.objectContaining({ code: "registry-failed" }));
    expect(times).toBe(5);
  });

  test("until a date is asked again then", async () => {
    let times = 0;
    await using fake = await FakeRegistry.open({
      meddle: (_, response, seen) => {
        if (seen.kind !== "head-blob" || times++ > 0) return false;
        response.writeHead(429, { "retry-after": new Date(Date.now() + 2500).toUTCString() }).end();
        return true;
      },
    });
    const start = Date.now();
    await push(fake, { parallel: 1 });
    expectWhole(fake);
    // The header has whole seconds.
    expect(Date.now() - start).toBeGreaterThan(1000);
  });

  test("waits as long as Retry-After says, and no longer than the user", async () => {
    await using fake = await FakeRegistry.open({
      meddle: (_, response, seen) => {
        if (seen.kind !== "head-blob") return false;
        response.writeHead(429, { "retry-after": "60" }).end();
        return true;
      },
    });
    const stop = new AbortController();
    setTimeout(() => stop.abort(new KnownError("interrupted", "interrupted")), 200);
    const start = Date.now();
    await expect(push(fake, { signal: stop.signal })).rejects.toMatchObject({ code: "interrupted" });
    expect(Date.now() - start).toBeLessThan(10_000);
    expect(fake.count("head-blob")).toBeLessThanOrEqual(4);
  });

  test("that says nothing at all is given up after the idle time", async () => {
    await using fake = await FakeRegistry.open({ meddle: (_, __, seen) => seen.kind === "head-blob" });
    await expect(push(fake, { idle: 100, retries: 1 })).rejects.toMatchObject({ code: "registry-unreachable" });
  });

  test("that keeps nothing of what it says that it took ends with one error", async () => {
    await using fake = await FakeRegistry.open({
      meddle: (request, response, seen) => {
        if (seen.kind !== "patch") return false;
        request.resume();
        request.on("end", () => response.writeHead(202, { location: request.url, range: "0-0" }).end());
        return true;
      },
    });
    await expect(push(fake, { retries: 2 })).rejects.toMatchObject({ code: "registry-failed" });
  });

  test("and takes no chunks gets the blob in one piece", async () => {
    await using fake = await FakeRegistry.open({
      meddle: (request, response, seen) => {
        if (seen.kind !== "patch") return false;
        request.resume();
        request.on("end", () => response.writeHead(405).end());
        return true;
      },
    });
    await push(fake);
    expectWhole(fake);
  });
});

describe("credentials", () => {
  test.each(["basic", "token"] as const)("of the way %s are shown", async (auth) => {
    await using fake = await FakeRegistry.open({ auth, user: "u", password: "p:q" });
    await push(fake, { credentials: login("u", "p:q") });
    expectWhole(fake);
  });

  test("an identity token is exchanged", async () => {
    await using fake = await FakeRegistry.open({ auth: "token", user: "u", password: "refresh" });
    await push(fake, { credentials: async () => ({ kind: "identity", token: "refresh" }) });
    expectWhole(fake);
    expect(fake.seen.filter(({ kind }) => kind === "token").every(({ method }) => method === "POST")).toBe(true);
  });

  test("one token serves all requests of a scope", async () => {
    await using fake = await FakeRegistry.open({ auth: "token" });
    await push(fake);
    expect(fake.count("token")).toBe(1);
  });

  test("a token that is taken back is fetched anew", async () => {
    let heads = 0;
    await using fake = await FakeRegistry.open({
      auth: "token",
      meddle: (_, __, seen) => {
        if (seen.kind === "patch" && heads++ % 3 === 0) fake.tokens.clear();
        return false;
      },
    });
    await push(fake, { parallel: 1 });
    expectWhole(fake);
    expect(fake.count("token")).toBeGreaterThan(1);
  });

  test.each(["basic", "token"] as const)(
    "of the way %s that are wrong are one error without the secret",
    async (auth) => {
      await using fake = await FakeRegistry.open({ auth, user: "u", password: "p" });
      const error = await push(fake, { credentials: login("u", "hunter2") }).catch((each: unknown) => each);
      expect(error).toMatchObject({ code: "registry-unauthorised", message: expect.stringContaining("does not take") });
      expect(JSON.stringify(error) + String(error)).not.toContain("hunter2");
      await expect(push(fake)).rejects.toMatchObject({
        code: "registry-unauthorised",
        message: expect.stringContaining("wants credentials"),
      });
    },
  );

  test("an account that may not push hears so, in the registry's words", async () => {
    await using fake = await FakeRegistry.open({
      meddle: (_, response, seen) => {
        if (seen.kind !== "start") return false;
        const message = "requested access is denied\u001b[31m";
        response.writeHead(403).end(JSON.stringify({ errors: [{ code: "DENIED", message }] }));
        return true;
      },
    });
    await expect(push(fake)).rejects.toMatchObject({
      code: "registry-denied",
      message: expect.stringContaining("DENIED"),
    });
  });

  test("that are right and do not suffice are told from those that are wrong", async () => {
    await using fake = await FakeRegistry.open({
      meddle: (_, response, seen) => {
        if (seen.kind !== "start") return false;
        const challenge = `Bearer realm="http://${fake.address}/token",error="insufficient_scope"`;
        response.writeHead(401, { "www-authenticate": challenge }).end();
        return true;
      },
    });
    await expect(push(fake, { credentials: login("u", "p") })).rejects.toMatchObject({ code: "registry-denied" });
    await expect(push(fake)).rejects.toMatchObject({ code: "registry-unauthorised" });
  });

  test("an answer that comes before the body was sent is heard", async () => {
    await using fake = await FakeRegistry.open({
      meddle: (_, response, seen) => {
        if (seen.kind !== "patch") return false;
        // Nothing of the body is ever read.
        response.writeHead(403, { "content-length": 0 }).end();
        return true;
      },
    });
    const large = layoutFiles([randomBytes(24 << 20)]);
    const folder = join(scratch.path, "large");
    scratch.write(Object.fromEntries(Object.entries(large.files).map(([path, content]) => [`large/${path}`, content])));
    await expect(push(fake, { source: layoutSource(folder), idle: 5000, chunk: 20 << 20 })).rejects.toMatchObject({
      code: "registry-denied",
    });
  });

  test("never follow an upload to another host", async () => {
    await using other = await FakeRegistry.open();
    await using fake = await FakeRegistry.open({
      auth: "basic",
      user: "u",
      password: "p",
      meddle: (_, response, seen) => {
        if (seen.kind !== "start") return false;
        other.sessions.set("7", Buffer.alloc(0));
        response
          .writeHead(202, { location: `http://x:y@${other.address}/v2/team/web/blobs/uploads/7?state=a%20b` })
          .end();
        return true;
      },
    });
    // The blobs end up elsewhere, so the manifest cannot be taken: what matters is what the other host saw.
    await push(fake, { credentials: login("u", "p"), parallel: 1 }).catch(() => undefined);
    expect(other.count("put-blob")).toBeGreaterThan(0);
    expect(other.seen.every(({ authorization }) => authorization === undefined)).toBe(true);
  });

  test("never follow a redirect to another host, nor does a refresh token", async () => {
    await using other = await FakeRegistry.open();
    const elsewhere: FakeOptions["meddle"] = (_, response, seen) => {
      if (seen.kind !== "token") return false;
      response.writeHead(307, { location: `http://${other.address}/token` }).end();
      return true;
    };
    await using fake = await FakeRegistry.open({ auth: "token", user: "u", password: "p", meddle: elsewhere });
    await push(fake, { credentials: login("u", "p") }).catch(() => undefined);
    expect(other.count("token")).toBeGreaterThan(0);
    const before = other.seen.length;
    await expect(push(fake, { credentials: async () => ({ kind: "identity", token: "p" }) })).rejects.toMatchObject({
      code: "registry-failed",
    });
    expect(other.seen.length).toBe(before);
    expect(other.seen.every(({ authorization }) => authorization === undefined)).toBe(true);
  });
});

describe("blobs of another repository", () => {
  test("are mounted, with a token for both", async () => {
    await using fake = await FakeRegistry.open({ auth: "token" });
    for (const layer of layers) fake.addBlob("base/os", layer);
    const { blobs } = await push(fake, { from: ["base/os"] });
    expectWhole(fake);
    expect(blobs.map(({ state }) => state).sort()).toEqual(["done", "mounted", "mounted", "mounted"]);
    expect(fake.received()).toBe(layout.config.size);
    const scopes = [...fake.tokens.values()];
    expect(scopes).toContain("repository:team/web:pull,push repository:base/os:pull");
  });

  test("that are not there are sent in the session that the registry opened", async () => {
    await using fake = await FakeRegistry.open();
    await push(fake, { from: [`${fake.address}/base/os`, "registry.example.org/base/os"] });
    expectWhole(fake);
    expect(fake.count("start")).toBe(4);
    expect(
      fake.seen.filter(({ url }) => url.includes("from=")).every(({ url }) => url.includes("from=base%2Fos")),
    ).toBe(true);
  });

  test("that may not be read are sent", async () => {
    await using fake = await FakeRegistry.open({
      meddle: (_, response, seen) => {
        if (seen.kind !== "start" || !seen.url.includes("mount=")) return false;
        response.writeHead(403).end();
        return true;
      },
    });
    await push(fake, { from: ["secret/base"] });
    expectWhole(fake);
  });
});

describe("several manifests", () => {
  const other = layoutFiles([randomBytes(2000)]);
  const platform = (architecture: string) => ({ os: "linux", architecture });
  const indexOf = (...manifests: object[]): Buffer =>
    Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests }));
  const entries = [
    { ...layout.manifest, platform: platform("amd64") },
    { ...other.manifest, platform: platform("arm64") },
  ];

  test("of several platforms go under one index, which is the last", async () => {
    scratch.write({ ...other.files, ...layout.files, "index.json": indexOf(...entries) });
    await using fake = await FakeRegistry.open();
    const { digest } = await push(fake);
    const root = fake.manifests.get("team/web:1");
    expect(sha256(root?.content ?? "")).toBe(digest);
    expect((JSON.parse(String(root?.content)) as { manifests: object[] }).manifests).toEqual(entries);
    expect(fake.manifests.has(`team/web@${other.manifest.digest}`)).toBe(true);
  });

  test("in an index of the layout's own keep its digest", async () => {
    const inner = indexOf(...entries);
    const index = { mediaType: "application/vnd.oci.image.index.v1+json", digest: sha256(inner), size: inner.length };
    scratch.write({
      ...other.files,
      ...layout.files,
      [`blobs/sha256/${sha256(inner).slice(7)}`]: inner,
      "index.json": indexOf(index),
    });
    await using fake = await FakeRegistry.open();
    expect((await push(fake)).digest).toBe(index.digest);
  });

  test("that say no platform and have no name are one error", () => {
    scratch.write({ ...other.files, "index.json": indexOf(layout.manifest, other.manifest) });
    expect(() => layoutSource(scratch.path)).toThrow(expect.objectContaining({ code: "manifest-invalid" }));
  });

  const signature = layoutFiles([Buffer.from("signature")], {
    subject: layout.manifest,
    artifactType: "application/x-sig",
  });
  const tag = layout.manifest.digest.replace(":", "-");

  test.each([true, false])(
    "that refer to the image come along; the registry lists them itself: %s",
    async (referrers) => {
      scratch.write({
        ...signature.files,
        ...layout.files,
        "index.json": indexOf(layout.manifest, signature.manifest),
      });
      await using fake = await FakeRegistry.open({ referrers });
      await push(fake);
      await push(fake);
      expect(fake.manifests.has(`team/web@${signature.manifest.digest}`)).toBe(true);
      const list = fake.manifests.get(`team/web:${tag}`);
      if (referrers) expect(list).toBeUndefined();
      else
        expect(JSON.parse(String(list?.content))).toMatchObject({
          manifests: [{ digest: signature.manifest.digest, artifactType: "application/x-sig" }],
        });
    },
  );

  test("that refer to the image do not push each other out of the list", async () => {
    await using fake = await FakeRegistry.open();
    const folders = ["a", "b", "c"].map((name) => {
      const own = layoutFiles([Buffer.from(name)], { subject: layout.manifest, artifactType: "application/x-sig" });
      const files = { ...own.files, ...layout.files, "index.json": indexOf(layout.manifest, own.manifest) };
      scratch.write(Object.fromEntries(Object.entries(files).map(([path, content]) => [`${name}/${path}`, content])));
      return join(scratch.path, name);
    });
    for (const folder of folders)
      await pushImage({ source: layoutSource(folder), target: `${fake.address}/team/web:1`, ...quick });
    const list = JSON.parse(String(fake.manifests.get(`team/web:${tag}`)?.content)) as { manifests: object[] };
    expect(list.manifests).toHaveLength(3);
  });
});

test("a layout with more manifests than memory should hold is one error", () => {
  const manifests = Array.from({ length: 20 }, (_, index) => {
    const content = Buffer.from(
      layout.files[`blobs/sha256/${layout.manifest.digest.slice(7)}`]?.toString().padEnd((4 << 20) - index) ?? "",
    );
    scratch.write({ [`blobs/sha256/${sha256(content).slice(7)}`]: content });
    return { ...layout.manifest, digest: sha256(content), size: content.length };
  });
  scratch.write({ "index.json": JSON.stringify({ schemaVersion: 2, manifests }) });
  expect(() => layoutSource(scratch.path)).toThrow(
    expect.objectContaining({ code: "manifest-invalid", message: expect.stringContaining("its manifests have more") }),
  );
});

describe("a layout that is not what it says", () => {
  const blob = (digest: string): string => join(scratch.path, "blobs/sha256", digest.slice(7));
  const layer = sha256(layers[1] as Buffer);

  test.each<[string, string, () => void]>([
    ["without an index", "manifest-invalid", () => rmSync(join(scratch.path, "index.json"))],
    ["with an index that is no JSON", "manifest-invalid", () => writeFileSync(join(scratch.path, "index.json"), "{")],
    ["whose manifest has other bytes", "digest-mismatch", () => writeFileSync(blob(layout.manifest.digest), "{}")],
    ["without a layer", "manifest-invalid", () => rmSync(blob(layer))],
    ["with a layer that is shorter", "digest-mismatch", () => writeFileSync(blob(layer), "short")],
    [
      "with a link in place of a layer",
      "manifest-invalid",
      () => {
        rmSync(blob(layer));
        symlinkSync("/etc/passwd", blob(layer));
      },
    ],
    [
      "whose digests are paths",
      "manifest-invalid",
      () =>
        scratch.write({
          "index.json": JSON.stringify({
            schemaVersion: 2,
            manifests: [{ ...layout.manifest, digest: "sha256:../../../../etc/passwd" }],
          }),
        }),
    ],
  ])("%s is one error: %s", (_, code, damage) => {
    damage();
    expect(() => layoutSource(scratch.path)).toThrow(expect.objectContaining({ code }));
  });

  test("with other bytes in a layer is refused by the registry, and so by us", async () => {
    writeFileSync(blob(layer), randomBytes(1000));
    await using fake = await FakeRegistry.open();
    await expect(push(fake)).rejects.toMatchObject({ code: "digest-mismatch" });
    expect(fake.count("put-manifest")).toBe(0);
  });

  test("with a layer that shrinks while it is sent is one error", async () => {
    const source = layoutSource(scratch.path);
    writeFileSync(
      blob(sha256(layers[0] as Buffer)),
      readFileSync(blob(sha256(layers[0] as Buffer))).subarray(0, 100_000),
    );
    await using fake = await FakeRegistry.open();
    await expect(push(fake, { source })).rejects.toMatchObject({ code: "source-changed" });
  });
});

test("a registry that took another manifest is not believed", async () => {
  await using fake = await FakeRegistry.open({
    meddle: (request, response, seen) => {
      if (seen.kind !== "put-manifest") return false;
      request.resume();
      request.on("end", () => response.writeHead(201, { "docker-content-digest": `sha256:${"0".repeat(64)}` }).end());
      return true;
    },
  });
  await expect(push(fake)).rejects.toMatchObject({ code: "digest-mismatch" });
});

test("what answers as no registry does is one error, and so is nobody", async () => {
  await using fake = await FakeRegistry.open({
    meddle: (_, response) => {
      response.writeHead(404).end("<html>");
      return true;
    },
  });
  await expect(push(fake)).rejects.toMatchObject({ code: "registry-failed" });
  const source = layoutSource(scratch.path);
  const start = Date.now();
  await expect(pushImage({ source, target: "127.0.0.1:1/web:1" })).rejects.toMatchObject({
    code: "registry-unreachable",
    message: "cannot reach the registry at 127.0.0.1:1",
  });
  expect(Date.now() - start).toBeLessThan(2000);
});

test.each(["web:1", "web", "UPPER/web", `127.0.0.1:1/web@sha256:${"0".repeat(64)}`, "127.0.0.1:1/web@sha512:00"])(
  "%s is no target",
  async (target) => {
    await expect(pushImage({ source: layoutSource(scratch.path), target })).rejects.toMatchObject({
      code: "reference-invalid",
    });
  },
);

test.each([
  ["localhost/web:1.4", "registry.example/me/web", "registry.example/me/web:1.4"],
  ["localhost/web:1.4", "registry.example/me/web:2", "registry.example/me/web:2"],
  ["localhost/web", "localhost:5000/web", "localhost:5000/web:latest"],
  ["registry.example/web:1", undefined, "registry.example/web:1"],
  ["localhost:5000/web:1", undefined, "localhost:5000/web:1"],
  ["localhost/web:1", "docker.io/web", "docker.io/library/web:1"],
])("the command pushes %s with the destination %s to %s", (reference, destination, to) => {
  expect(destinationOf(reference, destination)).toBe(to);
});

test.each([
  ["localhost/web:1", undefined, "usage"],
  ["web:1", undefined, "usage"],
  ["web:1", "team/web", "reference-invalid"],
  ["web:1", `registry.example/web@sha256:${"0".repeat(64)}`, "usage"],
])("the command has nowhere to push %s with the destination %s", (reference, destination, code) => {
  expect(() => destinationOf(reference, destination)).toThrow(expect.objectContaining({ code }));
});
