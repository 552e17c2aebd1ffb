/** Completion, by the shells themselves. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pathsFor } from "../../src/base/index.ts";
import { commands } from "../../src/cli/commands.ts";
import { Generations } from "../../src/system/generations.ts";
import { emptySystem, type SystemSpec } from "../../src/system/spec.ts";
import { exec, lading, main, Scratch } from "../support.ts";
import { onTerminal } from "../terminal.ts";

let yard: Scratch;
let env: Readonly<Record<string, string>>;
const verbs = commands.map(({ name }) => name.split(" ")[0] ?? "");

beforeAll(async () => {
  yard = new Scratch().write({
    "work/host.ts": "",
    "work/notes.txt": "",
    "work/with space.ts": "",
    "work/site/index.html": "",
    "bin/.keep": "",
  });
  writeFileSync(join(yard.path, "bin/lading"), `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`);
  chmodSync(join(yard.path, "bin/lading"), 0o755);
  for (const shell of ["bash", "zsh", "fish"])
    writeFileSync(join(yard.path, `lading.${shell}`), (await lading(yard, "completion", shell)).stdout);
  env = {
    LADING_STATE: join(yard.path, "state"),
    LADING_RUNTIME: join(yard.path, "run"),
    PATH: `${yard.path}/bin:${process.env.PATH}`,
    HOME: yard.path,
  };
  // No supervisor runs: names come from the current generation.
  const generations = new Generations(pathsFor({ uid: process.getuid?.() ?? 0, environment: env }));
  const units = [
    { name: "web", provision: ["web", "www"] },
    { name: "db", provision: ["db"] },
  ] as unknown as SystemSpec["units"];
  const origin = { source: "host.ts", sourceDigest: null, author: null, message: null };
  for (const number of [1, 2, 10]) generations.create(number, { ...emptySystem, units }, origin);
  symlinkSync("10.json", join(yard.path, "state/generations/current"));
});
afterAll(() => yard[Symbol.dispose]());

/** What each shell must offer at the end of a line. */
const cases: readonly (readonly [words: readonly string[], offered: readonly string[]])[] = [
  [["ch"], ["check"]],
  [
    ["check", ""],
    ["host.ts", "site", "with space.ts"],
  ],
  [["check", "--json", "ho"], ["host.ts"]],
  [
    ["apply", "--on-failure", ""],
    ["keep", "rollback", "stop"],
  ],
  [["apply", "--message", "x", "ho"], ["host.ts"]],
  [["apply", "--pl"], ["--plan"]],
  [
    ["image", ""],
    ["build", "diff", "inspect", "provenance", "push", "sbom", "verify"],
  ],
  [["image", "build", "ho"], ["host.ts"]],
  [["image", "build", "host.ts", "--format", "dock"], ["docker-archive"]],
  [
    ["status", ""],
    ["db", "web", "www"],
  ],
  [
    ["logs", "db", "w"],
    ["web", "www"],
  ],
  [
    ["rollback", ""],
    ["1", "10", "2"],
  ],
  [["boot", "--init", "open"], ["openrc"]],
  [["man", "roll"], ["rollback"]],
  [
    ["completion", ""],
    ["bash", "fish", "zsh"],
  ],
];

const plain = (text: string): string => text.replace(/\/$/, "").replaceAll("\\", "");

describe("names for a shell", () => {
  test("are units and generations, and nothing where there are none", async () => {
    expect((await lading(yard, "completion", "units")).stdout).toBe("web\nwww\ndb\n");
    expect((await lading(yard, "completion", "generations")).stdout).toBe("10\n2\n1\n");
    using empty = new Scratch();
    for (const kind of ["units", "generations"])
      expect(await lading(empty, "completion", kind)).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});

describe("bash", () => {
  test("offers every command", () => {
    const script = `source ${yard.path}/lading.bash; COMP_WORDS=(lading ''); COMP_CWORD=1; _lading; printf '%s\\n' "\${COMPREPLY[@]}"`;
    expect(execFileSync("bash", ["--norc", "-c", script], { env, encoding: "utf8" }).trim().split("\n")).toEqual(verbs);
  });

  for (const [words, offered] of [...cases, [["apply", "host.ts", "--on-failure", "=", "ro"], ["rollback"]] as const])
    test(`completes lading ${words.join(" ")}`, async () => {
      const script =
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's.
        'source "$1"; shift; COMP_WORDS=(lading "$@"); COMP_CWORD=$#; _lading; printf "%s\\n" "${COMPREPLY[@]}"';
      const argv = ["bash", "--norc", "-c", script, "bash", `${yard.path}/lading.bash`, ...words];
      const { stdout, stderr } = await exec(argv, { env, cwd: join(yard.path, "work") });
      expect(stderr.replaceAll(/.*compopt: not currently executing.*\n/g, "")).toBe("");
      expect(stdout.trim().split("\n").sort()).toEqual(offered);
    });

  test("at a prompt, finishes the word at Tab", async () => {
    let step = 0;
    const { output } = await onTerminal("bash --norc -i", {
      env: { ...env, PS1: "READY> " },
      onOutput: (so, type) => {
        if (step === 0 && so.includes("READY> ")) {
          step = 1;
          type(`cd ${yard.path}/work; source ../lading.bash; echo SOUR""CED\r`);
        } else if (step === 1 && so.includes("SOURCED")) {
          step = 2;
          type("lading che\tho\t");
        } else if (step === 2 && so.includes("lading check host.ts")) {
          step = 3;
          type("\u0015exit\r");
        }
      },
    });
    expect(output).toContain("lading check host.ts");
  });
});

/** Whether a shell is here; a test that needs it says why it does not run. */
function has(shell: string): boolean {
  return spawnSync(shell, ["--version"]).status === 0;
}

describe.skipIf(!has("fish"))("fish (skipped where it is not installed)", () => {
  for (const [words, offered] of cases)
    test(`completes lading ${words.join(" ")}`, async () => {
      const script = `source ${yard.path}/lading.fish; complete -C ${JSON.stringify(`lading ${words.join(" ")}`)}`;
      const { stdout } = await exec(["fish", "--no-config", "-c", script], { env, cwd: join(yard.path, "work") });
      const list = stdout
        .trim()
        .split("\n")
        .map((line) => plain(line.split("\t")[0] ?? ""));
      expect([...new Set(list)].sort()).toEqual(offered);
    });
});

describe.skipIf(!has("zsh"))("zsh (skipped where it is not installed)", () => {
  for (const [line, finished] of [
    ["lading che\t", "lading check "],
    ["lading check ho\t", "lading check host.ts "],
    ["lading apply host.ts --on-fai\t", "lading apply host.ts --on-failure"],
    ["lading apply --on-failure ro\t", "lading apply --on-failure rollback "],
    ["lading image pus\tho\t", "lading image push host.ts "],
    ["lading logs db we\t", "lading logs db web "],
    ["lading rollback 10\t", "lading rollback 10 "],
    ["lading man rollb\t", "lading man rollback "],
  ] as const)
    test(`finishes ${JSON.stringify(line)} at a prompt`, async () => {
      let step = 0;
      let typedAt = 0;
      const shown = (so: string): string =>
        so
          .slice(typedAt)
          // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is taken away.
          .replaceAll(/\u001b\[[\d;?]*[A-Za-z]|[\u0007\u001b=>]/g, "")
          .replaceAll(/.[\b]/g, "");
      let seen = "";
      await onTerminal("zsh -f -i", {
        columns: 120,
        env: { ...env, PS1: "READY> " },
        onOutput: (so, type) => {
          if (step === 0 && so.includes("READY> ")) {
            step = 1;
            type(`cd ${yard.path}/work; autoload -Uz compinit; compinit -u -D; source ../lading.zsh; echo SOUR""CED\r`);
          } else if (step === 1 && /SOURCED\r.*READY> /s.test(so)) {
            step = 2;
            typedAt = so.length;
            type(line);
          } else if (step === 2) {
            seen = shown(so);
            if (!seen.includes(finished)) return;
            step = 3;
            type("\u0015exit\r");
          }
        },
      });
      expect(seen).toContain(finished);
    });

  test("is right to zsh's own eye", () => {
    expect(spawnSync("zsh", ["-n", `${yard.path}/lading.zsh`]).status).toBe(0);
  });
});
