/** The table of commands taken apart: words, arguments and options, each with what can stand there. */
import type { CommandEntry } from "./command-entry.ts";
import { commonOptions } from "./help.ts";

/** What can stand at a place; "text" is anything. */
export type Value =
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  | { readonly kind: "declarations" | "files" | "folders" | "units" | "generations" | "commands" | "text" };

export interface ArgumentShape {
  readonly name: string;
  readonly isRepeated: boolean;
  readonly value: Value;
}

export interface OptionShape {
  /** Such as "-o" and "--output". */
  readonly flags: readonly string[];
  readonly description: string;
  /** Undefined where the option takes none. */
  readonly value: (Value & { readonly name: string }) | undefined;
}

export interface CommandShape {
  readonly verb: string;
  readonly description: string;
  readonly arguments: readonly ArgumentShape[];
  readonly options: readonly OptionShape[];
}

/** What the names in brackets mean in every command. */
const meanings: Readonly<Record<string, Value["kind"]>> = {
  file: "declarations",
  unit: "units",
  units: "units",
  number: "generations",
  from: "generations",
  to: "generations",
  generation: "generations",
  dir: "folders",
  path: "files",
  plan: "files",
  command: "commands",
};

function whatStandsAt({ values = {} }: CommandEntry, name: string): Value {
  const choices = values[name];
  if (choices !== undefined) return { kind: "choice", choices };
  const kind = meanings[name];
  return kind === undefined || kind === "choice" ? { kind: "text" } : { kind };
}

function optionValue(entry: CommandEntry, flags: readonly string[], name: string): Value {
  const own = flags.find((flag) => entry.values?.[flag] !== undefined);
  // A file of credentials is no declaration.
  return flags.includes("--authfile") ? { kind: "files" } : whatStandsAt(entry, own ?? name);
}

function optionOf(entry: CommandEntry, [text, description]: readonly [string, string]): OptionShape {
  const name = /[<[]([^>\]]+)[>\]]/.exec(text)?.[1];
  const flags = text.split(/[ ,]+/).filter((word) => word.startsWith("-"));
  return { flags, description, value: name === undefined ? undefined : { name, ...optionValue(entry, flags, name) } };
}

export function shapeOf(entry: CommandEntry): CommandShape {
  const [verb = "", ...words] = entry.name.split(" ");
  const options = [...(entry.options ?? []), ...commonOptions, ["-h, --help", "display help for command"] as const];
  return {
    verb,
    description: entry.description,
    arguments: words.map((word) => {
      const name = word.replaceAll(/[<>[\].]/g, "");
      return { name, isRepeated: word.includes("..."), value: whatStandsAt(entry, name) };
    }),
    options: options.map((option) => optionOf(entry, option)),
  };
}
