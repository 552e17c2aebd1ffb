/** Unpacks a compressed index into as many bytes as its release file says that it has, and not one more. */
import { decompress, invalidArchive } from "../../archive/index.ts";

/** The ends of an index's name, each with what it says. */
const compressions = { ".gz": "gz", ".xz": "xz", "": "none" } as const;

export type IndexSuffix = keyof typeof compressions;

/** `where` is the address, for errors. */
export async function decompressIndex(
  packed: Buffer,
  suffix: IndexSuffix,
  size: number,
  where: string,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size);
  let filled = 0;
  const source = (async function* () {
    yield packed;
  })();
  for await (const chunk of decompress(source, { compression: compressions[suffix], name: where, limit: size })) {
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  if (filled < size)
    throw invalidArchive(where, `it unpacks to ${filled} of the ${size} bytes that its release file gives it`);
  return bytes;
}
