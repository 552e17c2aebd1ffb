/** The thread's end of `compress.ts`: a piece comes in, its compressed bytes go out. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { answerJobs } from "./_threads.ts";
import { compressPiece, type Piece } from "./compress-piece.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

answerJobs(
  async (piece: Piece) => {
    const bytes = await compressPiece(piece);
    // The library for gzip makes buffers anew for each piece, of which V8 would let 64 MiB a thread gather.
    if (piece.codec === "gzip") collectGarbage();
    return bytes;
  },
  (bytes) => [bytes.buffer as ArrayBuffer],
);
