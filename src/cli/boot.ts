/**
 * `lading boot`: puts right what a boot took away, then supervises what is current. `boot install` has the host's init do
 * that from now on; `boot uninstall` takes that back.
 */
import { dirname } from "node:path";
import { KnownError, messageOf } from "../base/index.ts";
import { ownIdentity } from "../engine/index.ts";
import { ensureFolder, existsSync, readLinkIfExists, rmSync, symlinkSync, writeFileAtomic } from "../sys/index.ts";
import { type BootFile, bootFile, type Init, reloadReader } from "../system/index.ts";
import type { Answer, Context } from "./context.ts";
import { run as runDaemonCommand } from "./daemon.ts";

interface BootOptions {
  readonly init?: string;
  readonly print?: boolean;
}

const inits: readonly string[] = ["systemd", "openrc", "runit"];

/** The init that the host has, by what only it makes. */
function findInit(): Init {
  if (existsSync("/run/systemd/system")) return "systemd";
  if (existsSync("/run/openrc") || existsSync("/sbin/openrc-run")) return "openrc";
  if (existsSync("/run/runit") || existsSync("/etc/runit")) return "runit";
  const hint = `name it with --init: ${inits.join(", ")}; or have yours run \`lading boot\``;
  throw new KnownError("command-failed", "this host's init is none that Lading knows", { hint });
}

function initOf(option: string | undefined): Init {
  if (option === undefined) return findInit();
  if (inits.includes(option)) return option as Init;
  throw new KnownError("usage", `--init takes ${inits.join(", ")}, not "${option}"`);
}

async function fileFor(context: Context, init: Init): Promise<BootFile> {
  const { uid, home } = await ownIdentity();
  if (uid !== 0 && init !== "systemd") {
    const hint = "run it as root, or on a host with systemd";
    throw new KnownError("needs-root", `${init} starts what root installs`, { hint });
  }
  const kept = Object.entries(process.env).filter(([key, value]) => /^LADING_\w+$/.test(key) && value);
  const environment = Object.fromEntries(kept.map(([key, value]) => [key, value ?? ""]));
  const serviceFolder = existsSync("/etc/service") ? "/etc/service" : "/var/service";
  const command = { argv: [process.execPath, context.self, "boot"], environment };
  return bootFile(init, command, { home: uid === 0 ? null : home, serviceFolder });
}

async function install(context: Context, options: BootOptions): Promise<void> {
  const init = initOf(options.init);
  const file = await fileFor(context, init);
  const { path, content } = file;
  if (options.print === true)
    return context.print(context.json ? JSON.stringify({ version: 1, init, path, content }) : content.trimEnd());
  const host = await context.host();
  await using _lock = await host.lock("lading boot install");
  const [link, target] = file.link;
  // The ledger first: whatever happens now, `uninstall` and `down` know what to take away.
  host.recordBoot([link, file.path]);
  ensureFolder(dirname(file.path));
  writeFileAtomic(file.path, file.content, file.mode);
  ensureFolder(dirname(link));
  if (readLinkIfExists(link) !== target) {
    rmSync(link, { force: true });
    symlinkSync(target, link);
  }
  await reloadReader(file.path);
  if (context.json) return context.print(JSON.stringify({ version: 1, init, path, content }));
  context.print(`${init} runs \`lading boot\` from the next boot on (${file.path})`);
}

async function uninstall(context: Context): Promise<void> {
  const host = await context.host();
  await using _lock = await host.lock("lading boot uninstall");
  const files = await host.removeBoot();
  if (context.json) return context.print(JSON.stringify({ version: 1, removed: files }));
  context.print(files.length === 0 ? "nothing was installed" : `removed ${files.join(", ")}`);
}

export async function run(context: Context, [verb]: readonly (string | undefined)[], options: BootOptions): Answer {
  if (verb === "install") await install(context, options);
  else if (verb === "uninstall") await uninstall(context);
  else if (verb !== undefined)
    throw new KnownError("usage", `boot takes install, uninstall, or nothing, not "${verb}"`);
  else {
    await activate(context);
    return runDaemonCommand(context);
  }
  return undefined;
}

/** What goes wrong is told, and what can be supervised is supervised all the same. */
async function activate(context: Context): Promise<void> {
  const host = await context.host();
  await using _lock = await host.lock("lading boot");
  const recovered = await host.recover().catch((error: unknown) => messageOf(error));
  if (recovered !== undefined) context.progress(recovered);
  await host.activate((error) => context.progress(messageOf(error)));
  await host.dismissSupervisor();
}
