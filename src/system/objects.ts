/** Networks and volumes as declared, against those that exist: what differs, and what is done about it. Pure. */
import { type EngineObject, labels } from "../engine/index.ts";
import type { ObjectSpec } from "./spec.ts";

/** Labels of ours and of the engine's own. */
function isBookkeeping(key: string): boolean {
  return key.startsWith("dev.lading.") || key.startsWith("io.podman.") || key.startsWith("com.docker.");
}

function labelDifferences(declared: readonly string[], found: EngineObject, own: boolean): readonly string[] {
  const wanted = new Map(
    declared.map((pair) => {
      const cut = pair.indexOf("=");
      return cut === -1 ? ([pair, ""] as const) : ([pair.slice(0, cut), pair.slice(cut + 1)] as const);
    }),
  );
  const lines: string[] = [];
  for (const [key, value] of wanted) {
    const now = found.labels[key];
    if (now === undefined) lines.push(`labels: + ${key}=${value}`);
    else if (now !== value) lines.push(`labels: ${key}=${now} → ${value}`);
  }
  // Labels that somebody else gave to what somebody else made are none of ours.
  if (own) {
    for (const [key, value] of Object.entries(found.labels))
      if (!wanted.has(key) && !isBookkeeping(key)) lines.push(`labels: − ${key}=${value}`);
  }
  return lines;
}

/** What can be seen to differ; a field that is not declared is left to the engine. */
function visibleDifferences({ object, fields }: ObjectSpec, found: EngineObject, own: boolean): readonly string[] {
  const lines: string[] = [];
  const scalar = (field: string, now: unknown, wanted: unknown): void => {
    if (wanted !== undefined && now !== wanted) lines.push(`${field}: ${now ?? "unset"} → ${wanted}`);
  };
  if (object === "network") {
    scalar("driver", found.driver, fields.driver);
    scalar("internal", found.internal, fields.internal);
    scalar("ipv6", found.ipv6 || (fields.subnet?.includes(":") ?? false), fields.ipv6 || fields.subnet?.includes(":"));
    const list = (values: readonly (string | undefined)[]): string => values.filter(Boolean).join(", ") || "unset";
    const subnets = found.subnets.map((each) => each.subnet);
    if (fields.subnet !== undefined && !subnets.includes(fields.subnet))
      lines.push(`subnet: ${list(subnets)} → ${fields.subnet}`);
    const gateways = found.subnets.map((each) => each.gateway);
    if (fields.gateway !== undefined && !gateways.includes(fields.gateway))
      lines.push(`gateway: ${list(gateways)} → ${fields.gateway}`);
  }
  return [...lines, ...labelDifferences(fields.labels, found, own)];
}

/** What differs between a network or volume and its declaration, field by field; empty when nothing does. */
export function objectDifferences(declared: ObjectSpec, found: EngineObject, owner: string): readonly string[] {
  const own = found.labels[labels.owner] === owner;
  const made = found.labels[labels.spec];
  const lines = visibleDifferences(declared, found, own);
  // The digest tells of what no engine shows.
  const hidden = own && made !== undefined && made !== declared.digest && areOnlyLabels(lines);
  return hidden && (declared.object === "volume" || lines.length === 0) ? [...lines, "extraArguments: changed"] : lines;
}

/** Whether only labels differ: a volume is not made anew for that. */
export function areOnlyLabels(differences: readonly string[]): boolean {
  return differences.every((line) => line.startsWith("labels: "));
}
