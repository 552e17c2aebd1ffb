/** The thread's end of `package-layer.ts`: a package comes in by its path, and its layer is written. */
import { answerJobs } from "./_threads.ts";
import { unpackPackage } from "./unpack-package.ts";

answerJobs(unpackPackage);
