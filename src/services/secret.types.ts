// Generated from the fields in secret.ts by `npm run generate`.
import type { FileLike, StagedText } from "../store/index.ts";

/**
 * What `secret({ … })` takes. A value that a container needs and nobody else may see. It comes from a file, a
 * command, or an age-encrypted file; exactly one of them.
 */
export interface SecretInput {
  /**
   * Its name: of the file in /run/secrets, or of the variable.
   * Takes a name of letters, digits, '_', '.' and '-'.
   */
  readonly name: string;
  /**
   * A file of the host that holds the value. It must be readable by its owner, or group, only.
   * Takes an absolute path.
   * @defaultValue unset
   */
  readonly file?: string | undefined;
  /**
   * A program of the host, with its arguments, that prints the value. It runs as the supervisor's user.
   * Takes a list, each element a string or staged text, or a file-like, such as plainFile(…) or localFile(…).
   * @defaultValue unset
   */
  readonly command?: readonly (string | StagedText | FileLike)[] | undefined;
  /**
   * A file encrypted with age, such as localFile('./db.age'): it can lie in the repository.
   * Takes a file-like, such as plainFile(…) or localFile(…).
   * @defaultValue unset
   */
  readonly ageFile?: FileLike | undefined;
  /**
   * The file of the host with the age identity (AGE-SECRET-KEY-1…) that opens `ageFile`.
   * Takes an absolute path.
   * @defaultValue `"/etc/lading/age.key"`
   */
  readonly ageIdentity?: string | undefined;
  /**
   * Whether the container finds it as a file or as a variable of its environment.
   * @defaultValue `"file"`
   */
  readonly as?: "file" | "environment" | undefined;
  /**
   * Where the file is in the container; /run/secrets/NAME where unset.
   * Takes an absolute path.
   * @defaultValue unset
   */
  readonly target?: string | undefined;
  /**
   * The file's owner, as the container numbers users.
   * Takes a whole number from 0 to 65535.
   * @defaultValue `0`
   */
  readonly uid?: number | undefined;
  /**
   * The file's group, as the container numbers groups.
   * Takes a whole number from 0 to 65535.
   * @defaultValue `0`
   */
  readonly gid?: number | undefined;
  /**
   * The file's mode.
   * Takes a whole number from 0 to 511.
   * @defaultValue `256`
   */
  readonly mode?: number | undefined;
}

/**
 * A checked, frozen `secret`. A value that a container needs and nobody else may see. It comes from a file, a
 * command, or an age-encrypted file; exactly one of them.
 */
export interface Secret {
  /**
   * Its name: of the file in /run/secrets, or of the variable.
   * Takes a name of letters, digits, '_', '.' and '-'.
   */
  readonly name: string;
  /**
   * A file of the host that holds the value. It must be readable by its owner, or group, only.
   * Takes an absolute path.
   * @defaultValue unset
   */
  readonly file?: string | undefined;
  /**
   * A program of the host, with its arguments, that prints the value. It runs as the supervisor's user.
   * Takes a list, each element a string or staged text, or a file-like, such as plainFile(…) or localFile(…).
   * @defaultValue unset
   */
  readonly command?: readonly (string | StagedText | FileLike)[] | undefined;
  /**
   * A file encrypted with age, such as localFile('./db.age'): it can lie in the repository.
   * Takes a file-like, such as plainFile(…) or localFile(…).
   * @defaultValue unset
   */
  readonly ageFile?: FileLike | undefined;
  /**
   * The file of the host with the age identity (AGE-SECRET-KEY-1…) that opens `ageFile`.
   * Takes an absolute path.
   * @defaultValue `"/etc/lading/age.key"`
   */
  readonly ageIdentity: string;
  /**
   * Whether the container finds it as a file or as a variable of its environment.
   * @defaultValue `"file"`
   */
  readonly as: "file" | "environment";
  /**
   * Where the file is in the container; /run/secrets/NAME where unset.
   * Takes an absolute path.
   * @defaultValue unset
   */
  readonly target?: string | undefined;
  /**
   * The file's owner, as the container numbers users.
   * Takes a whole number from 0 to 65535.
   * @defaultValue `0`
   */
  readonly uid: number;
  /**
   * The file's group, as the container numbers groups.
   * Takes a whole number from 0 to 65535.
   * @defaultValue `0`
   */
  readonly gid: number;
  /**
   * The file's mode.
   * Takes a whole number from 0 to 511.
   * @defaultValue `256`
   */
  readonly mode: number;
}
