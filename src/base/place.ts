/**
 * Where in the user's files a value was made. A declaration is bundled before it runs, so positions in the running code
 * are mapped back through the bundle's source map; code of Lading itself never counts as a place.
 */
import { SourceMap, type SourceMapPayload } from "node:module";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** A position in a source file; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

interface Bundle {
  readonly map: SourceMap;
  readonly folder: string;
}

const bundles = new Map<string, Bundle>();
/** The source files of all bundles, as they were when they were bundled. */
const sources = new Map<string, string>();
const ownRoot = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** Makes positions in the bundle at `url` resolve to the sources in its map, relative to `folder`. */
export function registerBundle(url: string, sourceMapJson: string, folder: string): void {
  const raw = JSON.parse(sourceMapJson) as SourceMapPayload;
  // A source map names its sources by addresses: what stands for itself in a path is escaped there.
  const payload = { ...raw, sources: raw.sources.map((source) => decodeURIComponent(source)) };
  bundles.set(url, { map: new SourceMap(payload), folder });
  for (const [index, file] of payload.sources.entries()) {
    const content = payload.sourcesContent?.[index];
    if (typeof content === "string") sources.set(resolve(folder, file), content);
  }
}

/** The text of a source file of a registered bundle. */
export function sourceOf(file: string): string | undefined {
  return sources.get(file);
}

/** The paths of modules, by their addresses: each record asks for those on its stack. */
const paths = new Map<string, string>();

function fileOf(frame: NodeJS.CallSite): string | undefined {
  const name = frame.getFileName();
  if (name === null || name === undefined || name.startsWith("node:")) return undefined;
  const known = paths.get(name);
  if (known !== undefined) return known;
  const path = name.startsWith("file:") ? fileURLToPath(name) : name;
  paths.set(name, path);
  return path;
}

/** Maps a position of running code; undefined for code that is not the user's. */
function mapPosition(file: string, line: number, column: number): Place | undefined {
  const bundle = bundles.get(file);
  if (bundle === undefined) {
    return file.startsWith(`${ownRoot}/`) || file.includes("/node_modules/") ? undefined : { file, line, column };
  }
  const entry = bundle.map.findEntry(line - 1, column - 1);
  if (!("originalSource" in entry)) return undefined;
  const source = resolve(bundle.folder, entry.originalSource);
  if (source.includes("/node_modules/")) return undefined;
  return { file: source, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}

/** The places of the user's own code on the stack, the innermost first; of the first `limit` at most. */
export function capturePlaces(limit: number): readonly Place[] {
  const holder: { stack?: NodeJS.CallSite[] | string } = {};
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.prepareStackTrace = (_, frames) => frames;
  Error.stackTraceLimit = 50;
  try {
    Error.captureStackTrace(holder, capturePlaces);
    const frames = holder.stack;
    return Array.isArray(frames) ? userPlaces(frames, limit) : [];
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function userPlaces(frames: readonly NodeJS.CallSite[], limit: number): readonly Place[] {
  const places: Place[] = [];
  for (const frame of frames) {
    const file = fileOf(frame);
    if (file === undefined) continue;
    const place = mapPosition(file, frame.getLineNumber() ?? 1, frame.getColumnNumber() ?? 1);
    if (place !== undefined) places.push(place);
    if (places.length === limit) break;
  }
  return places;
}

/** The innermost place of the user's own code on the stack, or undefined when there is none. */
export function capturePlace(): Place | undefined {
  return capturePlaces(1)[0];
}

/** The path of a frame's file; undefined for an address that is no path. */
function pathOf(url: string): string | undefined {
  try {
    return url.startsWith("file:") ? fileURLToPath(url) : url;
  } catch {
    return undefined;
  }
}

/** The first user place in the stack of a thrown error. */
export function placeOfError(error: unknown): Place | undefined {
  if (!(error instanceof Error) || typeof error.stack !== "string") return undefined;
  // The message stands before the frames, and may look like one.
  const frames = error.stack.slice(
    error.stack.startsWith(`${error.name}: ${error.message}`)
      ? `${error.name}: ${error.message}`.length
      : Math.max(0, error.stack.indexOf("\n    at ")),
  );
  // A path begins where the frame says so: within Node's own addresses, such as node:internal/modules, there is none.
  for (const match of frames.matchAll(/^ {4}at (?:async )?(?:.* \()?((?:file:\/\/)?\/[^()\n]*):(\d+):(\d+)\)?$/gm)) {
    const [, url = "", line = "1", column = "1"] = match;
    const file = pathOf(url);
    if (file === undefined) continue;
    const place = mapPosition(file, Number(line), Number(column));
    if (place !== undefined) return place;
  }
  return undefined;
}

/** `file:line:column`, with the file relative to the working folder when it lies below it. */
export function formatPlace(place: Place, folder: string = process.cwd()): string {
  const near = relative(folder, place.file);
  const file = near === ".." || near.startsWith("../") || near === "" ? place.file : near;
  return `${file}:${place.line}:${place.column}`;
}
