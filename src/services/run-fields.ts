/** What programs and containers are declared with alike: when they run, when they are up, how they come back and end. */
import { boolean, either, type Field, integer, oneOf, recordOf } from "../record/index.ts";
import { logRotation } from "./log-rotation.ts";
import { readiness } from "./readiness.ts";
import { schedule } from "./schedule.ts";

export const runFields: Readonly<Record<string, Field>> = {
  respawn: {
    type: either(boolean, oneOf("on-failure")),
    default: false,
    doc: 'Whether it is started again when it ends by itself; "on-failure": only when its exit status is not 0.',
  },
  respawnLimit: {
    type: integer(1, 1000),
    default: 5,
    doc: "How many respawns within 7 seconds are too many; the unit has then failed, and is tried again ever more rarely.",
  },
  respawnDelay: { type: integer(0, 3_600_000), default: 100, doc: "Milliseconds from its end to the next start." },
  log: {
    type: recordOf(logRotation),
    optional: true,
    doc: "How much of its log is kept; 16 MiB and four rotated files of as much, where unset.",
  },
  schedule: {
    type: recordOf(schedule),
    optional: true,
    doc: "When it is run; it then does not start by itself, and is to do its work and end.",
  },
  ready: {
    type: recordOf(readiness),
    optional: true,
    doc: "When it counts as up; once it was started, where unset.",
  },
  stopGrace: { type: integer(0, 3_600), default: 5, doc: "Seconds between the request to end and the kill." },
};
