/** The completion for zsh: a function for `fpath`, made of `_arguments` specifications. */
import type { CommandShape, OptionShape, Value } from "./command-shape.ts";

/** A word in single quotes. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Text within a specification, where brackets and colons have a meaning. */
function plain(text: string): string {
  return text.replaceAll(/[\\[\]:]/g, "\\$&");
}

function action(value: Value): string {
  switch (value.kind) {
    case "choice":
      return `(${value.choices.join(" ")})`;
    case "commands":
      return "_lading_commands";
    case "units":
    case "generations":
      // In braces: `_arguments` would put options of its own between a function and its arguments.
      return `{_lading_known ${value.kind}}`;
    case "declarations":
      return '_files -g "*.(ts|mts|cts)(-.)"';
    case "files":
      return "_files";
    case "folders":
      return "_files -/";
    case "text":
      return " ";
  }
}

function optionSpecs({ flags, description, value }: OptionShape): readonly string[] {
  const taken = value === undefined ? "" : `:${plain(value.name)}:${action(value)}`;
  const exclusive = flags.length > 1 ? `(${flags.join(" ")})` : "";
  return flags.map((flag) => {
    const sign = value !== undefined && flag.startsWith("--") ? "=" : "";
    return quote(`${exclusive}${flag}${sign}[${plain(description)}]${taken}`);
  });
}

function caseOf({ verb, options, arguments: places }: CommandShape): string {
  const specs = [
    ...options.flatMap(optionSpecs),
    ...places.map(({ name, isRepeated, value }, index) =>
      quote(`${isRepeated ? "*" : index + 1}:${plain(name)}:${action(value)}`),
    ),
  ];
  return `    ${verb})\n      _arguments -s ${specs.join(" \\\n        ")}\n      ;;`;
}

export function zshCompletion(shapes: readonly CommandShape[]): string {
  const list = shapes.map(({ verb, description }) => `    ${quote(`${verb}:${description}`)}`);
  return `#compdef lading
# Completion of lading for zsh. Made by \`lading completion zsh\`.

_lading_commands() {
  local -a commands
  commands=(
${list.join("\n")}
  )
  _describe -t commands command commands
}

_lading_known() {
  local -a known
  known=(\${(f)"$(lading completion $1 2> /dev/null)"})
  compadd -a known
}

_lading() {
  if ((CURRENT == 2)); then
    _arguments '(-h --help)'{-h,--help}'[display help]' '(-V --version)'{-V,--version}'[print the version]' '1:command:_lading_commands'
    return
  fi
  shift words
  ((CURRENT--))
  case $words[1] in
${shapes.map(caseOf).join("\n")}
  esac
}

if [[ $funcstack[1] == _lading ]]; then _lading "$@"; else compdef _lading lading; fi
`;
}
