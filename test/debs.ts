/** Debian packages for tests, made by dpkg-deb from trees written on the spot. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { imageBuilders } from "../src/image/index.ts";
import type { LockedPackage } from "../src/packages/index.ts";
import { type ItemName, Lowerer, localFile, makeDerivation, Store, storeBuilders } from "../src/store/index.ts";
import { Scratch } from "./support.ts";

export interface DebTree {
  readonly name: string;
  readonly version?: string;
  readonly architecture?: string;
  /** More lines of its control file. */
  readonly control?: string;
  /** Contents by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Files of the control archive, with mode 0755 where they are scripts. */
  readonly scripts?: Readonly<Record<string, string>>;
  readonly compression?: "none" | "gzip" | "xz" | "zstd";
  /** Changes the tree before it is packed. */
  readonly prepare?: (tree: string) => void;
}

/** Makes packages, and layers of them in a store. */
export class DebYard extends Scratch {
  readonly store: Store = new Store(join(this.path, "store"));

  /** The path of the .deb. */
  deb(tree: DebTree): string {
    const { name, version = "1.0", architecture = "amd64", compression = "xz" } = tree;
    const root = join(this.path, `${name}-${version}-${architecture}.tree`);
    const put = (path: string, content: string, mode: number): void => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
      chmodSync(join(root, path), mode);
    };
    const fields = `Package: ${name}\nVersion: ${version}\nArchitecture: ${architecture}\nMaintainer: A <a@example.org>\nDescription: test\n it is\n`;
    put("DEBIAN/control", fields + (tree.control ?? ""), 0o644);
    for (const [path, content] of Object.entries(tree.scripts ?? {}))
      put(`DEBIAN/${path}`, content, /^(pre|post|config)/.test(path) ? 0o755 : 0o644);
    for (const [path, content] of Object.entries(tree.files ?? {})) put(path, content, 0o644);
    tree.prepare?.(root);
    const path = join(this.path, `${name}_${version}_${architecture}.deb`);
    const options = ["--root-owner-group", `-Z${compression}`];
    // The owners that a test gave are kept, if it gave any.
    execFileSync("dpkg-deb", [...(tree.prepare ? [options[1] ?? ""] : options), "--nocheck", "-b", root, path], {
      stdio: ["ignore", "ignore", "ignore"],
    });
    return path;
  }

  locked(path: string): LockedPackage {
    const field = (of: string): string => execFileSync("dpkg-deb", ["-f", path, of]).toString().trim();
    const [name, version, architecture] = [field("Package"), field("Version"), field("Architecture")];
    const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
    return { name, version, architecture, sha256, size: statSync(path).size, path: "pool/x.deb", archive: 0 };
  }

  /** Builds the layer of a package; the item and its path. */
  async layer(
    deb: string,
    locked: LockedPackage = this.locked(deb),
  ): Promise<{ readonly item: ItemName; readonly path: string }> {
    const lowerer = new Lowerer();
    const file = lowerer.file(localFile(deb, { name: "x.deb" }));
    const args = { format: 1, package: locked, deb: file };
    const layer = makeDerivation({ name: locked.name, builder: "package-layer", args, inputs: [file.ref] });
    lowerer.add(layer);
    await this.#build([...lowerer.derivations.values()], layer.item);
    return { item: layer.item, path: this.store.path(layer.item) };
  }

  async merge(layers: readonly ItemName[]): Promise<string> {
    const merged = makeDerivation({
      name: "merged",
      builder: "merge-layers",
      args: { format: 1, layers },
      inputs: layers,
    });
    await this.#build([merged], merged.item);
    return this.store.path(merged.item);
  }

  async #build(derivations: readonly ReturnType<typeof makeDerivation>[], target: ItemName): Promise<void> {
    await this.store.build(new Map(derivations.map((each) => [each.item, each])), [target], {
      builders: { ...storeBuilders, ...imageBuilders },
    });
  }
}
