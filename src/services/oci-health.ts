/** Health checks: what is asked of a running container or program, how often, and what happens when it no longer answers. */
import { defineRecord, either, integer, listOf, oneOf, type RecordConstructor, string } from "../record/index.ts";
import { duration } from "./engine-values.ts";
import type { OciHealth, OciHealthInput } from "./oci-health.types.ts";

/** How the health of a container or program is checked. */
export const ociHealth: RecordConstructor<OciHealthInput, OciHealth> = defineRecord(
  "ociHealth",
  "How the health of a container or program is checked. The supervisor asks for each check, so that none depends on a systemd.",
  {
    command: {
      type: either(string, listOf(string)),
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
);
