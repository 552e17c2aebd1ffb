/** Registries on loopback: Debian's docker-registry, with what it stores in a folder of the test's, and a slow one. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { exec } from "../support.ts";
import { freePort, until } from "./world.ts";

/** Podman speaks TLS with every registry that it is not told otherwise of; Docker does not, on loopback. */
function trustLoopback(port: number): string {
  const settings = `/etc/containers/registries.conf.d/lading-test-${port}.conf`;
  mkdirSync("/etc/containers/registries.conf.d", { recursive: true });
  writeFileSync(settings, `[[registry]]\nlocation = "127.0.0.1:${port}"\ninsecure = true\n`);
  return settings;
}

/** Bytes that a slow registry gives in a tenth of a second. */
const slowPiece = 512 << 10;

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
}

export class Registry {
  readonly address: string;
  readonly #process: ChildProcess;
  readonly #settings: string;

  private constructor(address: string, server: ChildProcess, settings: string) {
    this.address = address;
    this.#process = server;
    this.#settings = settings;
  }

  /** With `htpasswd`, such as htpasswd(1) writes it with bcrypt, who asks must be in it. */
  static async open(folder: string, { htpasswd }: { readonly htpasswd?: string } = {}): Promise<Registry> {
    const address = `127.0.0.1:${await freePort()}`;
    mkdirSync(folder, { recursive: true });
    const configuration = {
      version: "0.1",
      storage: { filesystem: { rootdirectory: folder } },
      http: { addr: address },
      ...(htpasswd === undefined ? {} : { auth: { htpasswd: { realm: "test", path: join(folder, "htpasswd") } } }),
    };
    if (htpasswd !== undefined) writeFileSync(join(folder, "htpasswd"), htpasswd);
    writeFileSync(join(folder, "config.json"), JSON.stringify(configuration));
    const server = spawn("docker-registry", ["serve", join(folder, "config.json")], { stdio: "ignore" });
    const settings = trustLoopback(Number(address.split(":")[1]));
    await until(async () =>
      fetch(`http://${address}/v2/`)
        .then(({ ok, status }) => ok || status === 401)
        .catch(() => false),
    );
    return new Registry(address, server, settings);
  }

  /** Puts the image of an OCI layout there. */
  async push(layout: string, name: string): Promise<string> {
    const reference = `${this.address}/${name}`;
    const argv = [
      "skopeo",
      "copy",
      "--insecure-policy",
      "--dest-tls-verify=false",
      `oci:${layout}`,
      `docker://${reference}`,
    ];
    const { status, stderr } = await exec(argv);
    if (status !== 0) throw new Error(stderr);
    return reference;
  }

  async close(): Promise<void> {
    rmSync(this.#settings, { force: true });
    const ended = once(this.#process, "exit");
    this.#process.kill();
    await ended;
  }
}

/** A registry of one image, that gives its blobs so slowly that somebody asks how far they are. */
export class SlowRegistry implements Disposable {
  readonly reference: string;
  readonly #server: Server;
  readonly #settings: string;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.reference = `127.0.0.1:${port}/slow:1`;
    this.#settings = trustLoopback(port);
  }

  static async open(layout: string): Promise<SlowRegistry> {
    const blob = (digest: string): Buffer => readFileSync(join(layout, "blobs/sha256", digest.slice(7)));
    const [top] = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")).manifests as readonly [Descriptor];
    const server = createServer(async ({ url = "" }, response) => {
      const digest = /\/blobs\/(sha256:[0-9a-f]{64})$/.exec(url)?.[1];
      if (url === "/v2/") response.end("{}");
      else if (digest === undefined) response.setHeader("content-type", top.mediaType).end(blob(top.digest));
      else {
        const bytes = blob(digest);
        response.setHeader("content-length", bytes.length);
        for (let at = 0; at < bytes.length && !response.destroyed; at += slowPiece) {
          response.write(bytes.subarray(at, at + slowPiece));
          await sleep(100);
        }
        response.end();
      }
    });
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return new SlowRegistry(server, port);
  }

  [Symbol.dispose](): void {
    rmSync(this.#settings, { force: true });
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
