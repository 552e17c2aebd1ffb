/** What differs between two definitions of a unit, in the words of the declaration. Pure. */

import { shortDigest } from "../base/index.ts";
import type { ImageSummary } from "../image/index.ts";
import type { UnitSpec } from "../supervisor/index.ts";

/** Options of the engine, by the field that they come from. */
const fieldOf: Readonly<Record<string, string>> = {
  "--entrypoint": "entrypoint",
  "--env": "environment",
  "--network": "network",
  "--user": "containerUser",
  "--workdir": "workdir",
  "-p": "ports",
  "-v": "volumes",
};

function byField(options: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>();
  for (let index = 0; index < options.length; index += 2) {
    const field = fieldOf[options[index] ?? ""] ?? options[index] ?? "";
    fields.set(field, [...(fields.get(field) ?? []), options[index + 1] ?? ""]);
  }
  return fields;
}

function listChange(field: string, before: readonly string[], after: readonly string[]): readonly string[] {
  const gone = before.filter((each) => !after.includes(each)).map((each) => `${field}: − ${each}`);
  const come = after.filter((each) => !before.includes(each)).map((each) => `${field}: + ${each}`);
  const changes = [...gone, ...come];
  if (changes.length > 0) return changes;
  return before.join("\0") === after.join("\0") ? [] : [`${field}: another order`];
}

/** How two images differ: which layers changed, and what stays. */
export function imageDifferences(before: ImageSummary | undefined, after: ImageSummary): readonly string[] {
  if (before === undefined)
    return after.layers.map((layer) => `layer ${layer.about}: new (${shortDigest(layer.diffId)})`);
  const lines = after.layers.flatMap((layer) => {
    if (before.layers.some((each) => each.diffId === layer.diffId)) return [];
    const old = before.layers.find((each) => each.about === layer.about);
    return [
      `layer ${layer.about}: ${old === undefined ? "new" : shortDigest(old.diffId)} → ${shortDigest(layer.diffId)}`,
    ];
  });
  const gone = before.layers.filter((layer) => !after.layers.some((each) => each.about === layer.about));
  const config = lines.length + gone.length === 0 ? ["configuration: changed"] : [];
  return [...lines, ...gone.map((layer) => `layer ${layer.about}: removed`), ...config];
}

/** Field by field, what makes `after` another unit than `before`. Values of hostEnvironment are secrets: only names show. */
export function unitDifferences(before: UnitSpec, after: UnitSpec): readonly string[] {
  const lines: string[] = [];
  const scalar = (field: string, old: unknown, now: unknown): void => {
    if (old !== now) lines.push(`${field}: ${old ?? "unset"} → ${now ?? "unset"}`);
  };
  for (const field of [
    "oneShot",
    "respawn",
    "respawnLimit",
    "respawnDelay",
    "stopGrace",
    "logFile",
    "user",
    "group",
  ] as const) {
    scalar(field, before[field], after[field]);
  }
  lines.push(...listChange("requirement", before.requirement, after.requirement));
  const [old, now] = [before.start, after.start];
  if (old.kind === "container" && now.kind === "container") {
    scalar("image", old.container.image, now.container.image);
    if (old.imageId !== now.imageId && old.imageId !== null) {
      lines.push(
        `image: ${shortDigest(old.imageId)} → ${now.imageId === null ? "not built yet" : shortDigest(now.imageId)}`,
      );
    }
    const [was, is] = [byField(old.container.options), byField(now.container.options)];
    for (const field of new Set([...was.keys(), ...is.keys()])) {
      lines.push(...listChange(field, was.get(field) ?? [], is.get(field) ?? []));
    }
    lines.push(...listChange("extraArguments", old.container.extraArguments, now.container.extraArguments));
    lines.push(...listChange("command", old.container.command, now.container.command));
    const name = (pair: string): string => pair.split("=", 1)[0] ?? pair;
    for (const pair of now.hostEnvironment) {
      const same = old.hostEnvironment.find((each) => name(each) === name(pair));
      if (same !== pair) lines.push(`hostEnvironment: ${name(pair)} changed`);
    }
    for (const pair of old.hostEnvironment) {
      if (!now.hostEnvironment.some((each) => name(each) === name(pair)))
        lines.push(`hostEnvironment: ${name(pair)} removed`);
    }
  } else if (JSON.stringify(old) !== JSON.stringify(now)) lines.push("start: changed");
  return lines;
}
