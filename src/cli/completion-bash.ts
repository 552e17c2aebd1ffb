/** The completion for bash: one function, which needs nothing but bash 4. */
import { shellQuote } from "../base/index.ts";
import type { CommandShape, Value } from "./command-shape.ts";

/** A line of bash that completes what can stand at a place. */
function reply(value: Value, verbs: readonly string[]): string {
  switch (value.kind) {
    case "choice":
      return `_lading_words ${shellQuote(value.choices.join(" "))}`;
    case "commands":
      return `_lading_words ${shellQuote(verbs.join(" "))}`;
    case "units":
    case "generations":
      return `_lading_words "$(lading completion ${value.kind} 2> /dev/null)"`;
    case "declarations":
      return "_lading_files '*.@(ts|mts|cts)'";
    case "files":
      return "_lading_files '*'";
    case "folders":
      return "_lading_folders";
    case "text":
      return ":";
  }
}

function caseOf(shape: CommandShape, verbs: readonly string[]): string {
  const withValue = shape.options.flatMap(({ flags, value }) => (value === undefined ? [] : [{ flags, value }]));
  const values = withValue.map(({ flags, value }) => `        ${flags.join(" | ")}) ${reply(value, verbs)}; return ;;`);
  const places = shape.arguments.map(
    ({ value, isRepeated }, index) => `        ${isRepeated ? "*" : index}) ${reply(value, verbs)} ;;`,
  );
  const words = shape.options.flatMap(({ flags }) => flags.filter((flag) => flag.startsWith("--")));
  const takers = withValue.flatMap(({ flags }) => flags).join(" ");
  return `    ${shape.verb})
      case $prev in
${values.join("\n")}
      esac
      case $cur in -*) _lading_words '${words.join(" ")}'; return ;; esac
      case $(_lading_place "$verb_at" ' ${takers} ') in
${places.length > 0 ? places.join("\n") : "        *) : ;;"}
      esac
      ;;`;
}

export function bashCompletion(shapes: readonly CommandShape[]): string {
  const verbs = shapes.map(({ verb }) => verb);
  return `# Completion of lading for bash. Made by \`lading completion bash\`.

_lading_words() {
  local IFS=$' \\t\\n'
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}

_lading_folders() {
  compopt -o filenames 2> /dev/null
  local IFS=$'\\n'
  COMPREPLY=($(compgen -d -- "$cur"))
}

_lading_files() {
  compopt -o filenames 2> /dev/null
  local path
  COMPREPLY=()
  while IFS= read -r path; do
    # An extended pattern is one within [[ ]] whatever the shell's options are.
    if [[ -d $path || $path == $1 ]]; then COMPREPLY+=("$path"); fi
  done < <(compgen -f -- "$cur")
}

# Which argument the cursor stands at: options, and the values that they take, are none.
_lading_place() {
  local at count=0 word
  for ((at = $1 + 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    case $word in
      -*) case $2 in *" $word "*) if [[ \${COMP_WORDS[at + 1]} == = ]]; then ((at++)); fi; ((at++)) ;; esac ;;
      *) ((count++)) ;;
    esac
  done
  echo "$count"
}

_lading() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} verb_at=1
  COMPREPLY=()
  # Bash takes "--name=value" apart at the sign.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if ((COMP_CWORD == 1)); then
    case $cur in
      -*) _lading_words '--help --version' ;;
      *) _lading_words '${verbs.join(" ")}' ;;
    esac
    return
  fi
  case \${COMP_WORDS[1]} in
${shapes.map((shape) => caseOf(shape, verbs)).join("\n")}
  esac
}

complete -F _lading lading
`;
}
