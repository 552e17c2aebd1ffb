/** An image's configuration as anybody wrote it: image-spec, config.md. */
import { type Digest, isDigest, isFields } from "../base/index.ts";
import type { ImageConfig } from "./contents.ts";
import { type Report, show } from "./layout-document.ts";

export interface Config {
  readonly value: ImageConfig;
  readonly diffIds: readonly Digest[];
  /** What the history says of each layer. */
  readonly abouts: readonly string[];
}

const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** Reads a configuration; undefined, and reported, where layers could not be told by it. */
export function readConfig(value: unknown, where: string, report: Report): Config | undefined {
  if (value === undefined) return undefined;
  if (!isFields(value)) return void report(where, "is no object");
  for (const key of ["os", "architecture"] as const)
    if (typeof value[key] !== "string" || value[key] === "")
      report(where, `has the ${key} ${show(value[key])}, expected a text`);
  const { created, rootfs, history, config } = value;
  if (created !== undefined && created !== null && !(typeof created === "string" && rfc3339.test(created)))
    report(where, `has the created ${show(created)}, expected a time as RFC 3339 has it`);
  if (config !== undefined && config !== null && !isFields(config)) report(where, "has a config that is no object");
  const ids = isFields(rootfs) ? rootfs.diff_ids : undefined;
  if (!isFields(rootfs) || rootfs.type !== "layers") report(where, 'has a rootfs that is not of the type "layers"');
  if (!Array.isArray(ids) || !ids.every(isDigest)) return void report(where, "has no diff_ids that are all digests");
  const steps = (Array.isArray(history) ? history : []).filter(isFields).filter((step) => step.empty_layer !== true);
  if (Array.isArray(history) && history.length > 0 && steps.length !== ids.length)
    report(where, `has a history of ${steps.length} layers, expected ${ids.length}`);
  const text = (each: unknown): string | undefined => (typeof each === "string" && each !== "" ? each : undefined);
  return {
    value: {
      ...optional("os", text(value.os)),
      ...optional("architecture", text(value.architecture)),
      ...optional("created", text(created)),
      ...(isFields(config) ? { config } : {}),
    },
    diffIds: ids,
    abouts: ids.map((_, index) => text(steps[index]?.comment) ?? text(steps[index]?.created_by) ?? ""),
  };
}

function optional<K extends string>(key: K, value: string | undefined): { readonly [key in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [key in K]?: string };
}
