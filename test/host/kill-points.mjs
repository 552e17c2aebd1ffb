/**
 * Run inside a throwaway host: kills the command after every single effect of a switch and runs it again. Whatever the
 * point, the host is then in one of two whole states. Prints one line of JSON: how many points there were, and those at
 * which something else came out.
 *
 *   node kill-points.mjs MAIN FOLDER MODE LIKE FIRST STEP
 *
 * MAIN is the command's file, FOLDER holds a.ts and b.ts, MODE is make (nothing → a), change (a → b) or down (a → nothing).
 * LIKE is kill (once), twice (once more during the recovery), or power (the machine loses what was not synced).
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";

const [main, folder, mode, like, first, step] = process.argv.slice(2);
const preload = new URL("die-after.mjs", import.meta.url).pathname;

function lading(args, dieAfter = 0) {
  const argv = [...(dieAfter > 0 ? ["--import", preload] : []), main, ...args];
  const env = { PATH: process.env.PATH, HOME: "/root", NO_COLOR: "1", DIE_AFTER: String(dieAfter), DIE_LIKE: like };
  return spawnSync(process.execPath, argv, { cwd: folder, env, encoding: "utf8", maxBuffer: 1 << 26, timeout: 60_000 });
}

/**
 * shadow keeps the last version of each of its files, and its locks; and the home of the machine's own test user may change
 * below the throwaway host meanwhile.
 */
const notState = /^\/(?:etc\/(?:(?:passwd|group|shadow|gshadow|subuid|subgid)-|\.pwd\.lock)|home\/lading-test)$/;

function listing(path, lines) {
  if (notState.test(path) || !(existsSync(path) || lstatSync(path, { throwIfNoEntry: false }))) return;
  const { mode: bits, uid, gid } = lstatSync(path);
  const kind = bits & 0o170000;
  const content =
    kind === 0o120000
      ? readlinkSync(path)
      : kind === 0o100000
        ? createHash("md5").update(readFileSync(path)).digest("hex")
        : "";
  lines.push(`${path} ${bits.toString(8)} ${uid}:${gid} ${content}`);
  if (kind === 0o040000) for (const name of readdirSync(path).sort()) listing(join(path, name), lines);
}

/** Everything that a switch may touch, as lines. */
function state() {
  const lines = [];
  for (const path of ["/etc", "/home", "/run/user"]) listing(path, lines);
  const { status, stdout } = lading(["status", "--json"]);
  if (status === 0) lines.push(...JSON.parse(stdout).units.map((unit) => `${unit.name} ${unit.status} ${unit.digest}`));
  if (existsSync("/var/lib/lading")) {
    const current = readFileSync("/var/lib/lading/generations/current", "utf8");
    lines.push(`generation ${JSON.parse(current).digest}`);
    lines.push(`journal ${existsSync("/var/lib/lading/journal/switch.json")}`);
    const ledger = JSON.parse(readFileSync("/var/lib/lading/ledger.json", "utf8"));
    for (const [name, entries] of Object.entries(ledger))
      for (const entry of [entries].flat()) lines.push(`ledger ${name} ${JSON.stringify(entry)}`);
  }
  return lines;
}

function differences(expected, found) {
  return [
    ...expected.filter((line) => !found.includes(line)).map((line) => `- ${line}`),
    ...found.filter((line) => !expected.includes(line)).map((line) => `+ ${line}`),
  ];
}

/** Runs a command that must succeed, and compares what comes out with the states that may. */
function reach(args, expected, problems) {
  const { status, stderr } = lading(args);
  if (status !== 0) problems.push(`${args.join(" ")} exited with ${status}: ${stderr.slice(-600)}`);
  const found = state();
  const [nearest] = expected.map((each) => differences(each, found)).sort((one, other) => one.length - other.length);
  problems.push(...nearest.map((line) => `after ${args[0]} ${args[1]}: ${line}`));
}

const apply = (name) => ["apply", `${name}.ts`, "--yes"];
const down = ["down", "--yes"];

/** Runs a command that nothing stands in the way of. */
function must(args) {
  const { status, stderr } = lading(args);
  if (status !== 0) throw new Error(`${args.join(" ")}: ${stderr}`);
}

const nothing = state();
must(apply("a"));
const fresh = state();
must(apply("b"));
const b = state();
must(apply("a"));
// What only b declares of accounts stays, for files may belong to them.
const a = state();
lading(down);
const declared = [fresh, a];
const modes = {
  make: { from: [down], run: apply("a"), again: [[apply("a"), [fresh]]], back: [down, [nothing]] },
  change: {
    from: [apply("a")],
    run: apply("b"),
    again: [
      [apply("b"), [b]],
      [apply("a"), declared],
    ],
    back: [apply("a"), declared],
  },
  down: { from: [apply("a")], run: down, again: [[down, [nothing]]], back: [down, [nothing]] },
};
const { from, run, again, back } = modes[mode];
const failures = [];
let points = 0;

/** Without power the supervisor is gone as well, and so is everything in memory. */
function loseTheRest() {
  const { status, stdout } = lading(["status", "--json"]);
  if (status === 0) process.kill(JSON.parse(stdout).pid, "SIGKILL");
  rmSync("/run/lading", { recursive: true, force: true });
}

for (let point = Number(first); ; point += Number(step)) {
  for (const args of from) lading(args);
  const { signal, status } = lading(run, point);
  if (signal !== "SIGKILL") {
    if (status !== 0) failures.push({ point, problems: [`not killed, and exited with ${status}`] });
    break;
  }
  points += 1;
  const problems = [];
  if (like === "power") loseTheRest();
  // The recovery is killed as well, each time somewhere else.
  if (like === "twice") lading(run, 1 + ((points * 7) % 40));
  // Once more the same, or back: in turn.
  const [args, expected] = mode === "change" ? again[(point >> 1) % 2] : again[0];
  reach(args, expected, problems);
  reach(...back, problems);
  if (problems.length > 0) failures.push({ point, problems });
  if (failures.length > 5) break;
}
lading(down);
console.log(JSON.stringify({ mode, like, points, failures }));
