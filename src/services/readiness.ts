/** Readiness: when a unit that was started counts as up, so that what requires it may start. */
import {
  boolean,
  defineRecord,
  either,
  integer,
  listOf,
  type RecordConstructor,
  stringWhere,
} from "../record/index.ts";
import { fileLikeType, stageableText } from "../store/index.ts";
import { duration } from "./engine-values.ts";
import type { Readiness, ReadinessInput } from "./readiness.types.ts";

const endpoint = stringWhere('an address and a port, such as "127.0.0.1:5432" or "[::1]:80"', (text) =>
  /^(?:[^\s:[\]]+|\[[0-9a-f:]+\]):\d{1,5}$/i.test(text),
);

const webAddress = stringWhere("an address that begins with http:// or https://", (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === "http:" || url?.protocol === "https:";
});

const pattern = stringWhere("a regular expression", (text) => {
  try {
    return new RegExp(text) !== undefined;
  } catch {
    return false;
  }
});

/** When a unit that was started counts as up. */
export const readiness: RecordConstructor<ReadinessInput, Readiness> = defineRecord(
  "readiness",
  "When a unit that was started counts as up: what requires it waits for that, and so does a switch. Exactly one of tcp, http, log, program, healthy and notify is declared. A unit that is not ready by the deadline is ended and has failed.",
  {
    tcp: {
      type: either(integer(1, 65_535), endpoint),
      optional: true,
      doc: "It accepts connections there; a port alone is one of 127.0.0.1.",
    },
    http: {
      type: webAddress,
      optional: true,
      doc: "It answers there, with `status`, or with any status from 200 to 399.",
    },
    status: { type: integer(100, 599), optional: true, doc: "The one status that `http` must answer with." },
    log: {
      type: pattern,
      optional: true,
      doc: "A line that it writes after its start matches this regular expression.",
    },
    program: {
      type: listOf(either(stageableText, fileLikeType)),
      optional: true,
      doc: "A program of the host, with its arguments, that exits with 0. It runs as the unit's user.",
    },
    healthy: { type: boolean, default: false, doc: "Its health check has succeeded." },
    notify: {
      type: boolean,
      default: false,
      doc: "It sends READY=1 to the socket that NOTIFY_SOCKET names, as for systemd: sd_notify(3). A container finds the socket mounted.",
    },
    interval: { type: duration, default: "200ms", doc: "From the end of a look to the next." },
    deadline: { type: duration, default: "1m", doc: "How long it may take, from the start." },
  },
);
