/**
 * The words of `extraArguments`, read as the engines read a command line (pflag): options with their values, and what is
 * no option at all. An option that is not known here is taken to have a value, as most have.
 */

/** The long names of options that have a short one, or the one of two by which they are known here. */
const longNames: Readonly<Record<string, string>> = {
  "--publish": "-p",
  "--volume": "-v",
  "-a": "--attach",
  "-c": "--cpu-shares",
  "-d": "--detach",
  "-e": "--env",
  "-h": "--hostname",
  "-i": "--interactive",
  "-l": "--label",
  "-m": "--memory",
  "-P": "--publish-all",
  "-q": "--quiet",
  "-t": "--tty",
  "-u": "--user",
  "-w": "--workdir",
  "--net": "--network",
};

/** Options that stand alone, so that the next word is not theirs (podman-run(1), docker-run(1)). */
const flags = new Set(
  "--detach --disable-content-trust --env-host --help --http-proxy --init --interactive --no-healthcheck --no-hostname --no-hosts --oom-kill-disable --passwd --privileged --publish-all --quiet --read-only --read-only-tmpfs --replace --rm --rmi --rootfs --sig-proxy --tls-verify --tty --unsetenv-all".split(
    " ",
  ),
);

export type ExtraPair = readonly [name: string, value: string];

export interface ExtraWords {
  readonly pairs: readonly ExtraPair[];
  /** Words that are neither an option nor the value of one: an engine takes the first of them for the image. */
  readonly strays: readonly string[];
  /** Words that hold an option and, behind a blank, its value: an engine takes all of it for the option's name or value. */
  readonly joined: readonly string[];
}

const isOption = (word: string): boolean => /^-{1,2}[a-z]/i.test(word);

/** The options of one word such as -it or -p=8080:80; the last of them lacks its value where it stands in the next word. */
function shortOptions(word: string): readonly (readonly [name: string, value: string | undefined])[] {
  const found: (readonly [string, string | undefined])[] = [];
  for (let index = 1; index < word.length; index += 1) {
    const short = `-${word[index]}`;
    const name = longNames[short] ?? short;
    const rest = word.slice(index + 1);
    if (flags.has(name) && !rest.startsWith("=")) found.push([name, "true"]);
    else return [...found, [name, rest === "" ? undefined : rest.replace(/^=/, "")]];
  }
  return found;
}

function optionsOf(word: string): readonly (readonly [name: string, value: string | undefined])[] {
  if (!word.startsWith("--")) return shortOptions(word);
  const cut = word.indexOf("=");
  const name = cut === -1 ? word : word.slice(0, cut);
  const known = longNames[name] ?? name;
  return [[known, cut === -1 ? (flags.has(known) ? "true" : undefined) : word.slice(cut + 1)]];
}

/** Reads the words of `extraArguments`. */
export function readExtra(words: readonly string[]): ExtraWords {
  const pairs: ExtraPair[] = [];
  const strays: string[] = [];
  const joined: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    if (!isOption(word)) {
      strays.push(word);
      continue;
    }
    if (/^(?:--[^\s=]+|-[a-z])\s/i.test(word)) {
      joined.push(word);
      continue;
    }
    for (const [name, value] of optionsOf(word)) {
      const next = words[index + 1];
      if (value !== undefined) pairs.push([name, value]);
      else if (next === undefined || isOption(next)) pairs.push([name, "true"]);
      else {
        index += 1;
        pairs.push([name, next]);
      }
    }
  }
  return { pairs, strays, joined };
}
