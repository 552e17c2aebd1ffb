/** `lading lock FILE`: pins every image that is pulled to what its registry has now; --update pins those anew that are pinned. */
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

export async function run(
  context: Context,
  [file = ""]: readonly (string | undefined)[],
  options: { readonly update?: boolean; readonly dryRun?: boolean },
): Answer {
  const { spec } = await context.load(file);
  const before = readLock(file)?.images ?? {};
  const wanted = pinnable(spec);
  const pins = await Promise.all(
    wanted.map(async (image): Promise<readonly [string, PinnedImage]> => {
      const known = before[image.reference];
      if (known !== undefined && options.update !== true) return [image.reference, known];
      return [image.reference, await inspectRemote(image, context.signal)];
    }),
  );
  const lock: LockFile = { version: 1, images: Object.fromEntries(pins) };
  const changes = [
    ...pins.map(([reference, pin]) => ({ reference, details: pinChanges(before[reference], pin) })),
    ...Object.keys(before)
      .filter((reference) => !(reference in lock.images))
      .map((reference) => ({ reference, details: ["no longer declared"] })),
  ].filter(({ details }) => details.length > 0);
  if (context.json) context.print(JSON.stringify({ version: 1, path: lockPath(file), changes }, null, 2));
  else {
    for (const { reference, details } of changes) {
      context.print(reference);
      for (const detail of details) context.print(`    ${detail}`);
    }
    context.print(changes.length === 0 ? `pinned already: ${wanted.length}` : `pins changed: ${changes.length}`);
  }
  if (options.dryRun === true) return changes.length === 0 ? exitCodes.done : exitCodes.wouldChange;
  if (changes.length > 0) writeLock(file, lock);
  return exitCodes.done;
}
