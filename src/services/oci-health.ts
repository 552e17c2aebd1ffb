/** Health checks: what is asked of a running container or program, how often, and what happens when it no longer answers. */
import {
  defineRecord,
  either,
  type FieldType,
  integer,
  listOf,
  oneOf,
  type RecordConstructor,
  refuse,
  string,
} from "../record/index.ts";
import { duration } from "./engine-values.ts";
import { foreignHealth } from "./foreign-fields.ts";
import type { OciHealth, OciHealthInput } from "./oci-health.types.ts";

const anyCommand = either(string, listOf(string));

/** Words of Compose's and Dockerfile's spelling, with which no program's name is written. */
const foreignWords: Readonly<Record<string, string>> = {
  CMD: 'leave "CMD" out: a list is run as it is',
  "CMD-SHELL": "write the command as a string, which the shell runs",
  NONE: "leave `health` out",
};

const healthCommand: FieldType<string | readonly string[]> = {
  ...anyCommand,
  check: (value) => {
    const [first] = Array.isArray(value) ? (value as readonly unknown[]) : [value];
    const hint = foreignWords[String(first)];
    if (hint !== undefined) return refuse("a command", value, hint);
    if (value === "" || first === undefined) return refuse("a command", value);
    return anyCommand.check(value);
  },
};

/** How the health of a container or program is checked. */
export const ociHealth: RecordConstructor<OciHealthInput, OciHealth> = defineRecord(
  "ociHealth",
  "How the health of a container or program is checked. The supervisor asks for each check, so that none depends on a systemd.",
  {
    command: {
      type: healthCommand,
      doc: "What is run, in the container or as the program's user: a list is run as it is, a string by the shell. Exit status 0 is healthy.",
    },
    interval: { type: duration, default: "30s", doc: "From the end of a check to the next." },
    timeout: { type: duration, default: "30s", doc: "A check that takes longer has failed." },
    retries: { type: integer(1, 1000), default: 3, doc: "How many failures in a row make it unhealthy." },
    startPeriod: { type: duration, default: "0s", doc: "Failures in this time after the start do not count." },
    onFailure: {
      type: oneOf("none", "restart", "stop", "kill"),
      default: "none",
      doc: "What is done with an unhealthy one: nothing but saying so, a restart, a stop, or a kill, after which it counts as ended by itself.",
    },
  },
  foreignHealth,
);
