/** The memory of a process that stays for long. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes by which the heap may grow before it is worth a collection. */
const worthwhile = 4 << 20;

let heapAfterCollection = 0;

/**
 * Gives back to the system what a busy time left: V8 keeps the space for new objects as large as that needed it, until a
 * full collection, which it has no reason for while little happens.
 */
export function shrinkHeap(): void {
  if (process.memoryUsage().heapTotal - heapAfterCollection < worthwhile) return;
  // Only contexts that are made from now on have the function. A name that V8 does not know costs a line on stderr, no more.
  setFlagsFromString("--expose-gc");
  setFlagsFromString("--compact-on-every-full-gc");
  (runInNewContext("gc") as () => void)();
  setFlagsFromString("--no-compact-on-every-full-gc");
  setFlagsFromString("--no-expose-gc");
  heapAfterCollection = process.memoryUsage().heapTotal;
}
