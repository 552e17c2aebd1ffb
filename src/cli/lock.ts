/**
 * `lading lock FILE`: pins every image that is pulled to what its registry has now, and the packages of every image that is
 * built to what their archives have; --update pins those anew that are pinned, --security takes security updates only.
 */
import { join } from "node:path";
import { canonicalJson } from "../base/index.ts";
import {
  formatRequest,
  type LockedSet,
  resolveDebian,
  securityUpdates,
  setChanges,
  suiteDates,
} from "../packages/index.ts";
import { indexFolder } from "../store/index.ts";
import {
  inspectRemote,
  type LockFile,
  lockPath,
  type PinnedImage,
  pinChanges,
  pinnable,
  readLock,
  writeLock,
} from "../system/index.ts";
import { type Answer, type Context, exitCodes } from "./context.ts";

interface LockOptions {
  readonly update?: boolean;
  readonly security?: boolean;
  readonly dryRun?: boolean;
}

async function pinned(
  context: Context,
  file: string,
  { update, security }: LockOptions,
): Promise<readonly [LockFile, LockFile]> {
  const { spec, requests } = await context.load(file);
  const before = readLock(file) ?? { version: 2, images: {}, packages: [] };
  const pins = await Promise.all(
    pinnable(spec).map(async (image): Promise<readonly [string, PinnedImage]> => {
      const known = before.images[image.reference];
      if (known !== undefined && update !== true) return [image.reference, known];
      return [image.reference, await inspectRemote(image, context.signal)];
    }),
  );
  const options = {
    ...{ cache: join(context.paths.store, indexFolder), signal: context.signal },
    notBefore: suiteDates(before.packages),
  };
  const packages: LockedSet[] = [];
  for (const request of requests) {
    const known = before.packages.find((each) => canonicalJson(each.request) === canonicalJson(request));
    const set =
      known !== undefined && update !== true
        ? known
        : { request, ...(await resolveDebian(request, options)), grafts: [] };
    packages.push(security === true ? { ...set, grafts: await securityUpdates(request, set.packages, options) } : set);
  }
  return [before, { version: 2, images: Object.fromEntries(pins), packages }];
}

interface Change {
  /** The image, or the set of packages. */
  readonly reference: string;
  readonly details: readonly string[];
}

function changesOf(before: LockFile, after: LockFile): readonly Change[] {
  const gone = (names: readonly string[], kept: readonly string[]): readonly Change[] =>
    names.filter((name) => !kept.includes(name)).map((reference) => ({ reference, details: ["no longer declared"] }));
  const nameOf = ({ request }: LockedSet): string => formatRequest(request);
  const sets = after.packages.map((set) => {
    const same = before.packages.find((each) => canonicalJson(each.request) === canonicalJson(set.request));
    return { reference: nameOf(set), details: setChanges(same, set) };
  });
  return [
    ...Object.entries(after.images).map(([reference, pin]) => ({
      reference,
      details: pinChanges(before.images[reference], pin),
    })),
    ...gone(Object.keys(before.images), Object.keys(after.images)),
    ...sets,
    ...gone(before.packages.map(nameOf), after.packages.map(nameOf)),
  ].filter(({ details }) => details.length > 0);
}

export async function run(
  context: Context,
  [file = ""]: readonly (string | undefined)[],
  options: LockOptions,
): Answer {
  const [before, after] = await pinned(context, file, options);
  const changes = changesOf(before, after);
  if (context.json) context.print(JSON.stringify({ version: 1, path: lockPath(file), changes }, null, 2));
  else {
    for (const { reference, details } of changes) {
      context.print(reference);
      for (const detail of details) context.print(`    ${detail}`);
    }
    const count = Object.keys(after.images).length + after.packages.length;
    context.print(changes.length === 0 ? `pinned already: ${count}` : `pins changed: ${changes.length}`);
  }
  if (options.dryRun === true) return changes.length === 0 ? exitCodes.done : exitCodes.wouldChange;
  if (changes.length > 0) writeLock(file, after);
  return exitCodes.done;
}
