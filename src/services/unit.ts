/** Units: what the supervisor runs. Containers become units of their own kind; `unit` declares programs. */
import {
  absolutePath,
  boolean,
  defineRecord,
  either,
  integer,
  listOf,
  type RecordConstructor,
  recordOf,
  signal,
  string,
} from "../record/index.ts";
import { fileLikeType, pairs, stageableText } from "../store/index.ts";
import { ulimits } from "./engine-values.ts";
import { accountName, unitName } from "./names.ts";
import { ociHealth } from "./oci-health.ts";
import { runFields } from "./run-fields.ts";
import type { Action, ActionInput, Unit, UnitInput } from "./unit.types.ts";

const argv = listOf(either(stageableText, fileLikeType));

/** Something a user can ask a unit to do. */
export const action: RecordConstructor<ActionInput, Action> = defineRecord(
  "action",
  "Something that a unit can be asked to do.",
  {
    name: { type: unitName, doc: "What `lading action UNIT NAME` calls it." },
    documentation: { type: string, default: "", doc: "What it does." },
    program: { type: argv, doc: "The program and its arguments; those of the command line are appended." },
  },
);

/** A program that the supervisor runs. */
export const unit: RecordConstructor<UnitInput, Unit> = defineRecord("unit", "A program that the supervisor runs.", {
  provision: { type: listOf(unitName), doc: "The unit's names; the first is the one that is shown." },
  requirement: {
    type: listOf(unitName),
    default: [],
    doc: "Names of units that must be running, or done, before it starts.",
  },
  restartWith: {
    type: listOf(unitName),
    default: [],
    doc: "Units that it requires, and with which it is replaced and restarted.",
  },
  documentation: { type: string, default: "", doc: "What the unit is, in one sentence." },
  start: {
    type: argv,
    default: [],
    doc: "The program and its arguments. A unit without a program only gathers what it requires.",
  },
  oneShot: {
    type: boolean,
    default: false,
    doc: "Whether the program does its work and ends; the unit then counts as done.",
  },
  ...runFields,
  stopSignal: { type: signal, default: "SIGTERM", doc: "What its processes are asked to end by." },
  transient: {
    type: boolean,
    default: false,
    doc: "Whether the restart of what it requires ends it for good, and does not start it again.",
  },
  autoStart: { type: boolean, default: true, doc: "Whether it starts with the generation." },
  actions: { type: listOf(recordOf(action)), default: [], doc: "What it can be asked to do." },
  logFile: {
    type: absolutePath,
    optional: true,
    doc: "Where its output is appended; a file under Lading's own logs where unset.",
  },
  environment: { type: pairs("="), default: [], doc: "Its environment, beside HOME, USER, PATH and XDG_RUNTIME_DIR." },
  directory: { type: absolutePath, default: "/", doc: "The folder that it starts in." },
  user: { type: accountName, optional: true, doc: "Whom it runs as; the supervisor's user where unset." },
  supplementaryGroups: {
    type: listOf(accountName),
    optional: true,
    doc: "Its further groups, instead of the user's own. Only root can give them.",
  },
  umask: {
    type: integer(0, 0o777),
    optional: true,
    doc: "Which bits the files that it makes lack; the supervisor's where unset.",
  },
  limits: {
    type: ulimits,
    default: [],
    doc: "Resource limits of its processes, `name=soft[:hard]`. Only root can raise the hard ones.",
  },
  group: { type: accountName, optional: true, doc: "The group that it runs as; the user's where unset." },
  health: { type: recordOf(ociHealth), optional: true, doc: "How its health is checked; not at all where unset." },
});
