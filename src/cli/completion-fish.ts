/** The completion for fish: a line for each command, each option, and each argument. */
import type { CommandShape, OptionShape, Value } from "./command-shape.ts";

/** A word in single quotes. */
function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
}

/** What to complete with; files are fish's own word, everything else shuts them out. */
function from(value: Value, verbs: readonly string[]): string {
  switch (value.kind) {
    case "choice":
      return `-f -a ${quote(value.choices.join(" "))}`;
    case "commands":
      return `-f -a ${quote(verbs.join(" "))}`;
    case "units":
    case "generations":
      return `-f -k -a '(lading completion ${value.kind} 2> /dev/null)'`;
    case "declarations":
      return "-f -a '(__lading_declarations)'";
    case "files":
      return "-F";
    case "folders":
      return "-f -a '(__fish_complete_directories)'";
    case "text":
      return "-f";
  }
}

function optionLine(verb: string, { flags, description, value }: OptionShape, verbs: readonly string[]): string {
  const names = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(" ");
  const taken = value === undefined ? "" : ` -r ${from(value, verbs)}`;
  return `complete -c lading -n '__lading_verb ${verb}' ${names}${taken} -d ${quote(description)}`;
}

function linesOf({ verb, options, arguments: places }: CommandShape, verbs: readonly string[]): readonly string[] {
  const takers = options.flatMap(({ flags, value }) => (value === undefined ? [] : flags)).join(" ");
  return [
    ...options.map((option) => optionLine(verb, option, verbs)),
    ...places.map(({ isRepeated, value }, index) => {
      const where = isRepeated ? `__lading_verb ${verb}` : `__lading_place ${verb} ${index} ${takers}`;
      return `complete -c lading -n ${quote(where)} ${from(value, verbs)}`;
    }),
  ];
}

export function fishCompletion(shapes: readonly CommandShape[]): string {
  const verbs = shapes.map(({ verb }) => verb);
  return `# Completion of lading for fish. Made by \`lading completion fish\`.

function __lading_verb
    set -l words (commandline -opc)
    test (count $words) -gt 1; and test $words[2] = $argv[1]
end

# Whether the cursor stands at this argument of this command: options, and the values that those after it take, are none.
function __lading_place
    set -l words (commandline -opc)
    test (count $words) -gt 1; and test $words[2] = $argv[1]; or return 1
    set -l count 0
    set -l skip 0
    for word in $words[3..-1]
        if test $skip = 1
            set skip 0
        else if string match -q -- '-*' $word
            contains -- $word $argv[3..-1]; and set skip 1
        else
            set count (math $count + 1)
        end
    end
    test $count = $argv[2]
end

# Folders, and files that can be declarations.
function __lading_declarations
    __fish_complete_path (commandline -ct) | string match -r '.*(?:/|\\.[cm]?ts)(?:\\t.*)?$'
end

complete -c lading -f
complete -c lading -n 'test (count (commandline -opc)) = 1' -s h -l help -d 'display help'
complete -c lading -n 'test (count (commandline -opc)) = 1' -s V -l version -d 'print the version'
${shapes.map(({ verb, description }) => `complete -c lading -n 'test (count (commandline -opc)) = 1' -a ${verb} -d ${quote(description)}`).join("\n")}
${shapes.flatMap((shape) => linesOf(shape, verbs)).join("\n")}
`;
}
