/** What a layer's item knows of the packages in it: beside a package's own layer, and beside one merged from several. */
import { join } from "node:path";
import type { PackageFacts } from "../packages/index.ts";
import { writeOutput } from "../store/index.ts";
import { readTextIfExists } from "../sys/index.ts";

const oneName = "facts.json";
const severalName = "packages.json";

export function writeFacts(item: string, facts: PackageFacts | readonly PackageFacts[]): void {
  writeOutput(join(item, Array.isArray(facts) ? severalName : oneName), `${JSON.stringify(facts)}\n`);
}

export function readFacts(item: string): readonly PackageFacts[] {
  const one = readTextIfExists(join(item, oneName));
  if (one !== undefined) return [JSON.parse(one) as PackageFacts];
  return JSON.parse(readTextIfExists(join(item, severalName)) ?? "[]") as readonly PackageFacts[];
}
