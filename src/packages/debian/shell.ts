/**
 * Shell scripts as trees of their commands: enough of the grammar for maintainer scripts. What is not understood is a
 * `ShellProblem`, never a guess.
 */
import { ShellProblem, shellTokens, type Token } from "./_shell-tokens.ts";

export interface Redirection {
  readonly operator: string;
  readonly target: string;
}

export type ShellNode =
  | {
      readonly kind: "command";
      /** As written; quotes are kept. */
      readonly words: readonly string[];
      readonly redirections: readonly Redirection[];
      /** The whole command, on one line. */
      readonly text: string;
      /** Where it begins in the script. */
      readonly start: number;
    }
  /** Commands joined by `&&` and `||`, each with what stands before it; pipes are `|`. */
  | { readonly kind: "chain"; readonly links: readonly { readonly by: string; readonly node: ShellNode }[] }
  | { readonly kind: "not"; readonly node: ShellNode }
  | { readonly kind: "if"; readonly branches: readonly IfBranch[]; readonly otherwise: readonly ShellNode[] }
  | { readonly kind: "case"; readonly subject: string; readonly branches: readonly CaseBranch[] }
  | {
      readonly kind: "for";
      readonly name: string;
      readonly items: readonly string[];
      readonly body: readonly ShellNode[];
    }
  | { readonly kind: "while"; readonly condition: readonly ShellNode[]; readonly body: readonly ShellNode[] }
  | { readonly kind: "group"; readonly body: readonly ShellNode[] }
  | { readonly kind: "function"; readonly name: string; readonly body: ShellNode };

export interface IfBranch {
  readonly condition: readonly ShellNode[];
  readonly body: readonly ShellNode[];
}

export interface CaseBranch {
  readonly patterns: readonly string[];
  readonly body: readonly ShellNode[];
}

/** Nested deeper than this, a script is no maintainer's. */
const deepest = 60;

export function parseShell(script: string): readonly ShellNode[] {
  const parser = new Parser(script);
  const nodes = parser.list([]);
  parser.end();
  return nodes;
}

class Parser {
  readonly #script: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(script: string) {
    this.#script = script;
    this.#tokens = shellTokens(script);
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw new ShellProblem(`unexpected ${this.#tokens[this.#at]?.text}`);
  }

  /** Commands up to one of the words or operators that end them. */
  list(ends: readonly string[]): readonly ShellNode[] {
    this.#depth += 1;
    if (this.#depth > deepest) throw new ShellProblem("it is nested too deeply");
    const nodes: ShellNode[] = [];
    for (;;) {
      while (this.#is("newline") || this.#takes(";") || this.#takes("&")) if (this.#is("newline")) this.#at += 1;
      const token = this.#tokens[this.#at];
      if (token === undefined || ends.includes(token.text)) break;
      nodes.push(this.#chain());
    }
    this.#depth -= 1;
    return nodes;
  }

  #is(kind: Token["kind"]): boolean {
    return this.#tokens[this.#at]?.kind === kind;
  }

  #takes(text: string): boolean {
    if (this.#tokens[this.#at]?.text !== text) return false;
    this.#at += 1;
    return true;
  }

  #expect(text: string): void {
    this.#newlines();
    if (!this.#takes(text))
      throw new ShellProblem(`${this.#tokens[this.#at]?.text ?? "the end"} where ${text} must be`);
  }

  #newlines(): void {
    while (this.#is("newline")) this.#at += 1;
  }

  #word(): string {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "word") throw new ShellProblem(`${token?.text ?? "the end"} where a word must be`);
    this.#at += 1;
    return token.text;
  }

  #chain(): ShellNode {
    const links = [{ by: "", node: this.#negated() }];
    for (;;) {
      const by = this.#tokens[this.#at]?.text ?? "";
      if (by !== "&&" && by !== "||" && by !== "|") break;
      this.#at += 1;
      this.#newlines();
      links.push({ by, node: this.#negated() });
    }
    const [only] = links;
    return links.length === 1 && only !== undefined ? only.node : { kind: "chain", links };
  }

  #negated(): ShellNode {
    return this.#takes("!") ? { kind: "not", node: this.#command() } : this.#command();
  }

  #command(): ShellNode {
    const text = this.#tokens[this.#at]?.text;
    if (text === "if") return this.#redirected(this.#if());
    if (text === "case") return this.#redirected(this.#case());
    if (text === "for") return this.#redirected(this.#for());
    if (text === "while" || text === "until") return this.#redirected(this.#while());
    if (text === "{" || text === "(") {
      this.#at += 1;
      const end = text === "{" ? "}" : ")";
      const body = this.list([end]);
      this.#expect(end);
      return this.#redirected({ kind: "group", body });
    }
    return this.#simple();
  }

  /** Redirections of a whole group: what it writes is a command of its own. */
  #redirected(node: ShellNode): ShellNode {
    const start = this.#tokens[this.#at]?.start ?? this.#script.length;
    const redirections: Redirection[] = [];
    while (this.#redirection(redirections));
    if (redirections.length === 0) return node;
    const text = redirections.map(({ operator, target }) => `${operator} ${target}`).join(" ");
    return { kind: "group", body: [node, { kind: "command", words: [], redirections, text, start }] };
  }

  #redirection(into: Redirection[]): boolean {
    const [first, second] = [this.#tokens[this.#at], this.#tokens[this.#at + 1]];
    const numbered = first?.kind === "word" && /^\d$/.test(first.text) && second?.start === first.end;
    const operator = numbered ? second : first;
    if (operator?.kind !== "operator" || !/^[<>]/.test(operator.text)) return false;
    this.#at += numbered ? 2 : 1;
    into.push({ operator: operator.text, target: this.#word() });
    return true;
  }

  #if(): ShellNode {
    const branches: IfBranch[] = [];
    let otherwise: readonly ShellNode[] = [];
    for (let word = this.#word(); word !== "fi"; word = this.#word()) {
      if (word === "else") otherwise = this.list(["fi"]);
      else {
        const condition = this.list(["then"]);
        this.#expect("then");
        branches.push({ condition, body: this.list(["elif", "else", "fi"]) });
      }
    }
    return { kind: "if", branches, otherwise };
  }

  #case(): ShellNode {
    this.#expect("case");
    const subject = this.#word();
    this.#expect("in");
    const branches: CaseBranch[] = [];
    for (this.#newlines(); !this.#takes("esac"); this.#newlines()) {
      this.#takes("(");
      const patterns = [this.#word()];
      while (this.#takes("|")) patterns.push(this.#word());
      this.#expect(")");
      branches.push({ patterns, body: this.list([";;", "esac"]) });
      this.#takes(";;");
    }
    return { kind: "case", subject, branches };
  }

  #for(): ShellNode {
    this.#expect("for");
    const name = this.#word();
    const items: string[] = [];
    this.#newlines();
    if (this.#takes("in")) while (this.#is("word")) items.push(this.#word());
    else items.push('"$@"');
    this.#takes(";");
    this.#expect("do");
    const body = this.list(["done"]);
    this.#expect("done");
    return { kind: "for", name, items, body };
  }

  #while(): ShellNode {
    this.#word();
    const condition = this.list(["do"]);
    this.#expect("do");
    const body = this.list(["done"]);
    this.#expect("done");
    return { kind: "while", condition, body };
  }

  #simple(): ShellNode {
    const first = this.#tokens[this.#at];
    const words: string[] = [];
    const redirections: Redirection[] = [];
    let end = first?.end ?? 0;
    for (;;) {
      if (this.#redirection(redirections)) end = this.#tokens[this.#at - 1]?.end ?? end;
      else if (this.#is("word")) {
        end = this.#tokens[this.#at]?.end ?? end;
        words.push(this.#word());
      } else if (words.length === 1 && this.#tokens[this.#at]?.text === "(") {
        this.#at += 1;
        this.#expect(")");
        this.#newlines();
        return { kind: "function", name: words[0] ?? "", body: this.#command() };
      } else break;
    }
    if (first === undefined || (words.length === 0 && redirections.length === 0))
      throw new ShellProblem(`unexpected ${first?.text ?? "end"}`);
    const text = oneLine(this.#script.slice(first.start, end));
    return { kind: "command", words, redirections, text, start: first.start };
  }
}

function oneLine(text: string): string {
  if (!text.includes("\n")) return text;
  const lines = text.split("\n").map((line) => (line.endsWith("\\") ? line.slice(0, -1) : line).trim());
  return lines.join(" ");
}
