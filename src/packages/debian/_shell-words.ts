/** What the words of a script stand for, as far as that is certain before it runs. */

/** Variables by name; undefined for one that may have several values. */
export type Variables = ReadonlyMap<string, string | undefined>;

/**
 * The fields that a word becomes: one, or none or several where it is an unquoted variable. Undefined where that is not
 * certain: unknown variables, substitutions, patterns of file names.
 */
export function expandWord(word: string, variables: Variables): readonly string[] | undefined {
  let field: string | undefined;
  const fields: string[] = [];
  const add = (text: string): void => {
    field = (field ?? "") + text;
  };
  let quoted = false;
  for (let at = 0; at < word.length; ) {
    const char = word[at] ?? "";
    if (char === '"') {
      quoted = !quoted;
      add("");
      at += 1;
    } else if (char === "'" && !quoted) {
      const end = word.indexOf("'", at + 1);
      add(word.slice(at + 1, end));
      at = end + 1;
    } else if (char === "\\") {
      if (quoted && !/[$`"\\\n]/.test(word[at + 1] ?? "")) add("\\");
      if (word[at + 1] !== "\n") add(word[at + 1] ?? "");
      at += 2;
    } else if (char === "$") {
      const found = /^\$(?:\{([A-Za-z_]\w*|\d)(?::?-([\w./-]*))?\}|([A-Za-z_]\w*|\d))/.exec(word.slice(at));
      const [whole = "", braced, otherwise, name = braced] = found ?? [];
      const own = name === undefined ? undefined : variables.get(name);
      const value = own === "" ? (otherwise ?? own) : own;
      if (value === undefined) return undefined;
      at += whole.length;
      if (quoted) add(value);
      else {
        if (/[*?[]/.test(value)) return undefined;
        const [first = "", ...rest] = value.split(/[ \t\n]+/);
        if (first !== "") add(first);
        for (const part of rest) {
          if (field !== undefined) fields.push(field);
          field = part === "" ? undefined : part;
        }
      }
    } else if (char === "`" || (!quoted && /[*?[]/.test(char) && word !== "[")) return undefined;
    else {
      add(char);
      at += 1;
    }
  }
  if (field !== undefined) fields.push(field);
  return fields;
}

/** The scripts within a word that run when it is expanded. */
export function substitutionsIn(word: string): readonly string[] {
  const found: string[] = [];
  let quoted = false;
  for (let at = 0; at < word.length; at += 1) {
    const char = word[at];
    if (char === "\\") at += 1;
    else if (char === '"') quoted = !quoted;
    else if (char === "'" && !quoted) at = endOf(word, at + 1, "'");
    else if (char === "`") {
      const end = endOf(word, at + 1, "`");
      found.push(word.slice(at + 1, end).replaceAll(/\\([`\\$])/g, "$1"));
      at = end;
    } else if (word.startsWith("$((", at)) at += 2;
    else if (word.startsWith("$(", at)) {
      const end = closing(word, at + 2);
      found.push(word.slice(at + 2, end));
      at = end;
    }
  }
  return found;
}

function endOf(word: string, from: number, char: string): number {
  const end = word.indexOf(char, from);
  return end === -1 ? word.length : end;
}

function closing(word: string, from: number): number {
  let depth = 1;
  for (let at = from; at < word.length; at += 1) {
    if (word[at] === "(") depth += 1;
    else if (word[at] === ")") depth -= 1;
    if (depth === 0) return at;
  }
  return word.length;
}
