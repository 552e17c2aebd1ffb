/** Ctrl-C on a terminal: what is undone, what stays, and what is said of it. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Scratch } from "../support.ts";
import { ladingOnTerminal } from "../terminal.ts";

/** A unit that never becomes ready, so that a switch to it waits. */
const declaration = `
import { homeEnvironment, readiness, simpleService, supervisorServiceType, unit } from "lading";
const slow = unit({ provision: ["slow"], start: ["/bin/sleep", "1000"], ready: readiness({ log: "never" }) });
export default homeEnvironment({ services: [simpleService("slow", supervisorServiceType, [slow])] });
`;

/** Types keys once, when the output has a text. */
function once(text: string, keys: string): (output: string, type: (keys: string) => void) => void {
  let isTyped = false;
  return (output, type) => {
    if (isTyped || !output.includes(text)) return;
    isTyped = true;
    type(keys);
  };
}

test("while a switch waits, it is undone, and the terminal says what is in force and what to run next", async () => {
  using scratch = new Scratch().write({ "host.ts": declaration });
  const onOutput = once("waiting for slow (starting)", "\u0003");
  const { status, lines } = await ladingOnTerminal(scratch, "apply host.ts --yes", { columns: 120, onOutput });
  expect(lines.map((line) => line.replace(/^\^C/, ""))).toEqual([
    "+ start the supervisor  it is not running",
    expect.stringMatching(/^\+ start slow {12}it is new {2}\(/),
    "Plan: 2 to add.",
    "stopping (switching slow); once more ends at once, and the next command puts right what is left",
    expect.stringMatching(/^undoing what had been begun/),
    "error interrupted: what had been begun was undone",
    "  hint: no generation is in force; `lading apply` can be run again; what was built or fetched is kept",
    "",
  ]);
  expect(status).toBe(130);
  expect(readdirSync(join(scratch.path, "run"))).toEqual([]);
  expect(existsSync(join(scratch.path, "state/journal/switch.json"))).toBe(false);
});

for (const [name, keys] of [
  ["Ctrl-C", "\u0003"],
  ["Ctrl-D", "\u0004"],
  ["no", "n\r"],
] as const)
  test(`${name} at the question changes nothing`, async () => {
    using scratch = new Scratch().write({ "host.ts": declaration });
    const onOutput = once("Apply this plan? [y/N]", keys);
    const { status, lines } = await ladingOnTerminal(scratch, "apply host.ts", { columns: 120, onOutput });
    expect(lines.join("|")).toContain("error interrupted: not confirmed; nothing was changed");
    expect(status).toBe(130);
    expect(existsSync(join(scratch.path, "state/generations"))).toBe(false);
  });
