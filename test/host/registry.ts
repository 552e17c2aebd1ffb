/** Debian's docker-registry on loopback, with what it stores in a folder of the test's. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exec } from "../support.ts";
import { freePort, until } from "./world.ts";

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
    // Podman speaks TLS with every registry that it is not told otherwise of; Docker does not, on loopback.
    const settings = `/etc/containers/registries.conf.d/lading-test-${address.split(":")[1]}.conf`;
    mkdirSync("/etc/containers/registries.conf.d", { recursive: true });
    writeFileSync(settings, `[[registry]]\nlocation = "${address}"\ninsecure = true\n`);
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
