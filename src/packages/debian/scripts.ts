/**
 * What a package's maintainer scripts would do when it is first installed (deb-postinst(5), Debian Policy, chapter 6),
 * found by reading them; none is run. Lading makes some of their effects itself, from facts found here; all other
 * commands are listed as they stand, so that a person or a list can judge them. Only what certainly does not run at a
 * first installation (other cases of "$1", an upgrade's branches) is left out.
 */
import { isHarmless, isKnownHelper } from "./_script-commands.ts";
import { type Certainty, decide, matches } from "./_shell-conditions.ts";
import { ShellProblem } from "./_shell-tokens.ts";
import { expandWord, substitutionsIn, type Variables } from "./_shell-words.ts";
import { parseAlternative } from "./alternatives.ts";
import type { AlternativeFact, ScriptFact } from "./facts.ts";
import { parseShell, type Redirection, type ShellNode } from "./shell.ts";

export interface ScriptFacts {
  readonly scripts: readonly ScriptFact[];
  readonly alternatives: readonly AlternativeFact[];
  readonly shells: readonly string[];
}

/** What dpkg calls a script with at a first installation; debconf calls config so. The second argument is empty. */
const actions = { preinst: "install", postinst: "configure", config: "configure" } as const;

/** Commands that are listed of one script, and how often a script's loops are gone through: both bound a hostile one. */
const mostCommands = 500;
const mostSteps = 20_000;
const largestScript = 1 << 18;

/** Facts of all scripts and of the triggers file of one package. */
export function scriptFacts(
  scripts: ReadonlyMap<string, Buffer>,
  triggers: string | undefined,
  packageName: string,
): ScriptFacts {
  const facts: ScriptFact[] = [];
  const alternatives: AlternativeFact[] = [];
  const shells: string[] = [];
  for (const script of ["config", "preinst", "postinst"] as const) {
    const body = scripts.get(script);
    if (body === undefined) continue;
    const found = readScript(script, body, packageName);
    if (found.beyond.length > 0) facts.push({ script, beyond: found.beyond });
    alternatives.push(...found.alternatives);
    shells.push(...found.shells);
  }
  const interests = interestsIn(triggers ?? "");
  if (interests.length > 0) facts.push({ script: "triggers", beyond: interests });
  return { scripts: facts, alternatives: unique(alternatives, (each) => JSON.stringify(each)), shells: unique(shells) };
}

/** A package with an interest is run when others are installed (deb-triggers(5)). */
function interestsIn(triggers: string): readonly string[] {
  return triggers
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim().replaceAll(/\s+/g, " "))
    .filter((line) => /^interest(-await|-noawait)? /.test(line));
}

function unique<T>(values: readonly T[], key: (value: T) => unknown = (value) => value): readonly T[] {
  return [...new Map(values.map((value) => [key(value), value])).values()];
}

interface Found {
  readonly beyond: readonly string[];
  readonly alternatives: readonly AlternativeFact[];
  readonly shells: readonly string[];
}

function readScript(name: keyof typeof actions, body: Buffer, packageName: string): Found {
  const nothing = { alternatives: [], shells: [] };
  const text = body.toString("utf8");
  const [first = ""] = text.split("\n", 1);
  if (!/^#! *\/(usr\/)?bin\/(ba|da)?sh\b/.test(first)) {
    // A script in another language, or a program: all of it is beyond.
    const what = first.startsWith("#!") ? first.trim() : "(a program that is no script)";
    return { beyond: [what], ...nothing };
  }
  try {
    if (body.length > largestScript) throw new ShellProblem("it is too long");
    const variables = new Map<string, string | undefined>([
      ["0", undefined],
      ["1", actions[name]],
      ["2", ""],
      ["DPKG_ROOT", ""],
      ["DPKG_MAINTSCRIPT_NAME", name],
      ["DPKG_MAINTSCRIPT_PACKAGE", packageName],
    ]);
    const reader = new ScriptReader(text, variables);
    reader.walk(parseShell(text));
    return {
      beyond: unique(reader.beyond).slice(0, mostCommands),
      alternatives: reader.alternatives,
      shells: reader.shells,
    };
  } catch (error) {
    if (!(error instanceof ShellProblem)) throw error;
    return { beyond: [`(a script that cannot be read: ${error.message})`], ...nothing };
  }
}

/** Ranges of a script that debhelper wrote and whose commands need nobody's attention. */
function knownBlocks(script: string): readonly (readonly [start: number, end: number])[] {
  const blocks: (readonly [start: number, end: number])[] = [];
  let begun: number | undefined;
  let at = 0;
  for (const line of script.split("\n")) {
    const helper = /^# Automatically added by (dh_\w+)(\/\S*)?$/.exec(line)?.[1];
    if (helper !== undefined) begun = isKnownHelper(helper) ? at : undefined;
    else if (line === "# End automatically added section") {
      if (begun !== undefined) blocks.push([begun, at]);
      begun = undefined;
    }
    at += line.length + 1;
  }
  return blocks;
}

/** Goes through a script in its order, with what is known of its variables. */
class ScriptReader {
  readonly beyond: string[] = [];
  readonly alternatives: AlternativeFact[] = [];
  readonly shells: string[] = [];
  readonly #blocks: readonly (readonly [start: number, end: number])[];
  readonly #functions = new Map<string, ShellNode>();
  readonly #called = new Set<string>();
  readonly #variables: Map<string, string | undefined>;
  #steps = 0;
  /** How many substitutions it is in; there, commands' places are not those of the script. */
  #inner = 0;

  constructor(script: string, variables: Variables) {
    this.#blocks = knownBlocks(script);
    this.#variables = new Map(variables);
  }

  /** Whether the last command certainly succeeds or fails. */
  walk(nodes: readonly ShellNode[], inKnown = false): Certainty {
    let last: Certainty;
    for (const node of nodes) last = this.#node(node, inKnown);
    return last;
  }

  #node(node: ShellNode, inKnown: boolean): Certainty {
    this.#steps += 1;
    if (this.#steps > mostSteps) throw new ShellProblem("its loops are too long");
    switch (node.kind) {
      case "command":
        return this.#command(node, inKnown);
      case "not": {
        const result = this.#node(node.node, inKnown);
        return result === undefined ? undefined : !result;
      }
      case "chain":
        return this.#chain(node.links, inKnown);
      case "group":
        return this.walk(node.body, inKnown);
      case "function":
        this.#functions.set(node.name, node.body);
        return undefined;
      case "if": {
        for (const { condition, body } of node.branches) {
          const holds = this.walk(condition, inKnown);
          if (holds !== false) this.walk(body, inKnown);
          if (holds === true) return undefined;
        }
        this.walk(node.otherwise, inKnown);
        return undefined;
      }
      case "case":
        return this.#case(node, inKnown);
      case "for":
        return this.#for(node, inKnown);
      case "while":
        this.walk(node.condition, inKnown);
        this.walk(node.body, inKnown);
        return undefined;
      default: {
        const never: never = node;
        return never;
      }
    }
  }

  #chain(links: readonly { readonly by: string; readonly node: ShellNode }[], inKnown: boolean): Certainty {
    let result: Certainty;
    for (const { by, node } of links) {
      if ((by === "&&" && result === false) || (by === "||" && result === true)) continue;
      const next = this.#node(node, inKnown);
      if (by === "" || by === "|") result = by === "" ? next : undefined;
      else if (by === "&&") result = result === true || next === false ? next : undefined;
      else result = result === false || next === true ? next : undefined;
    }
    return result;
  }

  #case(node: ShellNode & { kind: "case" }, inKnown: boolean): Certainty {
    const subject = expandWord(node.subject, this.#variables)?.join(" ");
    for (const { patterns, body } of node.branches) {
      const fits = patterns.map((pattern) => matches(pattern, subject));
      if (fits.every((fit) => fit === false)) continue;
      this.walk(body, inKnown);
      if (fits.includes(true)) break;
    }
    return undefined;
  }

  #for(node: ShellNode & { kind: "for" }, inKnown: boolean): Certainty {
    for (const word of node.items) this.#substitutions(word, inKnown);
    const items = node.items.map((word) => expandWord(word, this.#variables));
    const values = items.every((item) => item !== undefined) ? items.flat() : [undefined];
    for (const value of values) {
      this.#variables.set(node.name, value);
      this.walk(node.body, inKnown);
    }
    this.#variables.set(node.name, undefined);
    return undefined;
  }

  #substitutions(word: string, inKnown: boolean): void {
    for (const inner of substitutionsIn(word)) {
      this.#inner += 1;
      this.walk(parseShell(inner), inKnown);
      this.#inner -= 1;
    }
  }

  #command(command: ShellNode & { kind: "command" }, inKnown: boolean): Certainty {
    const { words, redirections, text, start } = command;
    const known = inKnown || (this.#inner === 0 && this.#blocks.some(([from, to]) => start >= from && start < to));
    for (const word of words) this.#substitutions(word, known);
    const assigned = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
    for (const word of words.slice(0, assigned === -1 ? words.length : assigned)) this.#assign(word);
    const rest = assigned === -1 ? [] : words.slice(assigned);
    const name = rest[0] === undefined ? undefined : (expandWord(rest[0], this.#variables)?.join(" ") ?? rest[0]);
    if (name === undefined) return this.#note(text, known || !writes(redirections));
    const body = this.#functions.get(name);
    if (body !== undefined) return this.#call(name, body, known);
    if (!this.#facts(name, rest)) return this.#note(text, false);
    this.#note(text, known || (isHarmless(name, rest) && !writes(redirections)));
    return decide(
      name,
      rest.map((word) => expandWord(word, this.#variables)),
    );
  }

  /** Within a function, $1 and $2 are its own. One that calls itself has been gone through already. */
  #call(name: string, body: ShellNode, known: boolean): Certainty {
    if (this.#called.has(name)) return undefined;
    this.#called.add(name);
    const [first, second] = [this.#variables.get("1"), this.#variables.get("2")];
    this.#variables.set("1", undefined).set("2", undefined);
    this.#node(body, known);
    this.#variables.set("1", first).set("2", second);
    this.#called.delete(name);
    return undefined;
  }

  #note(text: string, harmless: boolean): undefined {
    if (!harmless) this.beyond.push(text);
  }

  /** A variable that is given a second value has none that is certain. */
  #assign(word: string): void {
    const equals = word.indexOf("=");
    const name = word.slice(0, equals);
    const value = expandWord(`"${word.slice(equals + 1).replace(/^"(.*)"$/s, "$1")}"`, this.#variables)?.join("");
    const certain = /['\\]/.test(word) ? expandWord(word.slice(equals + 1), this.#variables)?.join(" ") : value;
    const known = !this.#variables.has(name) || this.#variables.get(name) === certain;
    this.#variables.set(name, known ? certain : undefined);
  }

  /** Takes the facts out of commands that state some; false where one does so in a way that is not certain. */
  #facts(name: string, words: readonly string[]): boolean {
    const base = name.slice(name.lastIndexOf("/") + 1);
    if (base !== "update-alternatives" && base !== "add-shell") return true;
    const fields = words.slice(1).map((word) => expandWord(word, this.#variables));
    const certain = fields.every((field) => field !== undefined) ? fields.flat() : undefined;
    if (base === "add-shell") {
      if (certain === undefined) return false;
      this.shells.push(...certain.filter((shell) => shell.startsWith("/")));
      return true;
    }
    if (words.includes("--set")) return false;
    if (!words.includes("--install")) return true;
    const alternative = certain === undefined ? undefined : parseAlternative(certain);
    if (alternative === undefined) return false;
    this.alternatives.push(alternative);
    return true;
  }
}

/** Whether anything is written to a file. */
function writes(redirections: readonly Redirection[]): boolean {
  return redirections.some(
    ({ operator, target }) =>
      operator.startsWith(">") && operator !== ">&" && !/^"?\/dev\/(null|stdout|stderr)"?$/.test(target),
  );
}
