/** `lading check FILE` */
import { Problems, shortDigest } from "../base/index.ts";
import { observeSources, sourceProblems, warningsOf } from "../system/index.ts";
import type { Answer, Context } from "./context.ts";

export async function run(context: Context, [file = ""]: readonly (string | undefined)[]): Answer {
  const { spec } = await context.load(file);
  const problems = sourceProblems(spec, observeSources(spec));
  if (problems.length > 0) throw new Problems(problems);
  const warnings = warningsOf(spec);
  context.warn(warnings);
  const containers = spec.units.filter((unit) => unit.start.kind === "container").length;
  if (context.json)
    context.print(JSON.stringify({ version: 1, problems: [], warnings, units: spec.units.length, containers }));
  else
    context.print(
      `${file}: no problems; ${spec.units.length} units, ${containers} of them containers, ${
        spec.images
          .filter((image) => image.item)
          .map((image) => `${image.reference} (${shortDigest(image.item ?? "")})`)
          .join(", ") || "no images to build"
      }`,
    );
  return undefined;
}
