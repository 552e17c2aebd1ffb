/** Writes an image item out: as an archive, or as a plain folder. */
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { decompress, tarEnd, tarHeader, tarPadding } from "../archive/index.ts";
import { canonicalJson, type Digest, hexOf } from "../base/index.ts";
import {
  closeSync,
  createReadStream,
  createWriteStream,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  run,
  statSync,
} from "../sys/index.ts";
import { readImage } from "./layout.ts";

/** Writes an image item as an OCI archive or as a docker archive, streamed and as reproducible as the image. */
export async function writeArchive(
  image: string,
  out: string,
  format: "oci-archive" | "docker-archive",
): Promise<void> {
  const summary = readImage(image);
  const blob = (digest: Digest): string => join(image, "blobs", "sha256", hexOf(digest));
  const members: { readonly path: string; readonly from: string | Buffer | Stream }[] = [];
  if (format === "oci-archive") {
    for (const name of ["index.json", "oci-layout"]) members.push({ path: name, from: join(image, name) });
    for (const name of readdirSync(join(image, "blobs", "sha256")).sort()) {
      members.push({ path: `blobs/sha256/${name}`, from: join(image, "blobs", "sha256", name) });
    }
  } else {
    const layers = [...new Set(summary.layers.map((layer) => layer.digest))];
    const manifest = [
      {
        Config: `${hexOf(summary.id)}.json`,
        RepoTags: [summary.reference],
        Layers: summary.layers.map((layer) => `${hexOf(layer.digest)}.tar`),
      },
    ];
    members.push({ path: `${hexOf(summary.id)}.json`, from: blob(summary.id) });
    members.push({ path: "manifest.json", from: Buffer.from(canonicalJson(manifest)) });
    for (const digest of layers) members.push({ path: `${hexOf(digest)}.tar`, from: await plainlyFrom(blob(digest)) });
  }
  // Readers make folders that an archive does not mention, with owners that a plain user cannot give them.
  const folders = format === "oci-archive" ? ["blobs", "blobs/sha256"] : [];
  async function* bytes(): AsyncGenerator<Buffer> {
    for (const path of folders) yield tarHeader({ path, kind: "directory", mode: 0o755, uid: 0, gid: 0, size: 0 });
    for (const { path, from } of members) {
      const size = typeof from === "string" ? statSync(from).size : Buffer.isBuffer(from) ? from.length : from.size;
      yield tarHeader({ path, kind: "file", mode: 0o644, uid: 0, gid: 0, size });
      if (typeof from === "string") yield* readFile(from);
      else if (Buffer.isBuffer(from)) yield from;
      else yield* from.read();
      yield tarPadding(size);
    }
    yield tarEnd;
  }
  const part = `${out}.part`;
  await pipeline(bytes, createWriteStream(part));
  renameSync(part, out);
}

/** Bytes of a known number. */
interface Stream {
  readonly size: number;
  readonly read: () => AsyncIterable<Buffer>;
}

function readFile(path: string): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>;
}

/** The start of a zstd frame (RFC 8878, section 3.1.1). */
const zstdMagic = "28b52ffd";

/** The most bytes that a layer may unpack to. */
const largestLayer = 64 * 2 ** 30;

/**
 * A docker archive's layer. Docker up to 20.10 reads every compression but zstd, so such a layer is put in plain: twice
 * read, for an archive says how large a member is before it comes.
 */
async function plainlyFrom(path: string): Promise<string | Stream> {
  const start = Buffer.alloc(4);
  const file = openSync(path, "r");
  try {
    readSync(file, start, 0, 4, 0);
  } finally {
    closeSync(file);
  }
  if (start.toString("hex") !== zstdMagic) return path;
  const read = (): AsyncIterable<Buffer> =>
    decompress(readFile(path), { compression: "zst", name: path, limit: largestLayer });
  let size = 0;
  for await (const chunk of read()) size += chunk.length;
  return { size, read };
}

/** Makes the folder that `lading image build -o DIR` names, a plain copy of the layout. */
export async function writeLayout(image: string, out: string): Promise<void> {
  mkdirSync(out);
  for (const name of ["blobs", "index.json", "oci-layout"])
    await run(["cp", "-r", "--no-preserve=mode", join(image, name), join(out, name)]);
}
