/**
 * `lading doctor [FILE] [--fix]`: what rootless containers need of this host, for a declaration, for what is in force, or
 * for whoever asks: what was found, what is needed, and how to get there. `--fix` does of it what a plan would do.
 */
import { KnownError } from "../base/index.ts";
import { ownIdentity } from "../engine/index.ts";
import { busyboxPaths } from "../store/index.ts";
import { existsSync, lastWords, rootPropagation, run as runProgram } from "../sys/index.ts";
import {
  type Demand,
  demandOf,
  hostNeeds,
  type Need,
  observeBasics,
  rangeNeeds,
  type SystemSpec,
} from "../system/index.ts";
import { type Answer, type Context, exitCodes, table } from "./context.ts";

async function program(name: string, packageName: string, why: string, state: "missing" | "note"): Promise<Need> {
  const { home } = await ownIdentity();
  const result = await runProgram([name, "--version"], { env: { HOME: home } }).catch(() => undefined);
  const about = { what: name, why, needed: "installed", repair: null };
  if (result === undefined) return { ...about, found: "not installed", state, fix: `apt-get install ${packageName}` };
  if (result.status !== 0)
    return { ...about, found: `does not run: ${lastWords(result)}`, state, fix: `try it: ${name} --version` };
  return { ...about, found: result.stdout.split("\n")[0] || "installed", state: "ok", fix: null };
}

/** What Lading itself calls, beside what the kernel and the host's files decide. */
async function programs(): Promise<readonly Need[]> {
  const busybox = busyboxPaths.find((path) => existsSync(path));
  const propagation = rootPropagation();
  const shared = propagation === "shared";
  return [
    await program("podman", "podman", "the engine", "missing"),
    await program("skopeo", "skopeo", "loads images without copying what is there", "missing"),
    await program("setpriv", "util-linux", "runs the engine as its user", "missing"),
    await program("bwrap", "bubblewrap", "the sandbox that computed files are built in", "note"),
    {
      what: "busybox",
      why: "what a build's sandbox holds",
      needed: "installed, linked statically",
      found: busybox ?? "not installed",
      state: busybox ? "ok" : "note",
      fix: busybox ? null : "apt-get install busybox-static",
      repair: null,
    },
    {
      what: "the mount at /",
      why: "mounts that appear in containers",
      needed: "shared",
      found: propagation,
      state: shared ? "ok" : "note",
      fix: shared ? null : "mount --make-shared / (rootlessPodmanServiceType does it)",
      repair: null,
    },
  ];
}

/** Looks at everything that a demand needs. */
async function examine(context: Context, demand: Demand, spec: SystemSpec | undefined): Promise<readonly Need[]> {
  const view = await observeBasics(context.paths, demand.users);
  const users = demand.users.filter((user) => view.users[user] !== undefined);
  const unknown = demand.users.filter((user) => !users.includes(user));
  return [
    ...(await programs()),
    ...hostNeeds(view, { ...demand, users }),
    ...rangeNeeds(view, users, spec),
    ...unknown.map(accountNeed),
  ];
}

/** What a user needs who does not exist yet, `apply` makes with the user. */
function accountNeed(user: string): Need {
  return {
    what: `user ${user}`,
    why: "whose containers these are",
    needed: "an account, with ranges of ids and a runtime folder",
    found: "none",
    state: "missing",
    fix: "`lading apply` makes it",
    repair: null,
  };
}

function print(context: Context, needs: readonly Need[]): void {
  if (context.json) {
    const findings = needs.map(({ repair, ...need }) => ({ ...need, repairable: repair !== null }));
    return context.print(JSON.stringify({ version: 1, findings }, null, 2));
  }
  const colour = { ok: "green", missing: "red", note: "yellow" } as const;
  const row = ({ state, what, why, needed, found, fix }: Need): readonly string[] => [
    context.paint(colour[state], state),
    `${what}: ${why}`,
    `found ${found}`,
    `needed ${needed}`,
    fix === null ? "" : `fix: ${fix}`,
  ];
  context.print(table(needs.map(row), context.columns()));
  const missing = needs.filter((each) => each.state === "missing").length;
  context.print(missing === 0 ? "This host can run rootless containers." : `${missing} missing.`);
}

export async function run(
  context: Context,
  [file]: readonly (string | undefined)[],
  options: { readonly fix?: boolean },
): Answer {
  const host = await context.host();
  const spec = file === undefined ? host.generations.current()?.spec : (await context.load(file)).spec;
  const { user, uid } = await ownIdentity();
  const demand =
    spec === undefined ? { users: uid === 0 ? [] : [user], lowestPort: null, limits: true } : demandOf(spec, user);
  let needs = await examine(context, demand, spec);
  if (options.fix === true) {
    if (uid !== 0)
      throw new KnownError("needs-root", "only root can put a host right", {
        hint: "run it as root, or ask root for what `lading doctor` lists",
      });
    await using _lock = await host.lock("lading doctor --fix");
    const repairs = needs.flatMap(({ state, repair }) => (state === "ok" || repair === null ? [] : [repair]));
    await host.repair(repairs);
    needs = await examine(context, demand, spec);
  }
  print(context, needs);
  return needs.some((each) => each.state === "missing") ? exitCodes.failed : exitCodes.done;
}
