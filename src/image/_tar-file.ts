/** Tar archives that lie on the disk, of which the headers alone are wanted. */
import type { TarSource } from "../archive/index.ts";
import { fstatSync, readSync } from "../sys/index.ts";

/** Bytes that are read at a time. */
const headersSize = 4096;

/** An open file as a tar: bodies are stepped over without being read. */
export function tarOf(descriptor: number): TarSource {
  const { size } = fstatSync(descriptor);
  let at = 0;
  return {
    skip: (bytes) => {
      const passed = Math.min(bytes, size - at);
      at += passed;
      return passed;
    },
    async *[Symbol.asyncIterator]() {
      while (at < size) {
        const buffer = Buffer.allocUnsafe(Math.min(headersSize, size - at));
        const count = readSync(descriptor, buffer, 0, buffer.length, at);
        if (count === 0) return;
        at += count;
        yield buffer.subarray(0, count);
      }
    },
  };
}
