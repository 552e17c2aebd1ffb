/** How a declaration names a file beside itself. */
import { posix } from "node:path";

/** The expression for the absolute path of a path that was meant from the declaration's folder. */
export function besideDeclaration(path: string): string {
  return `resolve(import.meta.dirname, ${JSON.stringify(posix.normalize(path))})`;
}
