// Generated from the fields in secret.ts by `npm run generate`.
import type { FileLike, StagedText } from "../store/index.ts";

/**
 * What `secret({ … })` takes. A value that a container needs and nobody else may see. It comes from a file, a
 * command, or an age-encrypted file; exactly one of them.
 */
export interface SecretInput {
  /** Its name: of the file in /run/secrets, or of the variable. */
  readonly name: string;
  /** A file of the host that holds the value. It must be readable by its owner, or group, only. */
  readonly file?: string | undefined;
  /** A program of the host, with its arguments, that prints the value. It runs as the supervisor's user. */
  readonly command?: readonly (string | StagedText | FileLike)[] | undefined;
  /** A file encrypted with age, such as localFile('./db.age'): it can lie in the repository. */
  readonly ageFile?: FileLike | undefined;
  /**
   * The file of the host with the age identity (AGE-SECRET-KEY-1…) that opens `ageFile`. Default:
   * `"/etc/lading/age.key"`.
   */
  readonly ageIdentity?: string | undefined;
  /** Whether the container finds it as a file or as a variable of its environment. Default: `"file"`. */
  readonly as?: "file" | "environment" | undefined;
  /** Where the file is in the container; /run/secrets/NAME where unset. */
  readonly target?: string | undefined;
  /** The file's owner, as the container numbers users. Default: `0`. */
  readonly uid?: number | undefined;
  /** The file's group, as the container numbers groups. Default: `0`. */
  readonly gid?: number | undefined;
  /** The file's mode. Default: `256`. */
  readonly mode?: number | undefined;
}

/**
 * A checked, frozen `secret`. A value that a container needs and nobody else may see. It comes from a file, a
 * command, or an age-encrypted file; exactly one of them.
 */
export interface Secret {
  /** Its name: of the file in /run/secrets, or of the variable. */
  readonly name: string;
  /** A file of the host that holds the value. It must be readable by its owner, or group, only. */
  readonly file?: string | undefined;
  /** A program of the host, with its arguments, that prints the value. It runs as the supervisor's user. */
  readonly command?: readonly (string | StagedText | FileLike)[] | undefined;
  /** A file encrypted with age, such as localFile('./db.age'): it can lie in the repository. */
  readonly ageFile?: FileLike | undefined;
  /**
   * The file of the host with the age identity (AGE-SECRET-KEY-1…) that opens `ageFile`. Default:
   * `"/etc/lading/age.key"`.
   */
  readonly ageIdentity: string;
  /** Whether the container finds it as a file or as a variable of its environment. Default: `"file"`. */
  readonly as: "file" | "environment";
  /** Where the file is in the container; /run/secrets/NAME where unset. */
  readonly target?: string | undefined;
  /** The file's owner, as the container numbers users. Default: `0`. */
  readonly uid: number;
  /** The file's group, as the container numbers groups. Default: `0`. */
  readonly gid: number;
  /** The file's mode. Default: `256`. */
  readonly mode: number;
}
