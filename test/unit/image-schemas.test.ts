/**
 * What images say of themselves, held against the image specification (v1.1: descriptor.md, image-index.md, manifest.md,
 * config.md, image-layout.md), whose rules are written down here as JSON Schema, and against what `crane validate` looks at.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { localTree, manifest, writeArchive } from "../../src/image/index.ts";
import { localFile, plainFile } from "../../src/store/index.ts";
import { type BuiltImage, blobOf, type Declared, ImageYard, readBlob } from "../built-images.ts";
import { output } from "../unpacked.ts";

const mediaType = "^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$";
const digest = { type: "string", pattern: "^sha256:[a-f0-9]{64}$" };
const texts = { type: "array", items: { type: "string" } };
const textMap = { type: "object", additionalProperties: { type: "string" } };
const emptyObjects = { type: "object", additionalProperties: { type: "object", additionalProperties: false } };
const time = { type: "string", pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$" };
const platform = {
  type: "object",
  required: ["architecture", "os"],
  properties: { architecture: { type: "string" }, os: { type: "string" }, variant: { type: "string" } },
  additionalProperties: false,
};
const descriptor = (...mediaTypes: readonly string[]): object => ({
  type: "object",
  required: ["mediaType", "size", "digest"],
  properties: {
    mediaType: { type: "string", pattern: mediaType, enum: mediaTypes },
    size: { type: "integer", minimum: 0 },
    digest,
    platform,
    annotations: textMap,
  },
  additionalProperties: false,
});
const oci = (name: string): string => `application/vnd.oci.image.${name}`;

const schemas = {
  layout: {
    type: "object",
    required: ["imageLayoutVersion"],
    properties: { imageLayoutVersion: { const: "1.0.0" } },
    additionalProperties: false,
  },
  index: {
    type: "object",
    required: ["schemaVersion", "manifests"],
    properties: {
      schemaVersion: { const: 2 },
      mediaType: { const: oci("index.v1+json") },
      manifests: { type: "array", items: descriptor(oci("manifest.v1+json"), oci("index.v1+json")) },
    },
    additionalProperties: false,
  },
  manifest: {
    type: "object",
    required: ["schemaVersion", "config", "layers"],
    properties: {
      schemaVersion: { const: 2 },
      mediaType: { const: oci("manifest.v1+json") },
      config: descriptor(oci("config.v1+json")),
      layers: {
        type: "array",
        minItems: 1,
        items: descriptor(oci("layer.v1.tar"), oci("layer.v1.tar+gzip"), oci("layer.v1.tar+zstd")),
      },
      annotations: textMap,
    },
    additionalProperties: false,
  },
  config: {
    type: "object",
    required: ["architecture", "os", "rootfs"],
    properties: {
      ...platform.properties,
      created: time,
      config: {
        type: "object",
        properties: {
          User: { type: "string" },
          ExposedPorts: { ...emptyObjects, propertyNames: { pattern: "^\\d+(/(tcp|udp|sctp))?$" } },
          Env: { type: "array", items: { type: "string", pattern: "=" } },
          Entrypoint: texts,
          Cmd: texts,
          Volumes: emptyObjects,
          WorkingDir: { type: "string" },
          Labels: textMap,
          StopSignal: { type: "string", pattern: "^SIG|^\\d+$" },
        },
        additionalProperties: false,
      },
      rootfs: {
        type: "object",
        required: ["type", "diff_ids"],
        properties: { type: { const: "layers" }, diff_ids: { type: "array", items: digest, minItems: 1 } },
        additionalProperties: false,
      },
      history: {
        type: "array",
        items: {
          type: "object",
          properties: {
            created: time,
            created_by: { type: "string" },
            author: { type: "string" },
            comment: { type: "string" },
            empty_layer: { type: "boolean" },
          },
          additionalProperties: false,
        },
      },
    },
    additionalProperties: false,
  },
};

const ajv = new Ajv({ allErrors: true, strict: true });

function check(name: keyof typeof schemas, value: unknown): void {
  const validate = ajv.compile(schemas[name]);
  validate(value);
  expect(validate.errors ?? [], name).toEqual([]);
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: object;
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function unpacked(bytes: Buffer, type: string, path: string): Buffer {
  if (type.endsWith("+gzip")) return gunzipSync(bytes);
  if (!type.endsWith("+zstd")) return bytes;
  return Buffer.from(output(["sh", "-c", 'zstd -dc < "$1" | base64', "sh", path]), "base64");
}

/** A blob is what its descriptor says. */
function readChecked(image: BuiltImage, { digest: name, size }: Descriptor): Buffer {
  const bytes = readFileSync(blobOf(image, name));
  expect([sha256(bytes), bytes.length]).toEqual([name, size]);
  return bytes;
}

function checkImage(image: BuiltImage, entry: Descriptor): void {
  readChecked(image, entry);
  const written = readBlob(image, entry.digest) as { config: Descriptor; layers: readonly Descriptor[] };
  check("manifest", written);
  readChecked(image, written.config);
  const config = readBlob(image, written.config.digest) as {
    readonly rootfs: { readonly diff_ids: readonly string[] };
    readonly history: readonly { readonly empty_layer?: boolean }[];
  };
  check("config", config);
  const diffIds = written.layers.map((layer) =>
    sha256(unpacked(readChecked(image, layer), layer.mediaType, blobOf(image, layer.digest))),
  );
  expect(config.rootfs.diff_ids).toEqual(diffIds);
  expect(config.history.filter(({ empty_layer }) => empty_layer !== true)).toHaveLength(diffIds.length);
  // Two descriptors of one blob say the same.
  const all = [written.config, ...written.layers];
  for (const a of all) for (const b of all) if (a.digest === b.digest) expect(a).toEqual(b);
}

/** All that a layout holds, from its index down; nothing is missing and nothing lies about. */
function checkLayout(image: BuiltImage): readonly Descriptor[] {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(image.path, name), "utf8"));
  check("layout", read("oci-layout"));
  const index = read("index.json") as { readonly manifests: readonly Descriptor[] };
  check("index", index);
  const images: Descriptor[] = [];
  const reached = new Set<string>();
  const visit = (entry: Descriptor): void => {
    reached.add(entry.digest);
    if (entry.mediaType.includes(".index.")) {
      readChecked(image, entry);
      const below = readBlob(image, entry.digest) as { readonly manifests: readonly Descriptor[] };
      check("index", below);
      for (const each of below.manifests) expect(each).toHaveProperty("platform");
      for (const each of below.manifests) visit(each);
      return;
    }
    images.push(entry);
    checkImage(image, entry);
    const { config, layers } = readBlob(image, entry.digest) as { config: Descriptor; layers: Descriptor[] };
    for (const each of [config, ...layers]) reached.add(each.digest);
  };
  for (const entry of index.manifests) visit(entry);
  const blobs = readdirSync(join(image.path, "blobs/sha256")).map((name) => `sha256:${name}`);
  expect(blobs.sort()).toEqual([...reached].sort());
  return images;
}

const everything = (yard: ImageYard): Exclude<Declared, readonly unknown[]> => {
  yard.write({ "site/index.html": "<h1>Hello</h1>\n" });
  return {
    value: manifest([
      localTree(join(yard.path, "site"), { target: "/www" }),
      { target: "/etc/greeting", source: plainFile("greeting", "hello\n") },
    ]),
    packOptions: {
      entryPoint: "/bin/serve",
      command: ["now"],
      environment: { A: "1", B: "x=y" },
      labels: { "org.example": "x=y", empty: "" },
      ports: ["80", "53/udp"],
      volumes: ["/data"],
      stopSignal: "QUIT",
      user: "33:34",
      workdir: "/www",
      created: "2026-01-31T12:00:00.5Z",
    },
  };
};

describe("images are what the specification says", () => {
  test.each(["none", "gzip", "zstd"] as const)("with everything, compression %s", async (compression) => {
    using yard = new ImageYard();
    const { packOptions, ...rest } = everything(yard);
    checkLayout(await yard.build({ ...rest, packOptions: { ...packOptions, compression } }));
  });

  test("with nothing declared", async () => {
    using yard = new ImageYard();
    expect(checkLayout(await yard.build([]))).toHaveLength(1);
  });

  test("with 127 layers", async () => {
    using yard = new ImageYard();
    const names = Array.from({ length: 126 }, (_, index) => `tree-${index}`);
    yard.write(Object.fromEntries(names.map((name) => [`${name}/file`, name])));
    const entries = names.map((name) => localTree(join(yard.path, name), { target: `/${name}` }));
    checkLayout(await yard.build({ value: manifest(entries), packOptions: { maxLayers: 127 } }));
  });

  test("upon a base, of whichever compression", async () => {
    using yard = new ImageYard();
    for (const compression of ["none", "gzip", "zstd"] as const) {
      const base = await yard.build({ ...everything(yard), packOptions: { compression } });
      const archive = join(yard.path, `${compression}.tar`);
      await writeArchive(base.path, archive, "oci-archive");
      const own = { target: "/own", source: plainFile("own", "own") };
      checkLayout(await yard.build({ base: localFile(archive), value: manifest([own]) }));
    }
  });

  test("of several platforms: an index, whose entries say which", async () => {
    using yard = new ImageYard();
    const image = await yard.build({ ...everything(yard), system: ["linux/arm64", "linux/amd64", "linux/arm/v7"] });
    expect(checkLayout(image).map((entry) => entry.platform)).toEqual([
      { os: "linux", architecture: "arm64" },
      { os: "linux", architecture: "amd64" },
      { os: "linux", architecture: "arm", variant: "v7" },
    ]);
  });
});
