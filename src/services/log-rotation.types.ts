// Generated from the fields in log-rotation.ts by `npm run generate`.

/**
 * What `logRotation({ … })` takes. How much of a unit's log is kept. No line is lost between two files. All rotated
 * files together take 1 GiB at most.
 */
export interface LogRotationInput {
  /**
   * The size from which on the log is rotated; it is looked at every second.
   * Takes a size such as "512m", "1.5g" or "1048576" (bytes).
   * @defaultValue `"16m"`
   */
  readonly size?: string | undefined;
  /**
   * How many rotated files are kept: NAME.log.1 is the newest.
   * Takes a whole number from 1 to 1000.
   * @defaultValue `4`
   */
  readonly keep?: number | undefined;
  /**
   * The age from which on it is rotated whatever its size, such as "24h".
   * Takes a duration such as "500ms", "30s" or "1m30s".
   * @defaultValue unset
   */
  readonly age?: string | undefined;
}

/**
 * A checked, frozen `logRotation`. How much of a unit's log is kept. No line is lost between two files. All rotated
 * files together take 1 GiB at most.
 */
export interface LogRotation {
  /**
   * The size from which on the log is rotated; it is looked at every second.
   * Takes a size such as "512m", "1.5g" or "1048576" (bytes).
   * @defaultValue `"16m"`
   */
  readonly size: string;
  /**
   * How many rotated files are kept: NAME.log.1 is the newest.
   * Takes a whole number from 1 to 1000.
   * @defaultValue `4`
   */
  readonly keep: number;
  /**
   * The age from which on it is rotated whatever its size, such as "24h".
   * Takes a duration such as "500ms", "30s" or "1m30s".
   * @defaultValue unset
   */
  readonly age?: string | undefined;
}
