// Generated from the fields in readiness.ts by `npm run generate`.
import type { FileLike, StagedText } from "../store/index.ts";

/**
 * What `readiness({ … })` takes. When a unit that was started counts as up: what requires it waits for that, and so
 * does a switch. Exactly one of tcp, http, log, program, healthy and notify is declared. A unit that is not ready by
 * the deadline is ended and has failed.
 */
export interface ReadinessInput {
  /** It accepts connections there; a port alone is one of 127.0.0.1. */
  readonly tcp?: number | string | undefined;
  /** It answers there, with `status`, or with any status from 200 to 399. */
  readonly http?: string | undefined;
  /** The one status that `http` must answer with. */
  readonly status?: number | undefined;
  /** A line that it writes after its start matches this regular expression. */
  readonly log?: string | undefined;
  /** A program of the host, with its arguments, that exits with 0. It runs as the unit's user. */
  readonly program?: readonly (string | StagedText | FileLike)[] | undefined;
  /** Its health check has succeeded. Default: `false`. */
  readonly healthy?: boolean | undefined;
  /**
   * It sends READY=1 to the socket that NOTIFY_SOCKET names, as for systemd: sd_notify(3). A container finds the
   * socket mounted. Default: `false`.
   */
  readonly notify?: boolean | undefined;
  /** From the end of a look to the next. Default: `"200ms"`. */
  readonly interval?: string | undefined;
  /** How long it may take, from the start. Default: `"1m"`. */
  readonly deadline?: string | undefined;
}

/**
 * A checked, frozen `readiness`. When a unit that was started counts as up: what requires it waits for that, and so
 * does a switch. Exactly one of tcp, http, log, program, healthy and notify is declared. A unit that is not ready by
 * the deadline is ended and has failed.
 */
export interface Readiness {
  /** It accepts connections there; a port alone is one of 127.0.0.1. */
  readonly tcp?: number | string | undefined;
  /** It answers there, with `status`, or with any status from 200 to 399. */
  readonly http?: string | undefined;
  /** The one status that `http` must answer with. */
  readonly status?: number | undefined;
  /** A line that it writes after its start matches this regular expression. */
  readonly log?: string | undefined;
  /** A program of the host, with its arguments, that exits with 0. It runs as the unit's user. */
  readonly program?: readonly (string | StagedText | FileLike)[] | undefined;
  /** Its health check has succeeded. Default: `false`. */
  readonly healthy: boolean;
  /**
   * It sends READY=1 to the socket that NOTIFY_SOCKET names, as for systemd: sd_notify(3). A container finds the
   * socket mounted. Default: `false`.
   */
  readonly notify: boolean;
  /** From the end of a look to the next. Default: `"200ms"`. */
  readonly interval: string;
  /** How long it may take, from the start. Default: `"1m"`. */
  readonly deadline: string;
}
