// Generated from the fields in oci-health.ts by `npm run generate`.

/**
 * What `ociHealth({ … })` takes. How the health of a container or program is checked. The supervisor asks for each
 * check, so that none depends on a systemd.
 */
export interface OciHealthInput {
  /**
   * What is run, in the container or as the program's user: a list is run as it is, a string by the shell. Exit
   * status 0 is healthy.
   * Takes a string, or a list, each element a string.
   */
  readonly command: string | readonly string[];
  /**
   * From the end of a check to the next.
   * Takes a duration such as "500ms", "30s" or "1m30s".
   * @defaultValue `"30s"`
   */
  readonly interval?: string | undefined;
  /**
   * A check that takes longer has failed.
   * Takes a duration such as "500ms", "30s" or "1m30s".
   * @defaultValue `"30s"`
   */
  readonly timeout?: string | undefined;
  /**
   * How many failures in a row make it unhealthy.
   * Takes a whole number from 1 to 1000.
   * @defaultValue `3`
   */
  readonly retries?: number | undefined;
  /**
   * Failures in this time after the start do not count.
   * Takes a duration such as "500ms", "30s" or "1m30s".
   * @defaultValue `"0s"`
   */
  readonly startPeriod?: string | undefined;
  /**
   * What is done with an unhealthy one: nothing but saying so, a restart, a stop, or a kill, after which it counts as
   * ended by itself.
   * @defaultValue `"none"`
   */
  readonly onFailure?: "none" | "restart" | "stop" | "kill" | undefined;
}

/**
 * A checked, frozen `ociHealth`. How the health of a container or program is checked. The supervisor asks for each
 * check, so that none depends on a systemd.
 */
export interface OciHealth {
  /**
   * What is run, in the container or as the program's user: a list is run as it is, a string by the shell. Exit
   * status 0 is healthy.
   * Takes a string, or a list, each element a string.
   */
  readonly command: string | readonly string[];
  /**
   * From the end of a check to the next.
   * Takes a duration such as "500ms", "30s" or "1m30s".
   * @defaultValue `"30s"`
   */
  readonly interval: string;
  /**
   * A check that takes longer has failed.
   * Takes a duration such as "500ms", "30s" or "1m30s".
   * @defaultValue `"30s"`
   */
  readonly timeout: string;
  /**
   * How many failures in a row make it unhealthy.
   * Takes a whole number from 1 to 1000.
   * @defaultValue `3`
   */
  readonly retries: number;
  /**
   * Failures in this time after the start do not count.
   * Takes a duration such as "500ms", "30s" or "1m30s".
   * @defaultValue `"0s"`
   */
  readonly startPeriod: string;
  /**
   * What is done with an unhealthy one: nothing but saying so, a restart, a stop, or a kill, after which it counts as
   * ended by itself.
   * @defaultValue `"none"`
   */
  readonly onFailure: "none" | "restart" | "stop" | "kill";
}
