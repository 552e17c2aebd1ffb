/** Our images in the hands of others: skopeo, umoci, Podman and Docker take them, and find in them what was declared. */
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { imageBuilders, localTree, manifest, readImage, writeArchive, writeLayout } from "../../src/image/index.ts";
import { Lowerer, localFile, makeDerivation, plainFile, storeBuilders } from "../../src/store/index.ts";
import { type BuiltImage, ImageYard } from "../built-images.ts";
import { exec, main } from "../support.ts";
import { hasProgram, output } from "../unpacked.ts";
import { notHere, World } from "./world.ts";

if (notHere !== undefined) console.log(`skipped: images as others see them: ${notHere}`);
const noUmoci = hasProgram("umoci") ? undefined : "umoci is not installed";
if (noUmoci !== undefined) console.log(`skipped: unpacking by umoci: ${noUmoci}`);
const noDocker = hasProgram("dockerd", "containerd") ? undefined : "dockerd or containerd is not installed";
if (noDocker !== undefined) console.log(`skipped: loading into Docker: ${noDocker}`);

const compressions = ["none", "gzip", "zstd"] as const;
type Compression = (typeof compressions)[number];

/** An image upon a layer made from a package, which has hard links, an empty folder and a set-user-ID program. */
async function makeBase(yard: ImageYard, compression: Compression): Promise<string> {
  yard.write({
    "package/DEBIAN/control":
      "Package: tool\nVersion: 1\nArchitecture: amd64\nMaintainer: N <n@example.org>\nDescription: none\n",
    "package/usr/bin/tool": "#!/bin/sh\n",
    "package/usr/share/tool/data": "data\n",
  });
  const folder = join(yard.path, "package");
  chmodSync(join(folder, "usr/bin/tool"), 0o4755);
  mkdirSync(join(folder, "var/lib/tool"), { recursive: true, mode: 0o750 });
  output(["ln", "-f", join(folder, "usr/bin/tool"), join(folder, "usr/bin/tool-again")]);
  const deb = join(yard.path, "tool.deb");
  output(["dpkg-deb", "--root-owner-group", "-Zgzip", "--build", folder, deb]);
  const bytes = readFileSync(deb);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const lowerer = new Lowerer();
  const fetched = lowerer.file(localFile(deb));
  const locked = { name: "tool", version: "1", architecture: "amd64", sha256, size: bytes.length };
  const { ref: layer } = lowerer.add(
    makeDerivation({
      name: "tool",
      builder: "package-layer",
      args: { format: 1, package: locked, deb: fetched },
      inputs: [fetched.ref],
    }),
  );
  const args = {
    reference: "localhost/base:latest",
    platform: { os: "linux", architecture: "amd64" },
    created: "1970-01-01T00:00:01Z",
    compression,
    config: {},
    layers: [{ item: layer, about: "tool 1" }],
  };
  const image = lowerer.add(makeDerivation({ name: "base", builder: "image", args, inputs: [layer] }));
  await yard.store.build(lowerer.derivations, [image.ref], { builders: { ...storeBuilders, ...imageBuilders } });
  const archive = join(yard.path, `base-${compression}.tar`);
  await writeArchive(yard.store.path(image), archive, "oci-archive");
  return archive;
}

async function makeImage(yard: ImageYard, compression: Compression, page = "<h1>Hello</h1>\n"): Promise<BuiltImage> {
  const base = await makeBase(yard, compression);
  yard.write({ "site/index.html": page, "site/ünï 😀": "unicode", [`site/${"l".repeat(200)}`]: "long" });
  chmodSync(join(yard.path, "site/index.html"), 0o600);
  if (!existsSync(join(yard.path, "site/link"))) symlinkSync("index.html", join(yard.path, "site/link"));
  return yard.build({
    repository: "interop",
    base: localFile(base),
    value: manifest([
      localTree(join(yard.path, "site"), { target: "/srv/www", user: 33, group: 34, mode: 0o750 }),
      { target: "/etc/secret", source: plainFile("secret", "secret\n"), user: 1000, group: 7, mode: 0o4640 },
      { target: "/data", user: 1000, group: 1001, mode: 0o2775 },
    ]),
    packOptions: {
      compression,
      entryPoint: "/usr/bin/tool",
      labels: { of: "interop" },
      symlinks: [["/www", "srv/www"]],
    },
  });
}

/** A line for each path: what `find -printf` would say, and of files the content. */
function describeTree(root: string): readonly string[] {
  const lines: string[] = [];
  const inodes = new Map<number, string>();
  const visit = (path: string): void => {
    const full = join(root, path);
    const stat = lstatSync(full);
    const mode = (stat.mode & 0o7777).toString(8);
    const start = `${path} ${stat.uid}:${stat.gid}`;
    if (stat.isSymbolicLink()) lines.push(`${start} -> ${readlinkSync(full)}`);
    else if (stat.isDirectory()) {
      if (path !== "") lines.push(`${start} ${mode}/`);
      for (const name of readdirSync(full).sort()) visit(join(path, name));
    } else {
      const same = inodes.get(stat.ino);
      inodes.set(stat.ino, path);
      const content = createHash("sha256").update(readFileSync(full)).digest("hex").slice(0, 8);
      lines.push(`${start} ${mode} ${stat.size} ${content}${same === undefined ? "" : ` = ${same}`}`);
    }
  };
  visit("");
  return lines;
}

function contentOf(text: string): string {
  return `${Buffer.byteLength(text)} ${createHash("sha256").update(text).digest("hex").slice(0, 8)}`;
}

/** What the image holds, below /data, /etc, /srv, /usr/bin and /www. */
const expected = [
  "data 1000:1001 2775/",
  "etc 0:0 755/",
  `etc/secret 1000:7 4640 ${contentOf("secret\n")}`,
  "srv 0:0 755/",
  "srv/www 33:34 750/",
  `srv/www/index.html 33:34 644 ${contentOf("<h1>Hello</h1>\n")}`,
  "srv/www/link 33:34 -> index.html",
  `srv/www/${"l".repeat(200)} 33:34 644 ${contentOf("long")}`,
  `srv/www/ünï 😀 33:34 644 ${contentOf("unicode")}`,
  "usr/bin 0:0 755/",
  `usr/bin/tool 0:0 4755 ${contentOf("#!/bin/sh\n")}`,
  `usr/bin/tool-again 0:0 4755 ${contentOf("#!/bin/sh\n")} = usr/bin/tool`,
  "www 0:0 -> srv/www",
];

const isExpected = (line: string): boolean => /^(data|etc|srv|usr\/bin|www)[ /]/.test(line);

async function ok(ran: ReturnType<typeof exec>): Promise<string> {
  const { status, stdout, stderr } = await ran;
  expect(status, stdout + stderr).toBe(0);
  return stdout;
}

describe.skipIf(notHere !== undefined)("images in the hands of others", () => {
  let world: World;
  let docker: World | undefined;
  const yard = new ImageYard("/var/tmp");
  const images = new Map<Compression, BuiltImage>();
  const imageOf = (compression: Compression): BuiltImage => {
    const image = images.get(compression);
    if (image === undefined) throw new Error("it was not built");
    return image;
  };
  /** `podman pull` names an image after its path, which must have no capitals. */
  const shelf = `/var/tmp/lading-interop-${process.pid}`;
  /** Where the user finds an image: a layout, or an archive. */
  const at = (compression: Compression, format: "oci" | "oci-archive" | "docker-archive"): string =>
    join(shelf, `${compression}.${format}`);

  beforeAll(async () => {
    world = await World.open();
    if (noDocker === undefined) docker = await World.open("docker");
    mkdirSync(shelf);
    for (const compression of compressions) {
      const image = await makeImage(yard, compression);
      images.set(compression, image);
      await writeLayout(image.path, at(compression, "oci"));
      for (const format of ["oci-archive", "docker-archive"] as const)
        await writeArchive(image.path, at(compression, format), format);
    }
    await ok(exec(["chown", "-R", String(world.uid), shelf]));
  });
  afterAll(async () => {
    yard[Symbol.dispose]();
    rmSync(shelf, { recursive: true, force: true });
    await forget();
    await world?.close();
    await docker?.close();
  });

  const podmanIds = async (): Promise<readonly string[]> =>
    (await ok(world.podman("images", "--quiet", "--no-trunc", "localhost/interop"))).trim().split("\n");
  const labelled = ["--quiet", "--no-trunc", "--filter", "label=of=interop"];
  const forget = async (): Promise<void> => {
    const ids = (await ok(world.podman("images", ...labelled))).split("\n").filter(Boolean);
    if (ids.length > 0) await ok(world.podman("image", "rm", "--force", ...new Set(ids)));
  };

  test("compression makes no other image", () => {
    const ids = compressions.map((compression) => imageOf(compression).id);
    expect(new Set(ids).size).toBe(1);
  });

  describe.each(compressions)("compression %s", (compression) => {
    test.each(["oci", "oci-archive", "docker-archive"] as const)("skopeo inspects and copies: %s", async (format) => {
      const image = imageOf(compression);
      const path = at(compression, format);
      const from = format === "oci" ? layoutReference(path) : `${format}:${path}`;
      const config = JSON.parse(await ok(exec(["skopeo", "inspect", "--config", "--raw", from]))) as object;
      expect(config).toHaveProperty("config.Labels.of", "interop");
      const { Layers } = JSON.parse(await ok(exec(["skopeo", "inspect", from]))) as { Layers: readonly string[] };
      expect(Layers).toHaveLength(image.layers.length);
      const copied = join(yard.path, `copy-${compression}-${format}`);
      await ok(exec(["skopeo", "--insecure-policy", "copy", from, `dir:${copied}`]));
      const written = JSON.parse(readFileSync(join(copied, "manifest.json"), "utf8")) as { config: { digest: string } };
      expect(written.config.digest).toBe(image.id);
      if (format !== "docker-archive") {
        const digest = createHash("sha256")
          .update(readFileSync(join(copied, "manifest.json")))
          .digest("hex");
        expect(`sha256:${digest}`).toBe(image.manifest);
      }
    });

    test.skipIf(noUmoci !== undefined)("umoci unpacks the files, modes, owners and links", async ({ skip }) => {
      const layout = layoutReference(at(compression, "oci"));
      const bundle = join(yard.path, `bundle-${compression}`);
      const ran = await exec(["umoci", "unpack", "--image", layout.replace(/^oci:/, ""), bundle]);
      if (compression === "zstd" && ran.status !== 0) {
        console.log(
          `skipped: unpacking zstd by umoci: ${(await exec(["umoci", "--version"])).stdout.trim()} does not know it`,
        );
        expect(ran.stderr).toContain("zstd");
        return skip();
      }
      expect(ran.status, ran.stderr).toBe(0);
      expect(describeTree(join(bundle, "rootfs")).filter(isExpected)).toEqual(expected);
    });

    test.each(["oci-archive", "docker-archive"] as const)("podman loads: %s", async (format) => {
      await forget();
      await ok(world.podman("load", "--input", at(compression, format)));
      const id = await ok(world.podman("images", ...labelled));
      expect(id.trim()).toBe(imageOf(compression).id);
    });

    test("podman pulls the layout, and unpacks what umoci does", async () => {
      await forget();
      const id = await ok(world.podman("pull", "--quiet", layoutReference(at(compression, "oci"))));
      expect(`sha256:${id.trim()}`).toBe(imageOf(compression).id);
      const look = 'cd "$(podman image mount "$1")" && tar -c --numeric-owner --sort=name data etc srv usr/bin www';
      const seen = world.path(`seen-${compression}`);
      await ok(world.as(["podman", "unshare", "sh", "-c", `${look} > "$2"`, "sh", id.trim(), seen]));
      const root = join(yard.path, `podman-${compression}`);
      mkdirSync(root);
      output(["tar", "-C", root, "--numeric-owner", "-pxf", seen]);
      expect(describeTree(root).filter(isExpected)).toEqual(expected);
    });

    test.skipIf(noDocker !== undefined)("docker loads", async () => {
      await docker?.engine("image", "rm", "--force", "localhost/interop:latest");
      await ok(docker?.engine("load", "--input", at(compression, "docker-archive")) as ReturnType<typeof exec>);
      const id = await ok(
        docker?.engine("images", "--quiet", "--no-trunc", "localhost/interop") as ReturnType<typeof exec>,
      );
      expect(id.trim()).toBe(imageOf(compression).id);
    });
  });

  test("two builds load as one image; of a changed one, only the changed layer is sent to Podman", async () => {
    await forget();
    // As Lading loads.
    const load = (layout: string): Promise<string> => {
      const argv = ["skopeo", "--insecure-policy", "copy", "--quiet", layoutReference(layout)];
      return ok(world.as([...argv, "containers-storage:localhost/interop:latest"]));
    };
    await load(at("none", "oci"));
    using again = new ImageYard("/var/tmp");
    const before = imageOf("none").layers.map(({ digest }) => digest);
    // A layer that is asked for is missed: it is not there.
    const withoutKnown = async (image: BuiltImage, name: string): Promise<string> => {
      const layout = join(shelf, name);
      await writeLayout(image.path, layout);
      const known = image.layers.filter(({ digest }) => before.includes(digest));
      for (const { digest } of known) rmSync(join(layout, "blobs/sha256", digest.slice(7)));
      return layout;
    };
    const same = await withoutKnown(await makeImage(again, "none"), "same");
    expect(readdirSync(join(same, "blobs/sha256"))).toHaveLength(2);
    await load(same);
    expect(await podmanIds()).toEqual([imageOf("none").id]);
    const image = await makeImage(again, "none", "<h1>Changed</h1>\n");
    const changed = await withoutKnown(image, "changed");
    expect(readdirSync(join(changed, "blobs/sha256"))).toHaveLength(3);
    await load(changed);
    expect(await podmanIds()).toEqual([image.id]);
  });

  test("of an index for two platforms, skopeo and podman take the host's", async () => {
    const image = await yard.build({
      repository: "both",
      system: ["linux/arm64", "linux/amd64"],
      value: manifest([{ target: "/etc/both", source: plainFile("both", "both\n") }]),
    });
    await writeLayout(image.path, join(shelf, "both"));
    const reference = layoutReference(join(shelf, "both"));
    const copied = join(yard.path, "copy-both");
    await ok(exec(["skopeo", "--insecure-policy", "copy", reference, `dir:${copied}`]));
    const written = JSON.parse(readFileSync(join(copied, "manifest.json"), "utf8")) as { config: { digest: string } };
    expect(written.config.digest).toBe(readImage(image.path).id);
    await ok(exec(["skopeo", "--insecure-policy", "copy", "--all", reference, `oci:${copied}-all:both`]));
    const archive = join(yard.path, "both.tar");
    await writeArchive(image.path, archive, "oci-archive");
    expect(JSON.parse(await ok(exec(["skopeo", "inspect", `oci-archive:${archive}`])))).toHaveProperty("Architecture");
    // A docker archive has no index: it holds the host's image.
    await writeArchive(image.path, `${archive}.docker`, "docker-archive");
    const config = await ok(exec(["skopeo", "inspect", "--config", "--raw", `docker-archive:${archive}.docker`]));
    expect(`sha256:${createHash("sha256").update(config).digest("hex")}`).toBe(readImage(image.path).id);
    const id = (await ok(world.podman("pull", "--quiet", reference))).trim();
    expect(`sha256:${id}`).toBe(readImage(image.path).id);
    await ok(world.podman("image", "rm", id));
  });

  /** Both as a folder's own user, and root elsewhere, with all that must not matter turned. */
  test("the same digests under another path, user, umask, zone, locale, processors, order and times", async () => {
    const declaration = `import { homeEnvironment, localTree, manifest, ociContainer, ociImage, ociService, ociServiceType, plainFile, service } from "lading";
const image = (compression: "none" | "gzip" | "zstd") => ociContainer({ provision: compression, image: ociImage({ repository: compression,
  packOptions: { compression, labels: { a: "b" }, symlinks: [["/l", "www/a"]] }, system: "linux/amd64", value: manifest([
    localTree("site", { target: "/www", user: 5, group: 6 }), { target: "/etc/made", source: plainFile("made", "made"), mode: 0o600 }]) }) });
export default homeEnvironment({ services: [service(ociServiceType, ociService({ containers: [image("none"), image("gzip"), image("zstd")] }))] });`;
    const names = ["a", "Z", "z", "ä", "Ä", "i", "İ", "😀", "\uffff", "sub/x", "sub/y"];
    const write = async (folder: string, order: readonly string[], when: string): Promise<void> => {
      await world.write({ [`${folder}/host.ts`]: declaration });
      for (const name of order) await world.write({ [`${folder}/site/${name}`]: name });
      output([
        "sh",
        "-c",
        `chmod 755 "$1/site/a"; find "$1/site" -exec touch -h -d "$2" {} +`,
        "sh",
        world.path(folder),
        when,
      ]);
    };
    await write("one", names, "2001-02-03 04:05:06");
    await write("elsewhere/two", [...names].reverse(), "2021-12-11 10:09:08.7");
    const build = async (
      folder: string,
      {
        env = {},
        before = [],
        asRoot = false,
      }: { env?: Record<string, string>; before?: readonly string[]; asRoot?: boolean },
    ): Promise<unknown> => {
      const state = world.path(`state-${Math.random().toString(36).slice(2)}`);
      const surroundings = { LADING_STATE: state, LADING_RUNTIME: `${state}-run`, ...env };
      const command = ["image", "build", "--json", world.path(`${folder}/host.ts`)];
      const ran = asRoot
        ? exec([...before, process.execPath, main, ...command], { env: surroundings })
        : world.as([...before, ...world.argv(...command)], { env: surroundings });
      const { images } = JSON.parse(await ok(ran)) as { images: readonly { path: string }[] };
      expect(images).toHaveLength(3);
      // The whole of it, down to the names of store items.
      return images.map(({ path, ...rest }) => ({ ...rest, item: path.slice(state.length) }));
    };
    const first = await build("one", {});
    for (const [what, folder, options] of [
      ["another path, order and times", "elsewhere/two", {}],
      ["root", "one", { asRoot: true }],
      ["umask 077", "one", { before: ["sh", "-c", 'umask 077; exec "$@"', "sh"] }],
      ["umask 000", "one", { before: ["sh", "-c", 'umask 000; exec "$@"', "sh"] }],
      [
        "another zone and locale",
        "elsewhere/two",
        { env: { TZ: "Pacific/Kiritimati", LC_ALL: "tr_TR.UTF-8", LANG: "C" } },
      ],
      ["one processor", "elsewhere/two", { before: ["taskset", "--cpu-list", "0"] }],
    ] as const)
      expect(await build(folder, options), what).toEqual(first);
  });

  test("what its user cannot read is named", async () => {
    await world.write({
      "closed/host.ts": `import { homeEnvironment, localTree, manifest, ociContainer, ociImage, ociService, ociServiceType, service } from "lading";
export default homeEnvironment({ services: [service(ociServiceType, ociService({ containers: [ociContainer({ provision: "a",
  image: ociImage({ repository: "a", value: manifest([localTree("site", { target: "/www" })]) }) })] }))] });`,
      "closed/site/open": "open",
      "closed/site/shut": "shut",
    });
    chmodSync(world.path("closed/site/shut"), 0);
    const { status, stderr } = await world.lading(["image", "build", world.path("closed/host.ts")]);
    expect(status).toBe(1);
    expect(stderr).toContain("error source-missing:");
    expect(stderr).toContain(`cannot read ${world.path("closed/site/shut")}`);
    expect(stderr).toContain("make it readable");
  });
});

/** An OCI layout's image for the tools that want it named. */
function layoutReference(path: string): string {
  const { manifests } = JSON.parse(readFileSync(join(path, "index.json"), "utf8")) as {
    manifests: readonly [{ annotations: Record<string, string> }];
  };
  return `oci:${path}:${manifests[0].annotations["org.opencontainers.image.ref.name"]}`;
}
