/** An image of Debian's own packages for two architectures, of which this machine has one at most. Needs Debian's archive. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readElfLibrary } from "../../src/packages/debian/elf.ts";
import { exec, main, Scratch } from "../support.ts";

/** ELF's numbers of machines: <elf.h>. */
const machines = { amd64: 62, arm64: 183 } as const;

const declaration = `import { debian, homeEnvironment, manifest, ociContainer, ociImage, ociServiceType, service } from "lading";
const bookworm = debian({ suite: "bookworm", updates: false, securityMirrors: [] });
const image = ociImage({ repository: "both", system: ["linux/amd64", "linux/arm64"], packOptions: { maxLayers: 5 },
  value: manifest([bookworm("busybox", "libc-bin", "ca-certificates", "openssl")]) });
export default homeEnvironment({ services: [service(ociServiceType, { containers: [ociContainer({ image })] })] });
`;

test("is built of packages of each, with what is made for them, and nothing of either is run", async () => {
  using scratch = new Scratch("/var/tmp");
  scratch.write({ "host.ts": declaration });
  const env = { LADING_STATE: join(scratch.path, "state"), LADING_RUNTIME: join(scratch.path, "run") };
  const lading = async (...args: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await exec([process.execPath, main, ...args], { cwd: scratch.path, env });
    expect(status, stderr).toBe(0);
    return stdout;
  };
  await lading("lock", "host.ts");
  const { images } = JSON.parse(await lading("image", "build", "host.ts", "--json")) as {
    images: readonly [{ readonly path: string }];
  };
  for (const [architecture, machine] of Object.entries(machines)) {
    const copy = ["skopeo", "--insecure-policy", "--override-arch", architecture, "copy", "--quiet"];
    const to = join(scratch.path, architecture);
    expect((await exec([...copy, `oci:${images[0].path}`, `oci:${to}:latest`])).stderr).toBe("");
    const unpacked = join(scratch.path, `root-${architecture}`);
    expect((await exec(["umoci", "unpack", "--rootless", "--image", `${to}:latest`, unpacked])).status).toBe(0);
    const root = (path: string): string => join(unpacked, "rootfs", path);
    const loader =
      architecture === "amd64" ? "usr/lib/x86_64-linux-gnu/libc.so.6" : "usr/lib/aarch64-linux-gnu/libc.so.6";
    const bytes = readFileSync(root(loader));
    expect(readElfLibrary((at, length) => bytes.subarray(at, at + length))).toMatchObject({
      soname: "libc.so.6",
      machine,
    });
    expect(readFileSync(root("usr/bin/busybox")).readUInt16LE(18)).toBe(machine);
    expect(readFileSync(root("var/lib/dpkg/status.d/busybox"), "utf8")).toContain(`Architecture: ${architecture}\n`);
    expect(readFileSync(root("etc/ld.so.cache")).includes(`/${loader.replace("usr/", "")}`)).toBe(true);
    expect(existsSync(root("etc/ssl/certs/ca-certificates.crt"))).toBe(true);
  }
});
