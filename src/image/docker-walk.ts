/** Finds the images of a docker archive: `manifest.json` names each one's configuration and layers. */
import { hexOf, isFields } from "../base/index.ts";
import { mostLayers, mostManifests } from "../registry/index.ts";
import { readConfig } from "./config-document.ts";
import type { FoundImage } from "./found-image.ts";
import type { ImageFiles } from "./image-files.ts";
import { nothing, type Report, readDocument } from "./layout-document.ts";

/** The images of an archive that `docker save` wrote. */
export async function findDockerImages(source: ImageFiles, report: Report): Promise<readonly FoundImage[]> {
  const name = "manifest.json";
  const manifest = await readDocument(source, name, report);
  if (manifest === undefined) return [];
  if (!Array.isArray(manifest.value) || manifest.value.length === 0)
    return nothing(report(name, "is no list of images"));
  if (manifest.value.length > mostManifests) return nothing(report(name, `has more than ${mostManifests} images`));
  const images: FoundImage[] = [];
  for (const each of manifest.value as readonly unknown[]) {
    const found = await readDockerImage(source, each, report);
    if (found !== undefined) images.push(found);
  }
  return images;
}

async function readDockerImage(source: ImageFiles, value: unknown, report: Report): Promise<FoundImage | undefined> {
  const where = "manifest.json";
  if (!isFields(value) || typeof value.Config !== "string") return void report(where, "names no Config of an image");
  const { Config: configName, Layers: layers, RepoTags: tags } = value;
  const document = await readDocument(source, configName, report);
  if (document === undefined) return undefined;
  const [named] = /[0-9a-f]{64}/.exec(configName) ?? [];
  if (named !== undefined && named !== hexOf(document.digest))
    report(configName, `has the digest ${document.digest}, expected sha256:${named}`);
  const config = readConfig(document.value, configName, report);
  if (config === undefined) return undefined;
  if (!Array.isArray(layers) || !layers.every((layer) => typeof layer === "string"))
    return void report(where, `names no Layers for ${configName}`);
  if (layers.length > mostLayers)
    return void report(where, `has ${layers.length} layers, expected at most ${mostLayers}`);
  if (layers.length !== config.diffIds.length)
    report(configName, `has ${config.diffIds.length} diff_ids, expected ${layers.length}`);
  const [tag] = Array.isArray(tags) ? (tags as readonly unknown[]) : [];
  return {
    reference: typeof tag === "string" ? tag : "",
    ...{ id: document.digest, manifest: document.digest, config: config.value },
    layers: (layers as readonly string[]).flatMap((name, index) => {
      const file = source.file(name);
      if (file === undefined) return nothing(report(name, "is not there"));
      const about = config.abouts[index] ?? "";
      return [{ name, file, digest: undefined, mediaType: undefined, diffId: config.diffIds[index], about }];
    }),
  };
}
