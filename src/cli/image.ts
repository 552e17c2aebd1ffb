/** `lading image VERB`: builds images here; what is said of images stands in files of its own. */
import { dirname, resolve } from "node:path";
import { formatSize, KnownError, shellQuote, shortDigest } from "../base/index.ts";
import { readFacts, readImage, writeArchive, writeLayout } from "../image/index.ts";
import type { PackageFacts } from "../packages/index.ts";
import { existsSync } from "../sys/index.ts";
import { type Answer, type Context, table } from "./context.ts";
import { buildChosen, requireOne } from "./image-choice.ts";

interface BuildOptions {
  readonly output?: string;
  readonly format?: string;
}

type Arguments = readonly (string | undefined)[];
type Verb<O> = (context: Context, given: Arguments, options: O) => Answer;

/** A verb's file is loaded when the verb is called; commands.ts says which options it can have. */
function lazy<O>(load: () => Promise<{ readonly run: Verb<O> }>): Verb<never> {
  return async (context, given, options) => (await load()).run(context, given, options);
}

/** Each verb gets what follows it. */
const verbs: Readonly<Record<string, Verb<never>>> = {
  build,
  push: lazy(() => import("./image-push.ts")),
  inspect: lazy(() => import("./image-inspect.ts")),
  diff: lazy(() => import("./image-diff.ts")),
  verify: lazy(() => import("./image-verify.ts")),
  sbom: lazy(() => import("./image-sbom.ts")),
  provenance: lazy(() => import("./image-provenance.ts")),
};

export async function run(context: Context, [verb = "", ...given]: Arguments, options: never): Answer {
  const carryOut = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (carryOut === undefined)
    throw new KnownError("usage", `image takes ${Object.keys(verbs).join(", ")}, not "${verb}"`);
  return carryOut(context, given, options);
}

/** What the scripts of a package do that nothing stands in for. */
function scriptsBeyond({ name, scripts }: PackageFacts): readonly { name: string; commands: readonly string[] }[] {
  const commands = scripts.flatMap(({ beyond }) => beyond);
  return commands.length === 0 ? [] : [{ name, commands }];
}

const formats = ["oci-archive", "docker-archive", "oci-dir"] as const;

async function build(context: Context, [file = "", name]: Arguments, options: BuildOptions): Answer {
  const format = formats.find((each) => each === (options.format ?? "oci-archive"));
  if (format === undefined)
    throw new KnownError("usage", `--format takes ${formats.join(", ")}, not "${options.format}"`);
  const built = await buildChosen(context, file, name, (chosen) => {
    if (options.output !== undefined) requireOne(chosen, "-o");
  });
  const images = built.images.map(({ path }) => {
    const image = readImage(path);
    const items = image.layers.flatMap(({ item }) => (item === undefined ? [] : [built.host.store.path(item)]));
    return { path, ...image, scripts: items.flatMap(readFacts).flatMap(scriptsBeyond) };
  });
  const [first] = images;
  if (options.output !== undefined && first !== undefined) {
    const output = resolve(options.output);
    if (existsSync(output))
      throw new KnownError("file-exists", `${output} exists already`, { hint: "choose another path, or remove it" });
    if (!existsSync(dirname(output))) {
      const hint = `make it first: mkdir -p ${shellQuote(dirname(output))}`;
      throw new KnownError("file-missing", `there is no folder ${dirname(output)} for the image`, { hint });
    }
    if (format === "oci-dir") await writeLayout(first.path, output);
    else await writeArchive(first.path, output, format);
  }
  if (context.json) context.print(JSON.stringify({ version: 1, images }, null, 2));
  else
    for (const image of images) {
      context.print(`${image.reference}  ${image.id}`);
      const rows = image.layers.map((layer) => ["", shortDigest(layer.diffId), formatSize(layer.size), layer.about]);
      context.print(table(rows, context.columns()));
      for (const { name, commands } of image.scripts)
        context.progress(`note: ${name} does more when it is installed, which was not done: ${commands.join("; ")}`);
    }
  return undefined;
}
