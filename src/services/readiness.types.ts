// Generated from the fields in readiness.ts by `npm run generate`.
import type { FileLike, StagedText } from "../store/index.ts";

/**
 * What `readiness({ … })` takes. When a unit that was started counts as up: what requires it waits for that, and so
 * does a switch. Exactly one of tcp, http, log, program, healthy and notify is declared. A unit that is not ready by
 * the deadline is ended and has failed.
 */
export interface ReadinessInput {
  /**
   * It accepts connections there; a port alone is one of 127.0.0.1.
   * Takes a whole number from 1 to 65535, or an address and a port, such as "127.0.0.1:5432" or "[::1]:80".
   * @defaultValue unset
   */
  readonly tcp?: number | string | undefined;
  /**
   * It answers there, with `status`, or with any status from 200 to 399.
   * Takes an address that begins with http:// or https://.
   * @defaultValue unset
   */
  readonly http?: string | undefined;
  /**
   * The one status that `http` must answer with.
   * Takes a whole number from 100 to 599.
   * @defaultValue unset
   */
  readonly status?: number | undefined;
  /**
   * A line that it writes after its start matches this regular expression.
   * Takes a regular expression.
   * @defaultValue unset
   */
  readonly log?: string | undefined;
  /**
   * A program of the host, with its arguments, that exits with 0. It runs as the unit's user.
   * Takes a list, each element a string or staged text, or a file-like, such as plainFile(…) or localFile(…).
   * @defaultValue unset
   */
  readonly program?: readonly (string | StagedText | FileLike)[] | undefined;
  /**
   * Its health check has succeeded.
   * @defaultValue `false`
   */
  readonly healthy?: boolean | undefined;
  /**
   * It sends READY=1 to the socket that NOTIFY_SOCKET names, as for systemd: sd_notify(3). A container finds the
   * socket mounted.
   * @defaultValue `false`
   */
  readonly notify?: boolean | undefined;
  /**
   * From the end of a look to the next.
   * Takes a duration such as "500ms", "30s" or "1m30s".
   * @defaultValue `"200ms"`
   */
  readonly interval?: string | undefined;
  /**
   * How long it may take, from the start.
   * Takes a duration such as "500ms", "30s" or "1m30s".
   * @defaultValue `"1m"`
   */
  readonly deadline?: string | undefined;
}

/**
 * A checked, frozen `readiness`. When a unit that was started counts as up: what requires it waits for that, and so
 * does a switch. Exactly one of tcp, http, log, program, healthy and notify is declared. A unit that is not ready by
 * the deadline is ended and has failed.
 */
export interface Readiness {
  /**
   * It accepts connections there; a port alone is one of 127.0.0.1.
   * Takes a whole number from 1 to 65535, or an address and a port, such as "127.0.0.1:5432" or "[::1]:80".
   * @defaultValue unset
   */
  readonly tcp?: number | string | undefined;
  /**
   * It answers there, with `status`, or with any status from 200 to 399.
   * Takes an address that begins with http:// or https://.
   * @defaultValue unset
   */
  readonly http?: string | undefined;
  /**
   * The one status that `http` must answer with.
   * Takes a whole number from 100 to 599.
   * @defaultValue unset
   */
  readonly status?: number | undefined;
  /**
   * A line that it writes after its start matches this regular expression.
   * Takes a regular expression.
   * @defaultValue unset
   */
  readonly log?: string | undefined;
  /**
   * A program of the host, with its arguments, that exits with 0. It runs as the unit's user.
   * Takes a list, each element a string or staged text, or a file-like, such as plainFile(…) or localFile(…).
   * @defaultValue unset
   */
  readonly program?: readonly (string | StagedText | FileLike)[] | undefined;
  /**
   * Its health check has succeeded.
   * @defaultValue `false`
   */
  readonly healthy: boolean;
  /**
   * It sends READY=1 to the socket that NOTIFY_SOCKET names, as for systemd: sd_notify(3). A container finds the
   * socket mounted.
   * @defaultValue `false`
   */
  readonly notify: boolean;
  /**
   * From the end of a look to the next.
   * Takes a duration such as "500ms", "30s" or "1m30s".
   * @defaultValue `"200ms"`
   */
  readonly interval: string;
  /**
   * How long it may take, from the start.
   * Takes a duration such as "500ms", "30s" or "1m30s".
   * @defaultValue `"1m"`
   */
  readonly deadline: string;
}
