// Generated from the fields in unit.ts by `npm run generate`.
import type { FileLike, Pairs, StagedText } from "../store/index.ts";
import type { LogRotation, LogRotationInput } from "./log-rotation.types.ts";
import type { OciHealth, OciHealthInput } from "./oci-health.types.ts";
import type { Readiness, ReadinessInput } from "./readiness.types.ts";
import type { Schedule, ScheduleInput } from "./schedule.types.ts";

/** What `action({ … })` takes. Something that a unit can be asked to do. */
export interface ActionInput {
  /**
   * What `lading action UNIT NAME` calls it.
   * Takes a name of letters, digits, '_', '.' and '-' that begins with a letter or digit.
   */
  readonly name: string;
  /**
   * What it does.
   * @defaultValue `""`
   */
  readonly documentation?: string | undefined;
  /**
   * The program and its arguments; those of the command line are appended.
   * Takes a list, each element a string or staged text, or a file-like, such as plainFile(…) or localFile(…).
   */
  readonly program: readonly (string | StagedText | FileLike)[];
}

/** A checked, frozen `action`. Something that a unit can be asked to do. */
export interface Action {
  /**
   * What `lading action UNIT NAME` calls it.
   * Takes a name of letters, digits, '_', '.' and '-' that begins with a letter or digit.
   */
  readonly name: string;
  /**
   * What it does.
   * @defaultValue `""`
   */
  readonly documentation: string;
  /**
   * The program and its arguments; those of the command line are appended.
   * Takes a list, each element a string or staged text, or a file-like, such as plainFile(…) or localFile(…).
   */
  readonly program: readonly (string | StagedText | FileLike)[];
}

/** What `unit({ … })` takes. A program that the supervisor runs. */
export interface UnitInput {
  /**
   * The unit's names; the first is the one that is shown.
   * Takes a list, each element a name of letters, digits, '_', '.' and '-' that begins with a letter or digit.
   */
  readonly provision: readonly string[];
  /**
   * Names of units that must be running, or done, before it starts.
   * Takes a list, each element a name of letters, digits, '_', '.' and '-' that begins with a letter or digit.
   * @defaultValue `[]`
   */
  readonly requirement?: readonly string[] | undefined;
  /**
   * Units that it requires, and with which it is replaced and restarted.
   * Takes a list, each element a name of letters, digits, '_', '.' and '-' that begins with a letter or digit.
   * @defaultValue `[]`
   */
  readonly restartWith?: readonly string[] | undefined;
  /**
   * What the unit is, in one sentence.
   * @defaultValue `""`
   */
  readonly documentation?: string | undefined;
  /**
   * The program and its arguments. A unit without a program only gathers what it requires.
   * Takes a list, each element a string or staged text, or a file-like, such as plainFile(…) or localFile(…).
   * @defaultValue `[]`
   */
  readonly start?: readonly (string | StagedText | FileLike)[] | undefined;
  /**
   * Whether the program does its work and ends; the unit then counts as done.
   * @defaultValue `false`
   */
  readonly oneShot?: boolean | undefined;
  /**
   * Whether it is started again when it ends by itself; "on-failure": only when its exit status is not 0.
   * Takes true or false, or "on-failure".
   * @defaultValue `false`
   */
  readonly respawn?: boolean | "on-failure" | undefined;
  /**
   * How many respawns within 7 seconds are too many; the unit has then failed, and is tried again ever more rarely.
   * Takes a whole number from 1 to 1000.
   * @defaultValue `5`
   */
  readonly respawnLimit?: number | undefined;
  /**
   * Milliseconds from its end to the next start.
   * Takes a whole number from 0 to 3600000.
   * @defaultValue `100`
   */
  readonly respawnDelay?: number | undefined;
  /**
   * How much of its log is kept; 16 MiB and four rotated files of as much, where unset.
   * @defaultValue unset
   */
  readonly log?: LogRotationInput | undefined;
  /**
   * When it is run; it then does not start by itself, and is to do its work and end.
   * @defaultValue unset
   */
  readonly schedule?: ScheduleInput | undefined;
  /**
   * When it counts as up; once it was started, where unset.
   * @defaultValue unset
   */
  readonly ready?: ReadinessInput | undefined;
  /**
   * Seconds between the request to end and the kill.
   * Takes a whole number from 0 to 3600.
   * @defaultValue `5`
   */
  readonly stopGrace?: number | undefined;
  /**
   * What its processes are asked to end by.
   * Takes a signal such as SIGTERM or QUIT (signal(7)).
   * @defaultValue `"SIGTERM"`
   */
  readonly stopSignal?: string | undefined;
  /**
   * Whether the restart of what it requires ends it for good, and does not start it again.
   * @defaultValue `false`
   */
  readonly transient?: boolean | undefined;
  /**
   * Whether it starts with the generation.
   * @defaultValue `true`
   */
  readonly autoStart?: boolean | undefined;
  /**
   * What it can be asked to do.
   * @defaultValue `[]`
   */
  readonly actions?: readonly ActionInput[] | undefined;
  /**
   * Where its output is appended; a file under Lading's own logs where unset.
   * Takes an absolute path.
   * @defaultValue unset
   */
  readonly logFile?: string | undefined;
  /**
   * Its environment, beside HOME, USER, PATH and XDG_RUNTIME_DIR.
   * Takes a list of pairs "key=value", or an object.
   * @defaultValue `[]`
   */
  readonly environment?: Pairs | undefined;
  /**
   * The folder that it starts in.
   * Takes an absolute path.
   * @defaultValue `"/"`
   */
  readonly directory?: string | undefined;
  /**
   * Whom it runs as; the supervisor's user where unset.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue unset
   */
  readonly user?: string | undefined;
  /**
   * Its further groups, instead of the user's own. Only root can give them.
   * Takes a list, each element the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue unset
   */
  readonly supplementaryGroups?: readonly string[] | undefined;
  /**
   * Which bits the files that it makes lack; the supervisor's where unset.
   * Takes a whole number from 0 to 511.
   * @defaultValue unset
   */
  readonly umask?: number | undefined;
  /**
   * Resource limits of its processes, `name=soft[:hard]`. Only root can raise the hard ones.
   * Takes pairs "key=value", each a limit such as nofile=1024:2048 (setrlimit(2)); -1 is unlimited.
   * @defaultValue `[]`
   */
  readonly limits?: Pairs | undefined;
  /**
   * The group that it runs as; the user's where unset.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue unset
   */
  readonly group?: string | undefined;
  /**
   * How its health is checked; not at all where unset.
   * @defaultValue unset
   */
  readonly health?: OciHealthInput | undefined;
}

/** A checked, frozen `unit`. A program that the supervisor runs. */
export interface Unit {
  /**
   * The unit's names; the first is the one that is shown.
   * Takes a list, each element a name of letters, digits, '_', '.' and '-' that begins with a letter or digit.
   */
  readonly provision: readonly string[];
  /**
   * Names of units that must be running, or done, before it starts.
   * Takes a list, each element a name of letters, digits, '_', '.' and '-' that begins with a letter or digit.
   * @defaultValue `[]`
   */
  readonly requirement: readonly string[];
  /**
   * Units that it requires, and with which it is replaced and restarted.
   * Takes a list, each element a name of letters, digits, '_', '.' and '-' that begins with a letter or digit.
   * @defaultValue `[]`
   */
  readonly restartWith: readonly string[];
  /**
   * What the unit is, in one sentence.
   * @defaultValue `""`
   */
  readonly documentation: string;
  /**
   * The program and its arguments. A unit without a program only gathers what it requires.
   * Takes a list, each element a string or staged text, or a file-like, such as plainFile(…) or localFile(…).
   * @defaultValue `[]`
   */
  readonly start: readonly (string | StagedText | FileLike)[];
  /**
   * Whether the program does its work and ends; the unit then counts as done.
   * @defaultValue `false`
   */
  readonly oneShot: boolean;
  /**
   * Whether it is started again when it ends by itself; "on-failure": only when its exit status is not 0.
   * Takes true or false, or "on-failure".
   * @defaultValue `false`
   */
  readonly respawn: boolean | "on-failure";
  /**
   * How many respawns within 7 seconds are too many; the unit has then failed, and is tried again ever more rarely.
   * Takes a whole number from 1 to 1000.
   * @defaultValue `5`
   */
  readonly respawnLimit: number;
  /**
   * Milliseconds from its end to the next start.
   * Takes a whole number from 0 to 3600000.
   * @defaultValue `100`
   */
  readonly respawnDelay: number;
  /**
   * How much of its log is kept; 16 MiB and four rotated files of as much, where unset.
   * @defaultValue unset
   */
  readonly log?: LogRotation | undefined;
  /**
   * When it is run; it then does not start by itself, and is to do its work and end.
   * @defaultValue unset
   */
  readonly schedule?: Schedule | undefined;
  /**
   * When it counts as up; once it was started, where unset.
   * @defaultValue unset
   */
  readonly ready?: Readiness | undefined;
  /**
   * Seconds between the request to end and the kill.
   * Takes a whole number from 0 to 3600.
   * @defaultValue `5`
   */
  readonly stopGrace: number;
  /**
   * What its processes are asked to end by.
   * Takes a signal such as SIGTERM or QUIT (signal(7)).
   * @defaultValue `"SIGTERM"`
   */
  readonly stopSignal: string;
  /**
   * Whether the restart of what it requires ends it for good, and does not start it again.
   * @defaultValue `false`
   */
  readonly transient: boolean;
  /**
   * Whether it starts with the generation.
   * @defaultValue `true`
   */
  readonly autoStart: boolean;
  /**
   * What it can be asked to do.
   * @defaultValue `[]`
   */
  readonly actions: readonly Action[];
  /**
   * Where its output is appended; a file under Lading's own logs where unset.
   * Takes an absolute path.
   * @defaultValue unset
   */
  readonly logFile?: string | undefined;
  /**
   * Its environment, beside HOME, USER, PATH and XDG_RUNTIME_DIR.
   * Takes a list of pairs "key=value", or an object.
   * @defaultValue `[]`
   */
  readonly environment: readonly (string | StagedText)[];
  /**
   * The folder that it starts in.
   * Takes an absolute path.
   * @defaultValue `"/"`
   */
  readonly directory: string;
  /**
   * Whom it runs as; the supervisor's user where unset.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue unset
   */
  readonly user?: string | undefined;
  /**
   * Its further groups, instead of the user's own. Only root can give them.
   * Takes a list, each element the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue unset
   */
  readonly supplementaryGroups?: readonly string[] | undefined;
  /**
   * Which bits the files that it makes lack; the supervisor's where unset.
   * Takes a whole number from 0 to 511.
   * @defaultValue unset
   */
  readonly umask?: number | undefined;
  /**
   * Resource limits of its processes, `name=soft[:hard]`. Only root can raise the hard ones.
   * Takes pairs "key=value", each a limit such as nofile=1024:2048 (setrlimit(2)); -1 is unlimited.
   * @defaultValue `[]`
   */
  readonly limits: readonly (string | StagedText)[];
  /**
   * The group that it runs as; the user's where unset.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue unset
   */
  readonly group?: string | undefined;
  /**
   * How its health is checked; not at all where unset.
   * @defaultValue unset
   */
  readonly health?: OciHealth | undefined;
}
