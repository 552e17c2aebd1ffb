/** What the table of commands says of each: the help, the completion and the manual are made of it. */
import type { Answer, Context } from "./context.ts";

/** A command's function gets its arguments and its options as they were written. */
export interface CommandEntry {
  /** The command with its arguments: <needed>, [may be left out], [any number...]. */
  readonly name: string;
  readonly description: string;
  readonly options?: readonly (readonly [flags: string, description: string])[];
  readonly example: string;
  /** Further ones. */
  readonly examples?: readonly string[];
  /** What an argument, or an option's value, can be, where that is one of a few: by its name in brackets, or by the option itself. */
  readonly values?: Readonly<Record<string, readonly string[]>>;
  readonly run: (context: Context, given: never, options: never) => Answer;
}
