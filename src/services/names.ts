/** Field types that several records share. */
import { isName } from "../base/index.ts";
import { type FieldType, stringWhere } from "../record/index.ts";

/** The name of a unit, container, network or volume. */
export const unitName: FieldType<string> = stringWhere(
  "a name of letters, digits, '_', '.' and '-' that begins with a letter or digit",
  isName,
);

/** The name of a user or group, as shadow's useradd accepts it. */
export const accountName: FieldType<string> = stringWhere(
  "the name of a user or group: small letters, digits, '_' and '-', at most 32",
  (text) => /^[a-z_][a-z0-9_-]{0,31}$/.test(text),
);
