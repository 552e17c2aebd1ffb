/** The thread's end of `_compress-threads.ts`: a piece comes in, its compressed bytes go out, in the same order. */
import { parentPort } from "node:worker_threads";
import { compressPiece, type Piece } from "./compress-piece.ts";

let last = Promise.resolve();

parentPort?.on("message", (piece: Piece) => {
  last = last.then(async () => {
    const bytes = await compressPiece(piece);
    parentPort?.postMessage(bytes, [bytes.buffer as ArrayBuffer]);
  });
});
