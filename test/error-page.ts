/**
 * The page of an error code, and what its examples do when they are run.
 *
 * A page has the sections that `sections` lists. In "Wrong" and "Right" a fenced block with a language is a file (a `ts`
 * block is host.ts, unless it is named behind the language), and a `console` block is a session: what stands behind `$ `
 * is run by a shell, the rest is what it prints. `127.0.0.1:5000` in a page is the registry that a test runs.
 */
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { exec, main, root, Scratch } from "./support.ts";

export const sections: readonly string[] = ["What it means", "Wrong", "Right", "What to do"];

/** The address of a registry, as pages have it. */
const shownRegistry = "127.0.0.1:5000";

export interface Example {
  readonly text: string;
  readonly files: Readonly<Record<string, string>>;
  /** The blocks of commands and what they print. */
  readonly sessions: readonly string[];
}

export interface ErrorPage {
  readonly path: string;
  readonly text: string;
  readonly heading: string;
  readonly meaning: string;
  readonly titles: readonly string[];
  readonly wrong: Example;
  readonly right: Example;
  /** The test that provokes the error, where an example cannot. */
  readonly shownBy: string | undefined;
}

function exampleOf(text: string): Example {
  const blocks = [...text.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)];
  const files = blocks.flatMap(([, language = "", name, content = ""]) =>
    language === "console" || (name === undefined && language !== "ts") ? [] : [[name ?? "host.ts", content] as const],
  );
  const sessions = blocks.flatMap(([, language, , content = ""]) => (language === "console" ? [content] : []));
  return { text, files: Object.fromEntries(files), sessions };
}

export function readErrorPage(code: string): ErrorPage {
  const path = join(root, "docs/errors", `${code}.md`);
  const text = readFileSync(path, "utf8");
  const [head = "", ...parts] = text.split(/^## /m);
  const bodies = new Map(parts.map((part) => [part.slice(0, part.indexOf("\n")), part.slice(part.indexOf("\n"))]));
  const [heading = "", meaning = ""] = head.trim().split("\n\n");
  return {
    path,
    text,
    heading,
    meaning,
    titles: [...bodies.keys()],
    wrong: exampleOf(bodies.get("Wrong") ?? ""),
    right: exampleOf(bodies.get("Right") ?? ""),
    shownBy: /^Shown by: (\S+)$/m.exec(text)?.[1],
  };
}

/** The commands of a session. */
export function commandsOf(session: string): readonly string[] {
  return [...session.matchAll(/^\$ (.*)$/gm)].map(([, command = ""]) => command);
}

export interface Shell {
  readonly scratch: Scratch;
  readonly run: (command: string) => Promise<{ readonly status: number | null; readonly output: string }>;
  readonly [Symbol.dispose]: () => void;
}

/** A shell in a folder with these files, in which `lading` is the built command with a state of its own. */
export function openShell(files: Readonly<Record<string, string>>, registry: string): Shell {
  const scratch = new Scratch();
  const outside = new Scratch();
  const real = (text: string): string => text.replaceAll(shownRegistry, registry);
  scratch.write(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, real(text)])));
  outside.write({ "bin/lading": `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n` });
  mkdirSync(join(outside.path, "home"));
  chmodSync(join(outside.path, "bin/lading"), 0o755);
  const env = {
    PATH: `${join(outside.path, "bin")}:${process.env.PATH ?? ""}`,
    HOME: join(outside.path, "home"),
    LADING_STATE: join(outside.path, "state"),
    LADING_RUNTIME: join(outside.path, "run"),
  };
  return {
    scratch,
    run: async (command) => {
      // A function, too: it is found whatever a command makes of PATH.
      const lines = ["exec 2>&1", `lading() { '${process.execPath}' '${main}' "$@"; }`, real(command)];
      const { status, stdout } = await exec(["/bin/sh", "-c", lines.join("\n")], { env, cwd: scratch.path });
      const output = stdout
        // Builds run side by side, so the order in which they are told of is chance; digests are those of a platform.
        .replaceAll(/^building .*\n/gm, "")
        .replaceAll(/(?<=sha256:)[0-9a-f]{64}/g, "…")
        .replaceAll(/(?<![\w.])[0-9a-f]{12}(?!\w)/g, "…")
        .replaceAll(`${scratch.path}/`, "")
        .replaceAll(`${outside.path}/state`, "/var/lib/lading")
        .replaceAll(`${outside.path}/run`, "/run/lading")
        .replaceAll(/(?<=the addresses are ).*?(?=;)/g, "192.0.2.10")
        .replaceAll(registry, shownRegistry);
      return { status, output };
    },
    [Symbol.dispose]: () => {
      scratch[Symbol.dispose]();
      outside[Symbol.dispose]();
    },
  };
}

/** Runs the sessions of an example, and gives each as it is now, with all that was printed. */
export async function runSessions(
  shell: Shell,
  { sessions }: Example,
): Promise<{ readonly sessions: readonly string[]; readonly output: string }> {
  const ran: string[] = [];
  let all = "";
  for (const session of sessions) {
    let shown = "";
    for (const command of commandsOf(session)) {
      const { output } = await shell.run(command);
      all += output;
      shown += `$ ${command}\n${output === "" || output.endsWith("\n") ? output : `${output}\n`}`;
    }
    ran.push(shown);
  }
  return { sessions: ran, output: all };
}
