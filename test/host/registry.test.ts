/** Images into Debian's docker-registry and out of it, over connections that break; skopeo and Podman agree with us. */
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { layoutSource, pullImage, pushImage, resolveReference } from "../../src/registry/index.ts";
import { exec, lading, main, Scratch } from "../support.ts";
import { Registry } from "./registry.ts";
import { notHere } from "./world.ts";

/** A way to a registry that counts what goes through and cuts connections. */
class BreakingProxy {
  /** Bytes towards the registry, and from it. */
  up = 0;
  down = 0;
  cuts = 0;
  address = "";
  /** Called after each piece; true cuts the connection. */
  cut: (connection: { readonly up: number; readonly down: number }) => boolean = () => false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(target: string) {
    const [host = "", port = ""] = target.split(":");
    this.#server = createServer((inner) => {
      const outer = connect({ host, port: Number(port) });
      const counts = { up: 0, down: 0 };
      const pipe = (from: Socket, to: Socket, way: "up" | "down"): void => {
        this.#sockets.add(from);
        from.on("error", () => to.destroy());
        from.on("close", () => {
          this.#sockets.delete(from);
          to.end();
        });
        from.on("data", (bytes) => {
          counts[way] += bytes.length;
          this[way] += bytes.length;
          if (!to.write(bytes)) {
            from.pause();
            to.once("drain", () => from.resume());
          }
          if (from.destroyed || !this.cut(counts)) return;
          this.cuts += 1;
          // A reset would throw away what is in the sockets, and then the figures would say nothing.
          inner.end();
          outer.destroy();
        });
      };
      pipe(inner, outer, "up");
      pipe(outer, inner, "down");
    });
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    this.address = `127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    return this;
  }

  count(): void {
    [this.up, this.down, this.cuts] = [0, 0, 0];
    this.cut = () => false;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

const MiB = 1 << 20;
/** Of the file in the image, so that its layer takes several chunks. */
const size = 40 * MiB;
/** What requests, headers and manifests may take. */
const overhead = 64 << 10;

// "me" with the password "secret pass".
const htpasswd = "me:$2y$05$abcdefghijklmnopqrstuuFzejfplTChgPyZNQOF2kNcZhBC.ObAS\n";
const credentials = async () => ({ kind: "password", username: "me", password: "secret pass" }) as const;

describe.skipIf(notHere !== undefined)("Debian's docker-registry", () => {
  const scratch = new Scratch();
  const layout = join(scratch.path, "layout");
  let registry: Registry;
  let guarded: Registry;
  let proxy: BreakingProxy;

  beforeAll(async () => {
    registry = await Registry.open(join(scratch.path, "registry"));
    guarded = await Registry.open(join(scratch.path, "guarded"), { htpasswd });
    proxy = await new BreakingProxy(registry.address).open();
    mkdirSync(join(scratch.path, "site"));
    writeFileSync(join(scratch.path, "site/data"), randomBytes(size));
    scratch.write({
      "host.ts": `
import { homeEnvironment, localTree, manifest, ociContainer, ociImage, ociServiceType, service } from "lading";
const image = ociImage({ repository: "push-test", tag: "7", value: manifest([
  localTree("/bin/busybox", { target: "/bin/busybox" }), localTree("./site", { target: "/www" })]) });
export default homeEnvironment({ services: [service(ociServiceType, { containers: [ociContainer({ provision: "web", image, network: "host" })] })] });
`,
    });
    const built = await lading(
      scratch,
      "image",
      "build",
      join(scratch.path, "host.ts"),
      "-o",
      layout,
      "--format",
      "oci-dir",
    );
    expect(built.stderr + built.stdout).toContain("push-test");
    expect(built.status, built.stderr).toBe(0);
  });
  afterAll(async () => {
    proxy?.close();
    await registry?.close();
    await guarded?.close();
    scratch[Symbol.dispose]();
  });

  const push = (name: string, more: object = {}) =>
    pushImage({ source: layoutSource(layout), target: `${proxy.address}/${name}`, pause: 10, ...more });

  test("documents go with an image, and refer to it; another image begins with it, by its digest", async () => {
    const file = join(scratch.path, "host.ts");
    const to = `${registry.address}/team/attached`;
    const more = ["--attach", "spdx,provenance", "--builder", "https://ci.example.org/run/1", "--json"];
    const pushed = await lading(scratch, "image", "push", file, "push-test", to, ...more);
    expect(pushed.status, pushed.stderr).toBe(0);
    const [image] = JSON.parse(pushed.stdout).pushed as readonly { readonly digest: string }[];
    const digest = image?.digest ?? "";
    // This registry lists no referrers: the tag that the specification has in its place does.
    const accept = ["index", "manifest"].map((kind) => `application/vnd.oci.image.${kind}.v1+json`).join(", ");
    const read = async (path: string) =>
      (await fetch(`http://${to.replace("/", "/v2/")}/${path}`, { headers: { accept } })).text();
    const list = JSON.parse(await read(`manifests/${digest.replace(":", "-")}`));
    const types = (list.manifests as readonly { readonly artifactType: string }[]).map((each) => each.artifactType);
    expect(types.sort()).toEqual(["application/spdx+json", "application/vnd.in-toto+json"]);
    for (const entry of list.manifests) {
      const artifact = JSON.parse(await read(`manifests/${entry.digest}`));
      expect(artifact.subject.digest).toBe(digest);
      const document = JSON.parse(await read(`blobs/${artifact.layers[0].digest}`));
      if (entry.artifactType === "application/spdx+json") expect(document.spdxVersion).toBe("SPDX-2.3");
      else expect(document.subject[0].digest.sha256).toBe(digest.slice(7));
    }
    const refused = await lading(scratch, "image", "push", file, "push-test", to, "--attach", "poem");
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining("spdx, cyclonedx, provenance")]);

    scratch.write({
      "child.ts": `import { homeEnvironment, manifest, ociContainer, ociImage, ociServiceType, plainFile, service } from "lading";
const image = ociImage({ repository: "child", base: "${to}@${digest}", system: "linux/amd64",
  value: manifest([{ target: "/www/own", source: plainFile("own", "own") }]) });
export default homeEnvironment({ services: [service(ociServiceType, { containers: [ociContainer({ image, autoStart: false })] })] });`,
    });
    const child = await lading(scratch, "image", "build", join(scratch.path, "child.ts"), "--json");
    expect(child.status, child.stderr).toBe(0);
    const layersOf = (text: string) => JSON.parse(text).images[0].layers as readonly { readonly diffId: string }[];
    const base = await lading(scratch, "image", "build", file, "push-test", "--json");
    expect(
      layersOf(child.stdout)
        .map(({ diffId }) => diffId)
        .slice(0, -1),
    ).toEqual(layersOf(base.stdout).map(({ diffId }) => diffId));
  });

  test("the command pushes; skopeo sees the image, and Podman gets it", async () => {
    const file = join(scratch.path, "host.ts");
    const to = `${registry.address}/team/web`;
    const pushed = await lading(scratch, "image", "push", file, "push-test", to, "--json");
    expect(pushed.status, pushed.stderr).toBe(0);
    const { version, pushed: images } = JSON.parse(pushed.stdout) as {
      version: number;
      pushed: { reference: string; digest: string; blobs: { state: string }[] }[];
    };
    expect(version).toBe(1);
    expect(images).toMatchObject([{ reference: `${to}:7`, digest: layoutSource(layout).root }]);
    expect(pushed.stderr).toBe("");
    const told = await lading(scratch, "image", "push", file, "push-test", `${registry.address}/team/told`);
    expect(told.stderr).toMatch(/\n {2}[0-9a-f]{12} {2}done {2}40(?:\.\d)? MiB\n/);
    const inspected = await exec(["skopeo", "inspect", "--tls-verify=false", `docker://${to}:7`]);
    expect(JSON.parse(inspected.stdout)).toMatchObject({
      Digest: images[0]?.digest,
      Architecture: "amd64",
      Os: "linux",
    });
    const storage = [
      "--root",
      join(scratch.path, "storage"),
      "--runroot",
      join(scratch.path, "runroot"),
      "--storage-driver",
      "vfs",
    ];
    const pulled = await exec(["podman", ...storage, "pull", "--quiet", "--tls-verify=false", `${to}:7`]);
    expect(pulled.status, pulled.stderr).toBe(0);
    // What Podman calls the image is the digest of its configuration.
    const config = JSON.parse(
      readFileSync(join(layout, "blobs/sha256", layoutSource(layout).root.slice(7)), "utf8"),
    ) as {
      config: { digest: string };
    };
    expect(`sha256:${pulled.stdout.trim()}`).toBe(config.config.digest);
    const again = await lading(scratch, "image", "push", file, "push-test", to, "-q");
    expect(again).toMatchObject({ status: 0, stderr: "", stdout: `${to}:7@${images[0]?.digest}\n` });
  });

  test("the command refuses a name without a registry, and says how to give one", async () => {
    const refused = await lading(scratch, "image", "push", join(scratch.path, "host.ts"));
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain("names no registry");
    expect(refused.stderr).toContain("lading image push FILE");
  });

  test("the second push sends no blob", async () => {
    proxy.count();
    const first = await push("twice/web:1");
    expect(first.blobs.every(({ state }) => state === "done")).toBe(true);
    expect(proxy.up).toBeGreaterThan(size);
    expect(proxy.up).toBeLessThan(size + 4 * MiB);
    proxy.count();
    const second = await push("twice/web:2");
    expect(second.blobs.every(({ state }) => state === "exists")).toBe(true);
    expect(proxy.up).toBeLessThan(overhead);
  });

  test("blobs are mounted from another repository", async () => {
    await push("base/web:1");
    proxy.count();
    const { blobs } = await push("mounted/web:1", { from: ["base/web"] });
    expect(blobs.every(({ state }) => state === "mounted")).toBe(true);
    expect(proxy.up).toBeLessThan(overhead);
  });

  test("a push over connections that break arrives", async () => {
    proxy.count();
    // This registry loses the upload that breaks within a chunk, so that chunks before it are sent again too.
    proxy.cut = ({ up }) => proxy.cuts < 2 && up > 20 * MiB;
    const { digest } = await push("broken/web:1");
    expect(proxy.cuts).toBe(2);
    expect(proxy.up).toBeLessThan(size + 2 * 24 * MiB);
    expect((await resolveReference(`${registry.address}/broken/web:1`, undefined)).digest).toBe(digest);
  });

  test("a push that breaks after one blob does not send that blob again", async () => {
    const other = join(scratch.path, "other");
    mkdirSync(join(other, "blobs/sha256"), { recursive: true });
    proxy.count();
    proxy.cut = ({ up }) => proxy.up > 30 * MiB && up > 0;
    await expect(push("stopped/web:1", { retries: 1 })).rejects.toMatchObject({ code: "registry-unreachable" });
    proxy.count();
    const { blobs } = await push("stopped/web:1");
    expect(blobs.some(({ state }) => state === "exists")).toBe(true);
  });

  test("a push that is killed, wherever it was, is carried on by the next", async () => {
    const file = join(scratch.path, "host.ts");
    for (const limit of [1000, 5 * MiB, 30 * MiB, size]) {
      proxy.count();
      let kill: () => void = () => undefined;
      proxy.cut = () => {
        if (proxy.up > limit) kill();
        return false;
      };
      const target = `${proxy.address}/killed/at-${limit}:1`;
      const argv = [process.execPath, main, "image", "push", file, "push-test", target];
      const env = { LADING_STATE: join(scratch.path, "state") };
      const onStart = (child: ChildProcess): void => {
        kill = () => void child.kill("SIGKILL");
      };
      const killed = await exec(argv, { env, onStart });
      expect(killed.status).toBe(null);
      proxy.count();
      const { digest } = await push(`killed/at-${limit}:1`);
      expect((await resolveReference(target, undefined)).digest).toBe(digest);
    }
  });

  test("a push that is interrupted ends soon, and says so", async () => {
    proxy.count();
    let interrupt: () => void = () => undefined;
    proxy.cut = () => {
      if (proxy.up > 5 * MiB) {
        interrupt();
        // A second one would end the process at once.
        interrupt = () => undefined;
      }
      return false;
    };
    const argv = [process.execPath, main, "image", "push", join(scratch.path, "host.ts"), "push-test"];
    const env = { LADING_STATE: join(scratch.path, "state") };
    const onStart = (child: ChildProcess): void => {
      interrupt = () => void child.kill("SIGINT");
    };
    const { status, stderr } = await exec([...argv, `${proxy.address}/interrupted/web:1`, "-q"], { env, onStart });
    expect({ status, stderr }).toEqual({
      status: 130,
      stderr:
        "error interrupted: interrupted\n  hint: nothing of the host was changed; `lading image` can be run again; what was built or fetched is kept\n",
    });
  });

  test("a pull over connections that break fetches little more than there is", async () => {
    await push("pulled/web:1");
    proxy.count();
    proxy.cut = ({ down }) => down > 3 * MiB;
    const to = join(scratch.path, "pulled");
    const { digest } = await pullImage({ reference: `${proxy.address}/pulled/web:1`, to, pause: 10 });
    expect(proxy.cuts).toBeGreaterThan(10);
    expect(proxy.down).toBeLessThan(size + 2 * MiB);
    expect(layoutSource(to).root).toBe(digest);
    const copied = await exec([
      "skopeo",
      "copy",
      "--insecure-policy",
      `oci:${to}:image`,
      `dir:${join(scratch.path, "copied")}`,
    ]);
    expect(copied.status, copied.stderr).toBe(0);
    rmSync(to, { recursive: true });
  });

  test("pushes of the same image at once all arrive", async () => {
    proxy.count();
    const results = await Promise.all(["a", "b", "c"].map((tag) => push(`parallel/web:${tag}`)));
    expect(new Set(results.map(({ digest }) => digest)).size).toBe(1);
    for (const tag of ["a", "b", "c"])
      expect((await resolveReference(`${registry.address}/parallel/web:${tag}`, undefined)).digest).toBe(
        results[0]?.digest,
      );
  });

  test("a registry that wants a password gets it, from where podman login keeps it", async () => {
    const target = `${guarded.address}/web:1`;
    const source = layoutSource(layout);
    await expect(pushImage({ source, target })).rejects.toMatchObject({
      code: "registry-unauthorised",
      message: expect.stringContaining("wants credentials"),
    });
    await expect(
      pushImage({ source, target, credentials: async () => ({ kind: "password", username: "me", password: "wrong" }) }),
    ).rejects.toMatchObject({ code: "registry-unauthorised", message: expect.stringContaining("does not take") });
    const { digest } = await pushImage({ source, target, credentials });
    const authfile = join(scratch.path, "auth.json");
    const login = ["podman", "login", "--authfile", authfile, "--tls-verify=false", "-u", "me", "-p", "secret pass"];
    expect((await exec([...login, guarded.address])).status).toBe(0);
    const again = await exec(
      [process.execPath, main, "image", "push", join(scratch.path, "host.ts"), "push-test", target, "-q"],
      { env: { LADING_STATE: join(scratch.path, "state"), REGISTRY_AUTH_FILE: authfile } },
    );
    expect(again).toMatchObject({ status: 0, stdout: `${target}@${digest}\n` });
  });

  test("what skopeo pushed is pulled with the same digest, and from Docker's form of manifest", async () => {
    for (const format of ["oci", "v2s2"]) {
      const target = `${registry.address}/skopeo/${format}:1`;
      const flags = ["--insecure-policy", "--dest-tls-verify=false", "--format", format];
      const copied = await exec(["skopeo", "copy", ...flags, `oci:${layout}:image`, `docker://${target}`]);
      expect(copied.status, copied.stderr).toBe(0);
      const inspected = await exec(["skopeo", "inspect", "--tls-verify=false", `docker://${target}`]);
      const to = join(scratch.path, `skopeo-${format}`);
      const { digest } = await pullImage({ reference: target, to });
      expect(digest).toBe((JSON.parse(inspected.stdout) as { Digest: string }).Digest);
      // By name, this skopeo finds only manifests of OCI's own form in a layout.
      const read = await exec(["skopeo", "inspect", format === "oci" ? `oci:${to}:image` : `oci:${to}`]);
      expect(read.status, read.stderr).toBe(0);
    }
  });
});
