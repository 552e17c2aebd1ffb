/** What `check` found, in the forms that other programs read: JSON, GitHub's workflow commands, SARIF. */
import { relative } from "node:path";
import { codes, type ErrorReport, type Place } from "../base/index.ts";
import type { Findings, Weighed } from "../system/index.ts";
import { version } from "./version.ts";

export const formats = ["text", "json", "github", "sarif"] as const;

export type Format = (typeof formats)[number];

/** The version of the shape that `--format json` prints. */
const shape = 1;

export interface Report extends Findings {
  /** Numbers of what was checked; null where it could not be folded. */
  readonly units: number | null;
  readonly containers: number | null;
}

function withoutWeight({ weight: _, call: __, ...rest }: Weighed): ErrorReport {
  return rest;
}

function json({ found, suppressed, units, containers }: Report): string {
  const of = (weight: Weighed["weight"]): readonly object[] =>
    found.filter((each) => each.weight === weight).map(withoutWeight);
  return JSON.stringify({
    ...{ version: shape, problems: of("error"), warnings: of("warning") },
    suppressed: suppressed.map(withoutWeight),
    ...(units === null ? {} : { units, containers }),
  });
}

/** Messages and properties have characters that GitHub would take for its own. */
function escaped(text: string, property: boolean): string {
  const plain = text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  return property ? plain.replaceAll(":", "%3A").replaceAll(",", "%2C") : plain;
}

/** GitHub shows ten annotations of a kind and step, so what weighs most comes first. */
function github({ found }: Report, folder: string): string {
  return [...found]
    .sort((a, b) => Number(b.weight === "error") - Number(a.weight === "error"))
    .map(({ weight, code, message, hint, where }) => {
      const place =
        where === undefined
          ? []
          : [`file=${escaped(nearFile(where, folder), true)}`, `line=${where.line}`, `col=${where.column}`];
      const properties = [...place, `title=${escaped(code, true)}`].join(",");
      return `::${weight} ${properties}::${escaped(hint === undefined ? message : `${message}\n${hint}`, false)}`;
    })
    .join("\n");
}

/** A file relative to the folder that the command runs in, as tools look for it. */
function nearFile({ file }: Place, folder: string): string {
  const near = relative(folder, file);
  return near === ".." || near.startsWith("../") ? file : near;
}

/** A path as a reference of a document: characters that addresses have a use for stand for themselves. */
function uriOf(path: string): string {
  const uri = path.split("/").map(encodeURIComponent).join("/");
  return path.startsWith("/") ? `file://${uri}` : uri;
}

function location(place: Place, folder: string): object {
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(nearFile(place, folder)) },
      region: { startLine: place.line, startColumn: place.column },
    },
  };
}

/** SARIF 2.1.0, as code scanning services take it. */
function sarif({ found, suppressed }: Report, folder: string): string {
  const all = [...found.map((each) => ({ ...each, reason: undefined })), ...suppressed];
  const used = [...new Set(all.map(({ code }) => code))].sort();
  const rules = used.map((id) => ({
    id,
    shortDescription: {
      text: Object.hasOwn(codes, id) ? codes[id as keyof typeof codes] : "A rule of the declaration.",
    },
  }));
  const results = all.map(({ code, weight, message, hint, where, also, reason }) => ({
    ...{ ruleId: code, ruleIndex: used.indexOf(code), level: weight },
    message: { text: hint === undefined ? message : `${message}. ${hint}` },
    ...(where === undefined ? {} : { locations: [location(where, folder)] }),
    ...(also === undefined ? {} : { relatedLocations: [location(also, folder)] }),
    ...(reason === undefined ? {} : { suppressions: [{ kind: "inSource", justification: reason }] }),
  }));
  return JSON.stringify(
    {
      $schema: "https://json.schemastore.org/sarif-2.1.0.json",
      version: "2.1.0",
      runs: [
        {
          tool: { driver: { name: "lading", version, semanticVersion: version, rules } },
          columnKind: "utf16CodeUnits",
          results,
        },
      ],
    },
    null,
    2,
  );
}

/** The report as one text; "" where there is nothing to print. */
export function formatReport(report: Report, format: Exclude<Format, "text">, folder: string = process.cwd()): string {
  switch (format) {
    case "json":
      return json(report);
    case "github":
      return github(report, folder);
    case "sarif":
      return sarif(report, folder);
  }
}
