/** The thread's end of `_compress-threads.ts`: a piece comes in, its compressed bytes go out, in the same order. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parentPort } from "node:worker_threads";
import { compressPiece, type Piece } from "./compress-piece.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

let last = Promise.resolve();

parentPort?.on("message", (piece: Piece) => {
  last = last.then(async () => {
    const bytes = await compressPiece(piece);
    parentPort?.postMessage(bytes, [bytes.buffer as ArrayBuffer]);
    // The library for gzip makes buffers anew for each piece, of which V8 would let 64 MiB a thread gather.
    if (piece.codec === "gzip") collectGarbage();
  });
});
