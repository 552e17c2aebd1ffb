/** `lading image verify FILE [NAME]`, or `verify PATH` of anybody's layout or archive: whether all of it is what it says. */
import { resolve } from "node:path";
import { formatSize } from "../base/index.ts";
import { type VerifiedLayout, verifyLayout } from "../image/index.ts";
import { type Answer, type Context, exitCodes } from "./context.ts";
import { printable } from "./foreign-text.ts";
import { buildChosen, isDeclaration } from "./image-choice.ts";

export async function run(context: Context, [file = "", name]: readonly (string | undefined)[]): Answer {
  const paths = isDeclaration(file)
    ? (await buildChosen(context, file, name)).images.map((each) => each.path)
    : [resolve(file)];
  const verified: (VerifiedLayout & { readonly path: string })[] = [];
  for (const each of paths) verified.push({ path: each, ...(await verifyLayout(each, context.signal)) });
  if (context.json) context.print(JSON.stringify({ version: 1, verified }, null, 2));
  else for (const each of verified) for (const line of formatVerified(context, each)) context.print(line);
  return verified.every((each) => each.problems.length === 0) ? exitCodes.done : exitCodes.failed;
}

function formatVerified(context: Context, { path, ...verified }: VerifiedLayout & { readonly path: string }): string[] {
  const { images, blobs, bytes, problems } = verified;
  const names = images.map((image) => `${printable(image.reference || path)} (${image.layers} layers)`).join(", ");
  const checked = `${blobs} blobs, ${formatSize(bytes)}`;
  const lines = [
    ...problems.map(({ where, problem }) => `${context.paint("red", printable(where))} ${printable(problem)}`),
  ];
  if (problems.length === 0) return [...lines, `${names || path}: intact; ${checked}`];
  return [...lines, `${path}: ${problems.length} ${problems.length === 1 ? "problem" : "problems"}; ${checked}`];
}
