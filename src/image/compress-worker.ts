/** The thread's end of `compress.ts`: a piece comes in, its compressed bytes go out. */
import { answerJobs } from "./_threads.ts";
import { compressPiece } from "./compress-piece.ts";

answerJobs(compressPiece, (bytes) => [bytes.buffer as ArrayBuffer]);
