/** What differs between two definitions of a unit, in the words of the declaration. Pure. */

import { shellLine, shortDigest } from "../base/index.ts";
import { fieldOfOption, optionPairs, optionValues } from "../engine/index.ts";
import type { ImageSummary } from "../image/index.ts";
import type { ItemName } from "../store/index.ts";
import { healthOf, type SecretSpec, type UnitSpec } from "../supervisor/index.ts";

function byField(options: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>();
  for (const [name, value] of optionPairs(options)) {
    const field = fieldOfOption[name] ?? name;
    fields.set(field, [...(fields.get(field) ?? []), value]);
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

/** What differs between two values of a field that holds a record. */
function recordChange(field: string, before: object | undefined, after: object | undefined): readonly string[] {
  if (before === undefined || after === undefined) {
    if (before === after) return [];
    return [`${field}: ${before === undefined ? "added" : "removed"}`];
  }
  const show = (value: unknown): string => JSON.stringify(value) ?? "unset";
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) => {
    const [old, now] = [show(Reflect.get(before, key)), show(Reflect.get(after, key))];
    return old === now ? [] : [`${field}.${key}: ${old} → ${now}`];
  });
}

type ContainerStart = Extract<UnitSpec["start"], { readonly kind: "container" }>;

/** The networks that a container joins and the volumes that it mounts, declared or not, each with its kind before its name. */
function objectsOf({ container, connect = [] }: ContainerStart): ReadonlySet<string> {
  const nameIn = (value: string): string => value.split(":", 1)[0] ?? value;
  return new Set([
    ...optionValues(container.options, "--network").map((value) => `network ${nameIn(value)}`),
    // The network stands last: docker-network-connect(1).
    ...connect.flatMap((words) => words.slice(-1)).map((name) => `network ${name}`),
    ...optionValues(container.options, "-v").map((value) => `volume ${nameIn(value)}`),
  ]);
}

/** How the declared networks and volumes changed that a container uses: it comes to them, leaves them, or they are others. */
function usesChange(before: ContainerStart, after: ContainerStart): readonly string[] {
  const [was, is] = [objectsOf(before), objectsOf(after)];
  const [old, now] = [before.uses ?? {}, after.uses ?? {}];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((each) => {
    if (old[each] === now[each]) return [];
    const [comes, goes] = each.startsWith("network ") ? ["joined", "left"] : ["mounted", "mounted no more"];
    if (was.has(each) === is.has(each)) return [`${each}: declared otherwise`];
    return [`${each}: ${is.has(each) ? comes : goes}`];
  });
}

/** What a layer holds, by path; undefined where it is not known. */
export type LayerFiles = (item: ItemName) => ReadonlyMap<string, string> | undefined;

/** How many files of a layer are named before the rest is counted. */
const namedFiles = 12;

function layerChange(
  before: ItemName | undefined,
  after: ItemName | undefined,
  filesIn: LayerFiles,
): readonly string[] {
  const [old, now] = [before, after].map((item) => (item === undefined ? undefined : filesIn(item)));
  if (old === undefined || now === undefined) return [];
  const changes = [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((path) => {
    if (old.get(path) === now.get(path)) return [];
    return [`  ${!old.has(path) ? "+" : now.has(path) ? "~" : "−"} ${path}`];
  });
  const more = changes.length - namedFiles;
  return more > 0 ? [...changes.slice(0, namedFiles), `  and ${more} more`] : changes;
}

/** How two images differ: which layers changed, which files in them, and what stays. */
export function imageDifferences(
  before: ImageSummary | undefined,
  after: ImageSummary,
  filesIn: LayerFiles,
): readonly string[] {
  if (before === undefined)
    return after.layers.map((layer) => `layer ${layer.about}: new (${shortDigest(layer.diffId)})`);
  const lines = after.layers.flatMap((layer) => {
    if (before.layers.some((each) => each.diffId === layer.diffId)) return [];
    const old = before.layers.find((each) => each.about === layer.about);
    return [
      `layer ${layer.about}: ${old === undefined ? "new" : shortDigest(old.diffId)} → ${shortDigest(layer.diffId)}`,
      ...layerChange(old?.item, layer.item, filesIn),
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
  lines.push(...listChange("restartWith", before.restartWith ?? [], after.restartWith));
  lines.push(...recordChange("health", healthOf(before), healthOf(after)));
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
    lines.push(...listChange("networks", (old.connect ?? []).map(String), (now.connect ?? []).map(String)));
    lines.push(...usesChange(old, now));
    const secretOf = (start: typeof now, name: string): SecretSpec | undefined =>
      start.secrets?.find((each) => each.name === name);
    for (const name of new Set([...(old.secrets ?? []), ...(now.secrets ?? [])].map((each) => each.name)))
      lines.push(...recordChange(`secret ${name}`, secretOf(old, name), secretOf(now, name)));
    const name = (pair: string): string => pair.split("=", 1)[0] ?? pair;
    for (const pair of now.hostEnvironment) {
      const same = old.hostEnvironment.find((each) => name(each) === name(pair));
      if (same !== pair) lines.push(`hostEnvironment: ${name(pair)} changed`);
    }
    for (const pair of old.hostEnvironment) {
      if (!now.hostEnvironment.some((each) => name(each) === name(pair)))
        lines.push(`hostEnvironment: ${name(pair)} removed`);
    }
  } else if (old.kind === "objects" && now.kind === "objects") {
    const digestIn = (start: typeof now, name: string): string | undefined =>
      start.items.find((item) => item.name === name)?.digest;
    for (const name of new Set([...old.items, ...now.items].map((item) => item.name))) {
      const [was, is] = [digestIn(old, name), digestIn(now, name)];
      if (was === undefined) lines.push(`+ ${name}`);
      else if (is === undefined) lines.push(`− ${name}`);
      else if (was !== is) lines.push(`${name}: declared otherwise`);
    }
  } else if (old.kind === "program" && now.kind === "program") {
    scalar("start", shellLine(old.argv), shellLine(now.argv));
    lines.push(...listChange("environment", old.environment, now.environment));
    scalar("directory", old.directory, now.directory);
    scalar("supplementaryGroups", old.groups?.join(), now.groups?.join());
    scalar("umask", old.umask?.toString(8), now.umask?.toString(8));
    lines.push(...listChange("limits", old.limits ?? [], now.limits ?? []));
    scalar("stopSignal", old.stopSignal, now.stopSignal);
  } else if (JSON.stringify(old) !== JSON.stringify(now)) lines.push("start: changed");
  return lines;
}
