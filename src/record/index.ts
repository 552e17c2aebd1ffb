export {
  absolutePath,
  at,
  boolean,
  type Checked,
  decimal,
  either,
  type FieldType,
  type Issue,
  integer,
  listOf,
  memberPath,
  namedType,
  no,
  oneOf,
  pass,
  refuse,
  signal,
  string,
  stringWhere,
} from "./field-type.ts";
export { collectingProblems, report } from "./problems.ts";
export {
  defineRecord,
  type Field,
  isRecord,
  placeOf,
  type RecordConstructor,
  type RecordType,
  recordOf,
} from "./record.ts";
export { showValue } from "./show.ts";
