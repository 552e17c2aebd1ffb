/** The thread's end of `compress.ts`: a piece comes in, its compressed bytes go out. */
import { parentPort } from "node:worker_threads";
import { compressPiece, type Piece } from "./compress-piece.ts";

parentPort?.on("message", async (piece: Piece) => {
  const bytes = await compressPiece(piece);
  parentPort?.postMessage(bytes);
});
