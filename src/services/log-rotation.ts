/** How much of a unit's log is kept. */
import { defineRecord, integer, type RecordConstructor } from "../record/index.ts";
import { duration, size } from "./engine-values.ts";
import type { LogRotation, LogRotationInput } from "./log-rotation.types.ts";

/** How much of a unit's log is kept. */
export const logRotation: RecordConstructor<LogRotationInput, LogRotation> = defineRecord(
  "logRotation",
  "How much of a unit's log is kept. No line is lost between two files. All rotated files together take 1 GiB at most.",
  {
    size: {
      type: size,
      default: "16m",
      doc: "The size from which on the log is rotated; it is looked at every second.",
    },
    keep: { type: integer(1, 1000), default: 4, doc: "How many rotated files are kept: NAME.log.1 is the newest." },
    age: {
      type: duration,
      optional: true,
      doc: 'The age from which on it is rotated whatever its size, such as "24h".',
    },
  },
);
