/** Pulling, from a registry that breaks and lies in every way it can. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Platform, platformOf } from "../../src/base/index.ts";
import { layoutSource, type PullOptions, pullImage, resolveReference } from "../../src/registry/index.ts";
import { exec, filesBelow, Scratch } from "../support.ts";
import { type FakeOptions, FakeRegistry, type Kind, type Seen, sha256 } from "./fake-registry.ts";

const layers = [randomBytes(400_000), randomBytes(1000)];
const [big = Buffer.alloc(0)] = layers;
const manifestType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";

let scratch: Scratch;
let to: string;
beforeEach(() => {
  scratch = new Scratch();
  to = join(scratch.path, "layout");
});
afterEach(() => scratch[Symbol.dispose]());

function pull(fake: FakeRegistry, more: Partial<PullOptions> = {}) {
  return pullImage({ reference: `${fake.address}/team/web:1`, to, pause: 1, ...more });
}

function expectWhole(digest: string): void {
  // Reading it as something to push checks sizes, and the digests of manifests; the rest is checked here.
  expect(layoutSource(to).root).toBe(digest);
  const blobs = join(to, "blobs/sha256");
  for (const name of readdirSync(blobs)) expect(sha256(readFileSync(join(blobs, name)))).toBe(`sha256:${name}`);
  for (const layer of layers) expect(existsSync(join(blobs, sha256(layer).slice(7)))).toBe(true);
}

/** Nothing has a name that others read, and nothing lies outside. */
function expectNothing(): void {
  expect(existsSync(join(to, "index.json"))).toBe(false);
  expect(readdirSync(scratch.path).filter((name) => name !== "layout")).toEqual([]);
  for (const path of existsSync(to) ? filesBelow(to) : []) {
    const name = path.split("/").at(-1) ?? "";
    if (!name.startsWith(".")) expect(`sha256:${name}`).toBe(sha256(readFileSync(path)));
  }
}

async function withImage(options: FakeOptions = {}): Promise<{ fake: FakeRegistry; digest: string }> {
  const fake = await FakeRegistry.open(options);
  return { fake, digest: fake.addImage("team/web", "1", layers).digest };
}

test("an image arrives whole, by tag and by digest, and what is there is not fetched again", async () => {
  const { fake, digest } = await withImage();
  await using _ = fake;
  const result = await pull(fake);
  expect(result).toMatchObject({ digest, index: undefined, reference: `${fake.address}/team/web:1` });
  expect(result.blobs.map(({ state }) => state)).toEqual(["done", "done", "done"]);
  expectWhole(digest);
  expect(filesBelow(to).filter((path) => path.endsWith(".part"))).toEqual([]);
  expect(statSync(join(to, "blobs/sha256", sha256(big).slice(7))).mode & 0o777).toBe(0o644);
  const again = await pull(fake, { reference: `${fake.address}/team/web@${digest}` });
  expect(again.blobs.map(({ state }) => state)).toEqual(["exists", "exists", "exists"]);
  expect(fake.count("get-blob")).toBe(3);
  expectWhole(digest);
});

function platformNamed(text: string): Platform {
  const platform = platformOf(text);
  if (platform === undefined) throw new Error(`${text} is no platform`);
  return platform;
}

describe("a connection that is cut", () => {
  const kinds: readonly Kind[] = ["ping", "token", "get-manifest", "get-blob"];
  const first = (kind: Kind): ((seen: Seen) => boolean) => {
    let left = 2;
    return (seen) => seen.kind === kind && left-- > 0;
  };
  const ways: Readonly<Record<string, (kind: Kind) => FakeOptions>> = {
    "before anything is read": (kind) => {
      const cut = first(kind);
      return { cutAfter: (seen) => (cut(seen) ? 0 : undefined) };
    },
    "in the answer": (kind) => {
      const cut = first(kind);
      return { cutAfter: (seen) => (cut(seen) ? 20 : undefined) };
    },
    "in place of the answer": (kind) => ({ cutAnswer: first(kind) }),
  };
  for (const [way, options] of Object.entries(ways))
    test.each(kinds)(`${way}, at each %s: the image arrives`, async (kind) => {
      const { fake, digest } = await withImage({ auth: "token", ...options(kind) });
      await using _ = fake;
      await pull(fake);
      expectWhole(digest);
    });

  test("again and again within a blob: it goes on where it broke", async () => {
    let cuts = 0;
    const { fake, digest } = await withImage({
      cutAfter: (seen) => (seen.url.endsWith(sha256(big)) && cuts++ < 4 ? 90_000 : undefined),
    });
    await using _ = fake;
    await pull(fake, { retries: 4 });
    expectWhole(digest);
    const ranges = fake.seen.filter(({ url }) => url.endsWith(sha256(big))).map(({ headers }) => headers.range);
    const starts = ranges.map((range) => Number(/bytes=(\d+)-/.exec(range ?? "bytes=0-")?.[1]));
    expect(starts).toHaveLength(5);
    expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
  });

  test("by a registry that knows no ranges: it begins anew", async () => {
    let cuts = 0;
    const { fake, digest } = await withImage({
      cutAfter: (seen) => (seen.url.endsWith(sha256(big)) && cuts++ < 1 ? 90_000 : undefined),
      meddle: (request) => {
        request.headers.range = undefined;
        return false;
      },
    });
    await using _ = fake;
    await pull(fake);
    expectWhole(digest);
  });

  test("for ever is one error", async () => {
    const { fake } = await withImage({ cutAfter: (seen) => (seen.kind === "get-blob" ? 10 : undefined) });
    await using _ = fake;
    await expect(pull(fake, { retries: 2 })).rejects.toMatchObject({ code: "registry-unreachable" });
    expectNothing();
  });

  test("and what a killed process left is gone on with", async () => {
    const { fake, digest } = await withImage();
    await using _ = fake;
    const blobs = join(to, "blobs/sha256");
    mkdirSync(blobs, { recursive: true });
    let ended = 0;
    await exec(["true"], {
      onStart: ({ pid = 0 }) => {
        ended = pid;
      },
    });
    writeFileSync(join(blobs, `.${sha256(big).slice(7)}.${ended}-1-0.part`), big.subarray(0, 123_456));
    await pull(fake);
    expectWhole(digest);
    expect(fake.seen.find(({ url }) => url.endsWith(sha256(big)))?.headers.range).toBe("bytes=123456-");
    expect(filesBelow(to).filter((path) => path.endsWith(".part"))).toEqual([]);
  });

  test("and what was left damaged, or too long, is fetched anew", async () => {
    const { fake, digest } = await withImage();
    await using _ = fake;
    const blobs = join(to, "blobs/sha256");
    for (const left of [randomBytes(5000), randomBytes(500_000), randomBytes(400_000)]) {
      mkdirSync(blobs, { recursive: true });
      writeFileSync(join(blobs, `.${sha256(big).slice(7)}.4194303-1-0.part`), left);
      await pull(fake);
      expectWhole(digest);
      await exec(["rm", "-r", to]);
    }
  });
});

test("two pulls into one folder do not get into each other's way", async () => {
  const { fake, digest } = await withImage();
  await using _ = fake;
  await Promise.all([pull(fake), pull(fake), pull(fake)]);
  expectWhole(digest);
  expect(filesBelow(to).filter((path) => path.endsWith(".part"))).toEqual([]);
});

describe("a blob elsewhere", () => {
  test("is fetched there, without the credentials", async () => {
    await using other = await FakeRegistry.open();
    const { fake, digest } = await withImage({
      auth: "basic",
      user: "u",
      password: "p",
      meddle: (_, response, seen) => {
        if (seen.kind !== "get-blob" || seen.authorization === undefined) return false;
        const location = `http://${other.address}${seen.url}?signed=a%20b`;
        response.writeHead(307, { location }).end();
        return true;
      },
    });
    await using _ = fake;
    other.addImage("team/web", "1", layers);
    await pull(fake, { credentials: async () => ({ kind: "password", username: "u", password: "p" }) });
    expectWhole(digest);
    expect(other.count("get-blob")).toBe(3);
    expect(other.seen.every(({ authorization }) => authorization === undefined)).toBe(true);
  });

  test("that leads round in circles is one error", async () => {
    const { fake } = await withImage({
      meddle: (_, response, seen) => {
        if (seen.kind !== "get-blob") return false;
        response.writeHead(307, { location: seen.url }).end();
        return true;
      },
    });
    await using _ = fake;
    await expect(pull(fake)).rejects.toMatchObject({ code: "registry-failed" });
  });

  test.each(["file:///etc/passwd", "http://", "gopher://x/"])("that is %s is one error", async (location) => {
    const { fake } = await withImage({
      meddle: (_, response, seen) => {
        if (seen.kind !== "get-blob") return false;
        response.writeHead(302, { location }).end();
        return true;
      },
    });
    await using _ = fake;
    await expect(pull(fake)).rejects.toMatchObject({ code: "registry-failed" });
    expectNothing();
  });
});

describe("lies", () => {
  /** Answers requests for the big layer with something else. */
  const instead = (content: Buffer, headers: Record<string, string | number> = {}): FakeOptions => ({
    meddle: (_, response, seen) => {
      if (!seen.url.endsWith(sha256(big))) return false;
      response.writeHead(200, headers);
      response.end(content);
      return true;
    },
  });

  test.each([
    ["other bytes", randomBytes(big.length), {}],
    ["more bytes", Buffer.concat([big, Buffer.from("!")]), {}],
    ["more bytes, and says so", Buffer.concat([big, Buffer.from("!")]), { "content-length": big.length + 1 }],
    ["fewer bytes", big.subarray(1), {}],
  ])("%s in a blob", async (_, content, headers) => {
    const { fake } = await withImage(instead(content, headers));
    await using __ = fake;
    await expect(pull(fake, { retries: 1 })).rejects.toMatchObject({ code: "digest-mismatch" });
    expectNothing();
  });

  test("a blob without an end is stopped at the size that it should have", async () => {
    let sent = 0;
    const { fake } = await withImage({
      meddle: (_, response, seen) => {
        if (!seen.url.endsWith(sha256(big))) return false;
        const more = (): void => {
          while (!response.destroyed && sent < 1 << 28) {
            sent += 1 << 16;
            if (!response.write(Buffer.alloc(1 << 16))) return void response.once("drain", more);
          }
        };
        more();
        return true;
      },
    });
    await using _ = fake;
    await expect(pull(fake)).rejects.toMatchObject({ code: "digest-mismatch" });
    expect(sent).toBeLessThan(1 << 25);
    expectNothing();
  });

  test("another part of a blob than was asked for", async () => {
    let cuts = 0;
    const { fake } = await withImage({
      cutAfter: (seen) => (seen.url.endsWith(sha256(big)) && cuts++ < 1 ? 90_000 : undefined),
      meddle: (request, response, seen) => {
        if (!seen.url.endsWith(sha256(big)) || request.headers.range === undefined) return false;
        response.writeHead(206, { "content-range": `bytes 0-99/${big.length}` }).end(big.subarray(0, 100));
        return true;
      },
    });
    await using _ = fake;
    await expect(pull(fake)).rejects.toMatchObject({ code: "registry-failed" });
  });

  /** Answers requests for the manifest with something else. */
  const manifestInstead = (content: string | Buffer, headers: Record<string, string | number> = {}): FakeOptions => ({
    meddle: (_, response, seen) => {
      if (seen.kind !== "get-manifest") return false;
      response.writeHead(200, { "content-type": manifestType, ...headers });
      response.end(content);
      return true;
    },
  });
  const blob = { digest: `sha256:${"0".repeat(64)}`, size: 1 };
  const layer = { mediaType: "application/vnd.oci.image.layer.v1.tar", ...blob };
  const good = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...blob },
    layers: [layer],
  };

  test.each<[string, unknown]>([
    ["is no JSON", "{"],
    ["is null", "null"],
    ["is a list", "[]"],
    ["is empty", ""],
    ["is of schema version 1", { schemaVersion: 1, fsLayers: [] }],
    ["calls itself an index", { ...good, mediaType: indexType }],
    ["is an image and an index at once", { ...good, manifests: [] }],
    ["has no configuration", { ...good, config: undefined }],
    ["has no layers", { ...good, layers: undefined }],
    ["has layers that are no list", { ...good, layers: { length: 1 } }],
    ["has more layers than can be mounted", { ...good, layers: Array.from({ length: 128 }, () => layer) }],
    ["has a layer of an unknown kind", { ...good, layers: [{ ...layer, mediaType: "application/x-evil" }] }],
    [
      "has a layer that is to be had elsewhere",
      {
        ...good,
        layers: [
          { ...layer, mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar", urls: ["http://x/"] },
        ],
      },
    ],
    [
      "is another artefact",
      { ...good, config: { ...good.config, mediaType: "application/vnd.cncf.helm.config.v1+json" } },
    ],
    ["has a configuration that is too large", { ...good, config: { ...good.config, size: 5 << 20 } }],
    ["has a digest that is a path", { ...good, layers: [{ ...layer, digest: "sha256:../../../etc/passwd" }] }],
    ["has a digest of another kind", { ...good, layers: [{ ...layer, digest: `sha512:${"0".repeat(128)}` }] }],
    ["has a negative size", { ...good, layers: [{ ...layer, size: -1 }] }],
    ["has a size that is no number", { ...good, layers: [{ ...layer, size: "1" }] }],
    ["has a size beyond all numbers", { ...good, layers: [{ ...layer, size: 1e300 }] }],
    ["is nested without end", `${"[".repeat(100_000)}${"]".repeat(100_000)}`],
  ])("a manifest that %s", async (_, value) => {
    const { fake } = await withImage(manifestInstead(typeof value === "string" ? value : JSON.stringify(value)));
    await using __ = fake;
    await expect(pull(fake)).rejects.toMatchObject({ code: "manifest-invalid" });
    expectNothing();
    expect(fake.count("get-blob")).toBe(0);
  });

  test("a manifest that is too large, whether it says so or not", async () => {
    const spaces = Buffer.alloc((4 << 20) + 1, " ");
    for (const headers of [{ "content-length": spaces.length }, { "transfer-encoding": "chunked" }] as const) {
      const { fake } = await withImage(manifestInstead(spaces, headers as Record<string, string>));
      await using _ = fake;
      await expect(pull(fake)).rejects.toMatchObject({ code: "manifest-invalid" });
    }
  });

  test("a manifest of a type that nobody knows", async () => {
    const { fake } = await withImage(
      manifestInstead(JSON.stringify({ ...good, mediaType: undefined }), { "content-type": "text/html" }),
    );
    await using _ = fake;
    await expect(pull(fake)).rejects.toMatchObject({ code: "manifest-invalid" });
  });

  test("another manifest than the digest in the reference", async () => {
    const { fake, digest } = await withImage(manifestInstead(JSON.stringify(good)));
    await using _ = fake;
    await expect(pull(fake, { reference: `${fake.address}/team/web@${digest}` })).rejects.toMatchObject({
      code: "digest-mismatch",
    });
  });

  test("a registry that contradicts itself about a tag", async () => {
    const headers = { "docker-content-digest": `sha256:${"1".repeat(64)}` };
    const { fake } = await withImage(manifestInstead(JSON.stringify(good), headers));
    await using _ = fake;
    await expect(pull(fake)).rejects.toMatchObject({ code: "digest-mismatch" });
  });

  test("a token that would break the header", async () => {
    const { fake } = await withImage({
      auth: "token",
      meddle: (_, response, seen) => {
        if (seen.kind !== "token") return false;
        response.writeHead(200).end(JSON.stringify({ token: "a\r\nX-Evil: 1" }));
        return true;
      },
    });
    await using _ = fake;
    await expect(pull(fake)).rejects.toMatchObject({ code: "registry-failed" });
  });

  test.each(["Bearer", "Bearer realm=", 'Bearer realm="ftp://x/"', "Negotiate", ",,,=", 'Basic realm="x'])(
    "a challenge that is %j",
    async (challenge) => {
      const { fake } = await withImage({
        meddle: (_, response) => {
          response.writeHead(401, { "www-authenticate": challenge }).end();
          return true;
        },
      });
      await using _ = fake;
      await expect(pull(fake)).rejects.toMatchObject({
        code: expect.stringMatching(/^registry-(unauthorised|failed)$/),
      });
    },
  );
});

describe("an index", () => {
  const platform = (architecture: string, variant?: string) => ({ os: "linux", architecture, variant });

  async function withIndex() {
    const fake = await FakeRegistry.open();
    const image = (name: string) => fake.addImage("team/web", undefined, [Buffer.from(name)]);
    const images = { amd64: image("amd64"), arm64: image("arm64"), v6: image("v6"), v7: image("v7") };
    const entries = [
      { ...image("attestation"), platform: platform("unknown") },
      { ...images.v6, platform: platform("arm", "v6") },
      { ...images.v7, platform: platform("arm", "v7") },
      { ...images.arm64, platform: platform("arm64", "v8") },
      { ...images.amd64, platform: platform("amd64") },
    ];
    const index = fake.addManifest("team/web", "1", { schemaVersion: 2, mediaType: indexType, manifests: entries });
    return { fake, index, images, entries };
  }

  test.each([
    ["linux/amd64", "amd64"],
    ["linux/arm64", "arm64"],
    ["linux/arm64/v8", "arm64"],
    ["linux/arm/v6", "v6"],
    ["linux/arm", "v7"],
  ] as const)("gives the image for %s", async (wanted, name) => {
    const { fake, index, images } = await withIndex();
    await using _ = fake;
    const resolved = await resolveReference(`${fake.address}/team/web:1`, platformNamed(wanted));
    expect(resolved).toMatchObject({ digest: images[name].digest, index: index.digest, size: images[name].size });
    expect(fake.count("get-blob")).toBe(0);
    const pulled = await pull(fake, {
      platform: platformNamed(wanted),
      reference: `${fake.address}/team/web@${index.digest}`,
    });
    expect(pulled).toMatchObject({ digest: images[name].digest, index: index.digest });
    expect(layoutSource(to).root).toBe(images[name].digest);
  });

  test("without the platform says which there are", async () => {
    const { fake } = await withIndex();
    await using _ = fake;
    await expect(pull(fake, { platform: platformNamed("linux/riscv64") })).rejects.toMatchObject({
      code: "image-not-found",
      hint: "there are linux/unknown, linux/arm/v6, linux/arm/v7, linux/arm64/v8, linux/amd64",
    });
    await expect(pull(fake, { platform: platformNamed("linux/arm/v5") })).rejects.toMatchObject({
      code: "image-not-found",
    });
  });

  test("that names itself, or lies about a size, is one error", async () => {
    const { fake, entries } = await withIndex();
    await using _ = fake;
    const lying = entries.map((entry) => ({ ...entry, size: entry.size + 1 }));
    fake.addManifest("team/web", "lying", { schemaVersion: 2, mediaType: indexType, manifests: lying });
    const platformOf = { platform: platformNamed("linux/amd64") };
    await expect(pull(fake, { ...platformOf, reference: `${fake.address}/team/web:lying` })).rejects.toMatchObject({
      code: "digest-mismatch",
    });
    let inner = fake.addManifest("team/web", undefined, { schemaVersion: 2, mediaType: indexType, manifests: entries });
    for (let depth = 0; depth < 8; depth += 1)
      inner = fake.addManifest("team/web", "deep", {
        schemaVersion: 2,
        mediaType: indexType,
        manifests: [{ ...inner, platform: platform("amd64") }],
      });
    await expect(pull(fake, { ...platformOf, reference: `${fake.address}/team/web:deep` })).rejects.toMatchObject({
      code: "registry-failed",
    });
  });
});

test("what is not there is said to be not there", async () => {
  const { fake } = await withImage();
  await using _ = fake;
  await expect(pull(fake, { reference: `${fake.address}/team/web:2` })).rejects.toMatchObject({
    code: "image-not-found",
    hint: `check the name: ${fake.address}/team/web:2`,
  });
  fake.blobs.delete(sha256(big));
  await expect(pull(fake)).rejects.toMatchObject({ code: "image-not-found" });
  expectNothing();
});

test("a folder that cannot be written is one error", async () => {
  const { fake } = await withImage();
  await using _ = fake;
  await expect(pull(fake, { to: "/proc/lading" })).rejects.toMatchObject({ code: "read-only" });
});

test("a full disk is one error, and what was begun makes room", async () => {
  const { fake } = await withImage();
  await using _ = fake;
  if (process.getuid?.() !== 0) return;
  mkdirSync(to);
  const mounted = await exec(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", to]);
  if (mounted.status !== 0) return console.warn(`skipped: no tmpfs can be mounted: ${mounted.stderr}`);
  try {
    await expect(pull(fake)).rejects.toMatchObject({ code: "no-space" });
    expect(filesBelow(to).filter((path) => path.includes(`.${sha256(big).slice(7)}.`))).toEqual([]);
  } finally {
    await exec(["umount", to]);
  }
});

test("the memory that a large blob takes does not grow with it", async () => {
  const size = 256 << 20;
  const piece = randomBytes(1 << 16);
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256");
  for (let done = 0; done < size; done += piece.length) hash.update(piece);
  const digest = `sha256:${hash.digest("hex")}`;
  await using fake = await FakeRegistry.open({
    meddle: async (_, response, seen) => {
      if (!seen.url.endsWith(digest)) return false;
      response.writeHead(200, { "content-length": size });
      for (let done = 0; done < size; done += piece.length)
        if (!response.write(piece)) await new Promise((resolve) => response.once("drain", resolve));
      response.end();
      return true;
    },
  });
  const config = { mediaType: "application/vnd.oci.image.config.v1+json", ...fake.addBlob("team/web", "{}") };
  const layer = { mediaType: "application/vnd.oci.image.layer.v1.tar", digest, size };
  fake.addManifest("team/web", "1", { schemaVersion: 2, mediaType: manifestType, config, layers: [layer] });
  const before = process.memoryUsage().rss;
  let most = 0;
  const onProgress = (): void => {
    most = Math.max(most, process.memoryUsage().rss);
  };
  await pull(fake, { onProgress });
  expect(most - before).toBeLessThan(96 << 20);
});
