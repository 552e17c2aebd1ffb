/**
 * Secrets: values that a container needs and nobody else may see. The declaration says where a value comes from; the
 * supervisor fetches it at each start and hands it over in memory, so it stands in no argument, store, log or generation.
 */
import {
  absolutePath,
  defineRecord,
  either,
  integer,
  listOf,
  oneOf,
  type RecordConstructor,
  stringWhere,
} from "../record/index.ts";
import { fileLikeType, stageableText } from "../store/index.ts";
import { foreignSecret } from "./foreign-fields.ts";
import type { Secret, SecretInput } from "./secret.types.ts";

const secretName = stringWhere("a name of letters, digits, '_', '.' and '-'", (text) =>
  /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(text),
);

/** A value that a container needs and nobody else may see. */
export const secret: RecordConstructor<SecretInput, Secret> = defineRecord(
  "secret",
  "A value that a container needs and nobody else may see. It comes from a file, a command, or an age-encrypted file; exactly one of them.",
  {
    name: { type: secretName, doc: "Its name: of the file in /run/secrets, or of the variable." },
    file: {
      type: absolutePath,
      optional: true,
      doc: "A file of the host that holds the value. It must be readable by its owner, or group, only.",
    },
    command: {
      type: listOf(either(stageableText, fileLikeType)),
      optional: true,
      doc: "A program of the host, with its arguments, that prints the value. It runs as the supervisor's user.",
    },
    ageFile: {
      type: fileLikeType,
      optional: true,
      doc: "A file encrypted with age, such as localFile('./db.age'): it can lie in the repository.",
    },
    ageIdentity: {
      type: absolutePath,
      default: "/etc/lading/age.key",
      doc: "The file of the host with the age identity (AGE-SECRET-KEY-1…) that opens `ageFile`.",
    },
    as: {
      type: oneOf("file", "environment"),
      default: "file",
      doc: "Whether the container finds it as a file or as a variable of its environment.",
    },
    target: {
      type: absolutePath,
      optional: true,
      doc: "Where the file is in the container; /run/secrets/NAME where unset.",
    },
    uid: { type: integer(0, 65_535), default: 0, doc: "The file's owner, as the container numbers users." },
    gid: { type: integer(0, 65_535), default: 0, doc: "The file's group, as the container numbers groups." },
    mode: { type: integer(0, 0o777), default: 0o400, doc: "The file's mode." },
  },
  foreignSecret,
);
