/** What `lading image push` does with images that are built: one after the other, each with its own progress. */
import { join } from "node:path";
import { formatSize, hexOf, KnownError, type OnProgress, parseImageRef, shortDigest } from "../base/index.ts";
import { readImage } from "../image/index.ts";
import {
  accessOf,
  artifactSource,
  type BlobProgress,
  formatRemote,
  layoutSource,
  mediaTypes,
  parseRemote,
  pushImage,
} from "../registry/index.ts";
import { statSync } from "../sys/index.ts";
import { type Answer, type Context, names } from "./context.ts";
import { buildChosen, requireOne } from "./image-choice.ts";
import { billOf, bills, type Documented, statementOf } from "./image-documents.ts";

interface PushFlags {
  readonly from?: string;
  readonly authfile?: string;
  readonly insecure?: boolean;
  readonly attach?: string;
  readonly builder?: string;
}

/** Documents that can go with an image, by the names that `--attach` takes. */
const attachable: Readonly<
  Record<
    string,
    { readonly type: string; readonly write: (about: Documented, flags: PushFlags) => string | Promise<string> }
  >
> = {
  spdx: { type: "application/spdx+json", write: (about) => billOf(about, bills.spdx) },
  cyclonedx: { type: "application/vnd.cyclonedx+json", write: (about) => billOf(about, bills.cyclonedx) },
  provenance: { type: "application/vnd.in-toto+json", write: (about, { builder }) => statementOf(about, builder) },
};

/** Where an image goes: the destination, with the image's own tag where it has none, or the image's own reference. */
export function destinationOf(reference: string, destination: string | undefined): string {
  const own = parseImageRef(reference);
  // Without a port, "localhost" stands before the names of images that came from no registry.
  if (destination === undefined && (own === undefined || own.domain === "" || own.domain === "localhost")) {
    const hint = `say where to: lading image push FILE ${reference} registry.example.org/web`;
    throw new KnownError("usage", `the name ${reference} names no registry`, { hint });
  }
  const remote = parseRemote(destination ?? reference);
  if (remote.digest !== undefined) {
    const hint = "leave the digest out: it follows from the image";
    throw new KnownError("usage", `${destination ?? reference} names a digest`, { hint });
  }
  return formatRemote({ ...remote, tag: remote.tag ?? own?.tag ?? "latest" });
}

export async function run(
  context: Context,
  [file = "", name, destination]: readonly (string | undefined)[],
  flags: PushFlags,
): Answer {
  const attached = names(flags.attach).map((each) => {
    const document = Object.hasOwn(attachable, each) ? attachable[each] : undefined;
    if (document !== undefined) return document;
    throw new KnownError("usage", `--attach takes ${Object.keys(attachable).join(", ")}, not "${each}"`);
  });
  // Before anything is built: a destination that is none takes no time to find.
  const built = await buildChosen(context, file, name, (chosen) => {
    if (destination !== undefined) requireOne(chosen, "a destination");
    for (const { reference } of chosen) destinationOf(reference, destination);
  });
  const images = built.images.map((image) => ({ ...image, to: destinationOf(image.reference, destination) }));
  const { signal } = context;
  const access = accessOf({
    uid: process.getuid?.() ?? 0,
    environment: process.env,
    file: flags.authfile,
    signal,
  });
  const pushed: object[] = [];
  for (const { path, reference, item, to } of images) {
    context.progress(`pushing ${reference} to ${to}`);
    const source = layoutSource(path);
    const result = await pushImage({
      source,
      target: to,
      ...access,
      insecure: flags.insecure,
      from: names(flags.from),
      signal,
      onProgress: blobProgress(context.tell),
    });
    for (const { type, write } of attached) {
      const content = Buffer.from(await write({ ...built, file, item }, flags));
      const { manifest } = readImage(path);
      const size = statSync(join(path, "blobs", "sha256", hexOf(manifest))).size;
      const subject = { mediaType: mediaTypes.manifest, digest: manifest, size };
      const document = artifactSource({ type, content, subject });
      const { registry, repository } = parseRemote(to);
      await pushImage({
        ...access,
        source: document,
        target: `${registry}/${repository}`,
        insecure: flags.insecure,
        signal,
      });
    }
    const blobs = result.blobs.map(({ digest, size, state }) => ({ digest, size, state }));
    pushed.push({ image: reference, reference: result.reference, digest: result.digest, blobs });
    if (!context.json) context.print(`${result.reference}@${result.digest}`);
  }
  if (context.json) context.print(JSON.stringify({ version: 1, pushed }, null, 2));
  return undefined;
}

/** Each blob from its begin to its end, and how it came to be there. */
function blobProgress(tell: OnProgress): (blob: BlobProgress) => void {
  return ({ digest, size, sent, state }) => {
    const what = `  ${shortDigest(digest)}`;
    if (state === "sending") return tell({ what, state: "going", done: sent, total: size });
    tell({ what, state: "done", outcome: `${state}  ${formatSize(size)}` });
  };
}
