/** The layer of what packages' scripts would have written: see `generateSystemFiles`. */
import { join } from "node:path";
import type { TarEntry } from "../archive/index.ts";
import { digestOf } from "../base/index.ts";
import {
  type GeneratedFile,
  generateSystemFiles,
  type PackageFacts,
  type SystemFilesOptions,
  type UnpackedPackage,
} from "../packages/index.ts";
import type { BuildContext, BuiltFacts, ItemName } from "../store/index.ts";
import { existsSync, readFileSync } from "../sys/index.ts";
import { Below } from "./below.ts";
import { readLayerEntries } from "./layer-entries.ts";
import { LayerWriter } from "./layer-writer.ts";
import { orderEntries, settle } from "./ordered-entries.ts";
import { readFacts } from "./package-facts.ts";

export interface SystemLayerArgs {
  /** Raised whenever the same packages would give other bytes. */
  readonly format: 1;
  readonly packages: readonly ItemName[];
  readonly options: SystemFilesOptions;
}

interface Generated extends TarEntry {
  readonly body: Buffer;
}

function entryOf({ path, mode, uid, gid, content, target, directory }: GeneratedFile): Generated {
  const body = Buffer.from(content ?? "");
  const common = { path: path.slice(1), mode, uid, gid, size: body.length, body };
  if (target !== undefined) return { ...common, kind: "symlink", target };
  return { ...common, kind: directory === true ? "directory" : "file" };
}

function factsOf(item: string): PackageFacts {
  const [facts] = readFacts(item);
  if (facts === undefined) throw new Error(`${item} is no package's layer`);
  return facts;
}

function pathsOf(item: string): Pick<UnpackedPackage, "paths" | "links"> {
  const entries = readLayerEntries(item) ?? [];
  return {
    paths: entries.map(({ path }) => path),
    links: new Map(entries.flatMap(({ path, kind, content }) => (kind === "symlink" ? [[path, content]] : []))),
  };
}

/** Builds a layer's item from the items of unpacked packages. */
export async function buildSystemLayer(context: BuildContext): Promise<BuiltFacts> {
  const { packages, options } = context.args as SystemLayerArgs;
  const items = packages.map((ref) => context.pathOf({ ref, suffix: "" }));
  const unpacked = items.map((item) => ({
    facts: factsOf(item),
    ...pathsOf(item),
    kept: (path: string) => {
      const kept = join(item, "kept", path);
      return existsSync(kept) ? readFileSync(kept) : undefined;
    },
  }));
  using writer = new LayerWriter(context.out);
  const below = new Below(items);
  const files = settle(generateSystemFiles(unpacked, options).map(entryOf), below);
  for (const entry of orderEntries([files], below)) {
    if (!("body" in entry) || entry.kind !== "file") {
      writer.entry(entry);
      continue;
    }
    writer.entry(entry, digestOf(entry.body));
    writer.body(entry.body);
    writer.pad(entry.size);
  }
  return await writer.finish();
}
