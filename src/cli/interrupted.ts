/** What an interrupted command says of the state that things are in, and of what to run next. */
import { join } from "node:path";
import type { Paths } from "../base/index.ts";
import { existsSync, readLinkIfExists } from "../sys/index.ts";

/** Commands that change the host. */
const changing: readonly string[] = ["apply", "rollback", "switch", "down", "boot", "doctor"];

/** Commands that only ask the supervisor to do something. */
const asking: readonly string[] = ["start", "stop", "restart", "enable", "disable", "action"];

/** One sentence or two; `argv` is what the command was called with. */
export function standingAfter(paths: Paths, argv: readonly string[]): string {
  const [verb = ""] = argv;
  if (asking.includes(verb)) return "the supervisor goes on with it; `lading status` shows how far it is";
  const again = `\`lading ${verb}\` can be run again; what was built or fetched is kept`;
  if (!changing.includes(verb)) return `nothing of the host was changed; ${again}`;
  if (existsSync(join(paths.state, "journal", "switch.json")))
    return "a switch is unfinished: the next `lading apply`, `lading rollback` or `lading down` undoes or finishes it first";
  const number = /^(\d+)\.json$/.exec(readLinkIfExists(join(paths.generations, "current")) ?? "")?.[1];
  const inForce = number === undefined ? "no generation is in force" : `generation ${number} is in force`;
  return `${inForce}; ${again}`;
}
