/** A whole archive, small, served from a folder or by a server of the test's: from the request to the lock. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import {
  archiveUrl,
  type DebianLock,
  type DebianRequest,
  resolveDebian,
  suiteDates,
} from "../../src/packages/index.ts";
import { download, fetchBytes } from "../../src/sys/index.ts";
import {
  makeKey,
  packagesText,
  requestOf,
  sha256,
  type TestKey,
  type TestSuite,
  writeSuite,
} from "../debian-archive.ts";
import { exec, Scratch } from "../support.ts";

const index = "main/binary-amd64/Packages";
const packages = [
  { Package: "curl", Version: "7.88", Depends: "libcurl4 (= 7.88)" },
  { Package: "libcurl4", Version: "7.88", Architecture: "all" },
];

let key: TestKey;
beforeAll(async () => {
  key = await makeKey();
});

const failure = (code: string, ...parts: readonly string[]) =>
  expect.objectContaining({ code, message: expect.stringContaining(parts.join("")) });

/** Writes a suite, asks for curl, and gives what comes of it. */
async function resolve(
  scratch: Scratch,
  suite: Partial<TestSuite> = {},
  more: Partial<DebianRequest> = {},
): Promise<DebianLock> {
  await writeSuite(scratch, key, { packages, ...suite });
  return again(scratch, more);
}

const again = (scratch: Scratch, more: Partial<DebianRequest> = {}, onProgress?: (line: string) => void) =>
  resolveDebian(requestOf(scratch, ["curl"], more), { cache: join(scratch.path, "cache"), onProgress });

describe("an archive in a folder", () => {
  test("gives a lock, the same each time", async () => {
    using scratch = new Scratch();
    const lock = await resolve(scratch);
    expect(lock).toEqual({
      releases: [
        {
          archive: 0,
          suite: "stable",
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
          date: "2026-07-11T10:16:37.000Z",
          signedBy: [key.fingerprint],
        },
      ],
      packages: [
        {
          name: "curl",
          version: "7.88",
          architecture: "amd64",
          sha256: sha256("curl 7.88"),
          size: 1000,
          path: "pool/curl_7.88.deb",
          archive: 0,
        },
        expect.objectContaining({ name: "libcurl4", architecture: "all" }),
      ],
    });
    expect(await again(scratch)).toEqual(lock);
  });

  test("is read from the cache when its release lists the same indexes, and the cache mends itself", async () => {
    using scratch = new Scratch();
    const lock = await resolve(scratch);
    const mirrored = join(scratch.path, "mirror/dists/stable", `${index}.gz`);
    const content = readFileSync(mirrored);
    rmSync(mirrored);
    expect(await again(scratch)).toEqual(lock);
    const [cached = ""] = readdirSync(join(scratch.path, "cache"));
    writeFileSync(join(scratch.path, "cache", cached), Buffer.alloc(content.length));
    await expect(again(scratch)).rejects.toThrow(failure("download-failed", "Packages.gz"));
    writeFileSync(mirrored, content);
    expect(await again(scratch)).toEqual(lock);
    expect(readdirSync(join(scratch.path, "cache"))).toEqual([cached]);
  });

  test("may name its indexes by their hashes", async () => {
    using scratch = new Scratch();
    const packed = gzipSync(packagesText(packages));
    await resolve(scratch, {
      release: { "Acquire-By-Hash": "yes" },
      afterwards: {
        [`${index}.gz`]: "an update is under way",
        [`main/binary-amd64/by-hash/SHA256/${sha256(packed)}`]: packed,
      },
    });
    expect(readdirSync(join(scratch.path, "cache"))).toEqual([sha256(packed)]);
  });

  test("may have what is for all architectures in an index of its own", async () => {
    using scratch = new Scratch();
    const all = packagesText([{ Package: "curl", Architecture: "all", Version: "9" }]);
    const files = [
      [all, "main/binary-all/Packages"],
      [gzipSync(all), "main/binary-all/Packages.gz"],
    ] as const;
    const lines = files.map(([content, path]) => ` ${sha256(content)} ${content.length} ${path}`);
    const suite = (more: object) => ({
      release: { Architectures: "all amd64", SHA256: `\n${listing(packages)}\n${lines.join("\n")}`, ...more },
      afterwards: { "main/binary-all/Packages.gz": gzipSync(all) },
    });
    expect((await resolve(scratch, suite({}))).packages).toMatchObject([{ name: "curl", version: "9" }]);
    const lock = await resolve(scratch, suite({ "No-Support-for-Architecture-all": "Packages" }));
    expect(lock.packages).toMatchObject([{ version: "7.88" }, {}]);
  });

  test("of several suites and archives gives the newest, and says which it came from", async () => {
    using scratch = new Scratch();
    using other = new Scratch();
    await writeSuite(scratch, key, { packages });
    await writeSuite(scratch, key, {
      name: "backports",
      packages: [{ Package: "curl", Version: "9" }],
      release: { NotAutomatic: "yes", ButAutomaticUpgrades: "yes" },
    });
    await writeSuite(other, key, {
      packages: [
        { Package: "libcurl4", Version: "7.88" },
        { Package: "curl", Version: "8" },
      ],
    });
    const [first] = requestOf(scratch, []).archives;
    const [second] = requestOf(other, []).archives;
    if (first === undefined || second === undefined) throw new Error("no archive");
    const archives = [{ ...first, suites: ["stable", "backports"] }, second];
    const lock = await again(scratch, { archives });
    expect(lock.packages).toMatchObject([{ name: "curl", version: "8", archive: 1 }]);
    expect(lock.releases.map(({ suite, archive }) => [suite, archive])).toEqual([
      ["stable", 0],
      ["backports", 0],
      ["stable", 1],
    ]);
    expect((await again(scratch, { archives, packages: ["curl=9"] })).packages).toMatchObject([{ version: "9" }]);
  });

  test.skipIf(!existsSync("/usr/bin/xz"))("may have packed its index with xz alone", async () => {
    using scratch = new Scratch();
    const many = [...packages, ...Array.from({ length: 5000 }, (_, at) => ({ Package: `p${at}` }))];
    const text = packagesText(many);
    scratch.write({ Packages: text });
    await exec(["xz", "-9", join(scratch.path, "Packages")]);
    const packed = readFileSync(join(scratch.path, "Packages.xz"));
    const lines = [` ${sha256(text)} ${text.length} ${index}`, ` ${sha256(packed)} ${packed.length} ${index}.xz`];
    const suite = { release: { SHA256: `\n${lines.join("\n")}` }, afterwards: { [`${index}.xz`]: packed } };
    expect((await resolve(scratch, suite)).packages).toHaveLength(2);
    const lie = lines.map((line) => line.replace(` ${text.length} `, ` ${text.length - 1} `)).join("\n");
    await expect(resolve(scratch, { ...suite, release: { SHA256: `\n${lie}` } })).rejects.toThrow(
      failure("archive-invalid", "unpacks to more than"),
    );
  });
});

/** The lines of a release for an index of these packages. */
function listing(list: typeof packages, lie: { size?: number; packed?: Uint8Array } = {}): string {
  const text = packagesText(list);
  const packed = lie.packed ?? gzipSync(text);
  return ` ${sha256(text)} ${lie.size ?? text.length} ${index}\n ${sha256(packed)} ${packed.length} ${index}.gz`;
}

describe("an archive is refused", () => {
  test.each([
    ["whose index was changed", (packed: Buffer) => Buffer.from(packed).fill(0, 20, 30), "its content is not what"],
    ["whose index was cut", (packed: Buffer) => packed.subarray(0, -5), "it ended after"],
    ["whose index goes on", (packed: Buffer) => Buffer.concat([packed, Buffer.alloc(1 << 20)]), "it is longer than"],
    ["whose index is empty", () => Buffer.alloc(0), "it ended after 0"],
  ])("%s", async (_, change, why) => {
    using scratch = new Scratch();
    const afterwards = { [`${index}.gz`]: change(gzipSync(packagesText(packages))) };
    await expect(resolve(scratch, { afterwards })).rejects.toThrow(failure("download-failed", "Packages.gz: ", why));
    expect(readdirSync(join(scratch.path, "cache"))).toEqual([]);
  });

  test("whose index unpacks to more than the release says", async () => {
    using scratch = new Scratch();
    const bomb = gzipSync(Buffer.alloc(64 << 20));
    const suite = {
      release: { SHA256: `\n${listing(packages, { size: 500, packed: bomb })}` },
      afterwards: { [`${index}.gz`]: bomb },
    };
    const before = process.memoryUsage().rss;
    await expect(resolve(scratch, suite)).rejects.toThrow(failure("archive-invalid", "unpacks to more than 500 bytes"));
    expect(process.memoryUsage().rss - before).toBeLessThan(48 << 20);
  });

  test.each([
    ["that is no gzip", Buffer.from("plain"), "cannot be decompressed"],
    ["that ends in its middle", gzipSync(packagesText(packages)).subarray(0, 60), "cannot be decompressed"],
    ["that holds less", gzipSync("Package: x\n"), "unpacks to 11 of the"],
  ])("with a signed index %s", async (_, packed, why) => {
    using scratch = new Scratch();
    const suite = {
      release: { SHA256: `\n${listing(packages, { packed })}` },
      afterwards: { [`${index}.gz`]: packed },
    };
    await expect(resolve(scratch, suite)).rejects.toThrow(failure("archive-invalid", why));
  });

  test("with an index of absurd size, before it is got", async () => {
    using scratch = new Scratch();
    const suite = { release: { SHA256: `\n${listing(packages, { size: 1e12 })}` } };
    await expect(resolve(scratch, suite)).rejects.toThrow(failure("archive-invalid", "which is too much"));
  });

  test("whose index is not one", async () => {
    using scratch = new Scratch();
    const text = "<html>".repeat(50);
    const packed = gzipSync(text);
    const lines = ` ${sha256(text)} ${text.length} ${index}\n ${sha256(packed)} ${packed.length} ${index}.gz`;
    const suite = { release: { SHA256: `\n${lines}` }, afterwards: { [`${index}.gz`]: packed } };
    await expect(resolve(scratch, suite)).rejects.toThrow(failure("archive-invalid", "names no package"));
  });

  test("that is not signed, or by another", async () => {
    using scratch = new Scratch();
    await expect(resolve(scratch, { afterwards: { InRelease: "Suite: stable\n" } })).rejects.toThrow(
      failure("archive-untrusted", "is not signed"),
    );
    await writeSuite(scratch, await makeKey(), { packages });
    scratch.write({ "key.asc": key.armoured });
    await expect(again(scratch)).rejects.toThrow(failure("archive-untrusted", "key.asc has none of these"));
  });

  test("only when no mirror has a good release", async () => {
    using scratch = new Scratch();
    using good = new Scratch();
    await resolve(scratch, { release: { "Valid-Until": "Sat, 18 Jul 2020 10:16:37 UTC" } }).catch(() => undefined);
    await writeSuite(good, key, { packages });
    const [archive] = requestOf(scratch, []).archives;
    if (archive === undefined) throw new Error("no archive");
    const mirrors = [`file://${scratch.path}/mirror`, `file://${scratch.path}/none`, `file://${good.path}/mirror`];
    const lock = await again(scratch, { archives: [{ ...archive, mirrors }] });
    expect(lock.packages).toHaveLength(2);
    const bad = { archives: [{ ...archive, mirrors: mirrors.slice(0, 2) }] };
    await expect(again(scratch, bad)).rejects.toThrow(failure("archive-expired", "was valid until 2020-07-18"));
    await expect(again(scratch, { archives: [{ ...archive, mirrors: [] }] })).rejects.toThrow("has no mirror");
  });

  test("that is older than the one of the lock, by a mirror that is behind; another is taken instead", async () => {
    using scratch = new Scratch();
    using behind = new Scratch();
    const { releases, packages: locked } = await resolve(scratch);
    const request = requestOf(scratch, ["curl"]);
    const [archive] = request.archives;
    if (archive === undefined) throw new Error("no archive");
    const notBefore = suiteDates([{ request, releases, packages: locked, grafts: [] }]);
    expect(notBefore(archive, "stable")?.toISOString()).toBe("2026-07-11T10:16:37.000Z");
    expect(notBefore({ mirrors: ["file:///elsewhere"] }, "stable")).toBeUndefined();
    expect(notBefore(archive, "sid")).toBeUndefined();
    const ask = (mirrors = archive.mirrors): Promise<DebianLock> =>
      resolveDebian(
        { ...request, archives: [{ ...archive, mirrors }] },
        { cache: join(scratch.path, "cache"), notBefore: () => notBefore(archive, "stable") },
      );
    expect((await ask()).releases).toEqual(releases);
    const old = { Date: "Fri, 10 Jul 2026 10:16:37 UTC" };
    await writeSuite(behind, key, { packages, release: old });
    const stale = `file://${behind.path}/mirror`;
    await expect(ask([stale])).rejects.toThrow(
      failure("archive-expired", "is of 2026-07-10T10:16:37.000Z, and the lock was made from one of 2026-07-11"),
    );
    expect((await ask([stale, ...archive.mirrors])).releases).toEqual(releases);
  });

  test("that lacks the component, the architecture or the suite", async () => {
    using scratch = new Scratch();
    await resolve(scratch);
    const [archive] = requestOf(scratch, []).archives;
    if (archive === undefined) throw new Error("no archive");
    await expect(again(scratch, { architecture: "arm64" })).rejects.toThrow(failure("archive-invalid", "for arm64"));
    const lacking = { archives: [{ ...archive, components: ["contrib"] }] };
    await expect(again(scratch, lacking)).rejects.toThrow(failure("archive-invalid", "no packages of contrib"));
    const unknown = { archives: [{ ...archive, suites: ["sid"] }] };
    await expect(again(scratch, unknown)).rejects.toThrow(failure("download-failed", "dists/sid/InRelease"));
    for (const suites of [["../../etc"], ["a b"], [""], ["/"], ["stable?x"]])
      await expect(again(scratch, { archives: [{ ...archive, suites }] })).rejects.toThrow(failure("invalid-value"));
  });
});

describe("getting files", () => {
  const content = "x".repeat(200_000);
  const wanted = { hash: { algorithm: "sha256", digest: sha256(content) } as const, size: content.length };

  /** Answers each request by a listener, and counts them. */
  async function serve(listener: RequestListener): Promise<AsyncDisposable & { url: string; asked: string[] }> {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      listener(request, response);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    return {
      url: `http://127.0.0.1:${port}`,
      asked,
      async [Symbol.asyncDispose]() {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      },
    };
  }

  test("asks the next mirror when one fails, and none twice that cannot do better", async () => {
    using scratch = new Scratch();
    await using server = await serve(({ url }, response) => {
      if (url === "/gone") response.writeHead(404).end();
      else if (url === "/wrong") response.end("y".repeat(content.length));
      else response.end(content);
    });
    const to = join(scratch.path, "a/b/file");
    let bytes = 0;
    const onBytes = (count: number): void => {
      bytes += count;
    };
    const urls = ["/gone", "/wrong", "/good"].map((path) => server.url + path);
    await download(urls, { ...wanted, to, onBytes });
    expect(readFileSync(to, "utf8")).toBe(content);
    expect(bytes).toBe(2 * content.length);
    await download(urls, { ...wanted, to });
    expect(server.asked).toEqual(["/gone", "/wrong", "/good"]);
    await expect(download(urls.slice(0, 2), { ...wanted, to: `${to}2` })).rejects.toThrow(
      failure("download-failed", `${urls[0]}: the server answers 404 Not Found; ${urls[1]}: its content is not`),
    );
    expect(server.asked).toHaveLength(5);
    expect(readdirSync(join(scratch.path, "a/b"))).toEqual(["file"]);
  });

  test("tries again what may have been chance: a cut connection, a busy server, silence", async () => {
    using scratch = new Scratch();
    for (const first of ["cut", "busy", "silence"]) {
      let asked = 0;
      await using server = await serve((_, response) => {
        if (asked++ > 0) response.end(content);
        else if (first === "busy") response.writeHead(503).end();
        else {
          response.writeHead(200, { "content-length": content.length });
          response.write(content.slice(0, 1000), () => first === "cut" && response.destroy());
        }
      });
      const to = join(scratch.path, first);
      await download([server.url], { ...wanted, to, inactivity: 200 });
      expect([readFileSync(to, "utf8") === content, server.asked.length]).toEqual([true, 2]);
    }
  });

  test("gives up a server that says nothing, and one that never ends", async () => {
    await using silent = await serve(() => undefined);
    await expect(fetchBytes([silent.url], { most: 10, inactivity: 100 })).rejects.toThrow(
      failure("download-failed", "nothing came for 0.1 s"),
    );
    await using endless = await serve((_, response) => {
      const more = (): void => void response.write(content, () => response.destroyed || more());
      more();
    });
    await expect(fetchBytes([endless.url], { most: 1 << 20 })).rejects.toThrow(
      failure("download-failed", "longer than"),
    );
  });

  test("can be interrupted, and leaves nothing", async () => {
    using scratch = new Scratch();
    await using server = await serve((_, response) => void response.write("x"));
    const stop = new AbortController();
    const options = { ...wanted, to: join(scratch.path, "file"), signal: stop.signal, onBytes: () => stop.abort() };
    await expect(download([server.url], options)).rejects.toThrow(failure("interrupted", "interrupted"));
    expect(readdirSync(scratch.path)).toEqual([]);
  });

  test.each([
    ["nowhere", "Invalid URL"],
    ["ftp://a/b", "not supported"],
    ["file:///nowhere/at/all", "ENOENT"],
    ["file:///etc", "EISDIR"],
    ["http://127.0.0.1:1/", "ECONNREFUSED"],
  ])("says what is wrong with %s", async (url, why) => {
    await expect(fetchBytes([url], { most: 10 })).rejects.toThrow(failure("download-failed", `${url}: `));
    await expect(fetchBytes([url], { most: 10 })).rejects.toThrow(why);
  });

  test("addresses are made of paths as archives write them", () => {
    expect(archiveUrl("http://a/debian//", "pool/main/g/g++-12_1%3a2+b~1_amd64.deb")).toBe(
      "http://a/debian/pool/main/g/g++-12_1%253a2+b~1_amd64.deb",
    );
  });
});
