/** `lading doctor`: what rootless containers need of a host, with what was found and how to get the rest. */

import { type Identity, ownIdentity, runtimeFolder } from "../engine/index.ts";
import { busyboxPaths } from "../store/index.ts";
import {
  cgroupLayout,
  existsSync,
  readTextIfExists,
  rootPropagation,
  run as runProgram,
  statSync,
} from "../sys/index.ts";
import { type Answer, type Context, exitCodes, table } from "./context.ts";

interface Finding {
  readonly what: string;
  readonly state: "ok" | "missing" | "note";
  readonly found: string;
  readonly fix: string | null;
}

async function program(
  identity: Identity,
  name: string,
  packageName: string,
  why: string,
  state: "missing" | "note" = "missing",
): Promise<Finding> {
  const result = await runProgram([name, "--version"], { env: { HOME: identity.home } }).catch(() => undefined);
  const what = `${name}: ${why}`;
  if (result === undefined) return { what, state, found: "not installed", fix: `apt-get install ${packageName}` };
  return { what, state: "ok", found: result.stdout.split("\n")[0] || "installed", fix: null };
}

function setuid(path: string): Finding {
  const what = `${path}: maps a user's ids`;
  if (!existsSync(path)) return { what, state: "missing", found: "not installed", fix: "apt-get install uidmap" };
  const able = (statSync(path).mode & 0o4000) !== 0;
  return able
    ? { what, state: "ok", found: "set-user-id", fix: null }
    : {
        what,
        state: "note",
        found: "no set-user-id bit (fine where it has file capabilities)",
        fix: `chmod u+s ${path}`,
      };
}

function device(path: string, why: string): Finding {
  const what = `${path}: ${why}`;
  if (!existsSync(path))
    return { what, state: "missing", found: "not there", fix: `ask the host's provider for ${path}` };
  const open = (statSync(path).mode & 0o006) === 0o006;
  return open
    ? { what, state: "ok", found: "open to users", fix: null }
    : { what, state: "missing", found: "closed to users", fix: `chmod 0666 ${path}` };
}

async function findings(): Promise<readonly Finding[]> {
  const identity = await ownIdentity();
  const busybox = busyboxPaths.find((path) => existsSync(path));
  const list: Finding[] = [
    await program(identity, "podman", "podman", "the engine"),
    await program(identity, "skopeo", "skopeo", "loads images without copying what is there"),
    await program(identity, "bwrap", "bubblewrap", "the sandbox that computed files are built in", "note"),
    await program(identity, "setpriv", "util-linux", "runs the engine as its user"),
    setuid("/usr/bin/newuidmap"),
    setuid("/usr/bin/newgidmap"),
    device("/dev/fuse", "fuse-overlayfs"),
    device("/dev/net/tun", "networks of rootless containers"),
    {
      what: "busybox: what a build's sandbox holds",
      state: busybox ? "ok" : "note",
      found: busybox ?? "not installed",
      fix: busybox ? null : "apt-get install busybox-static",
    },
    { what: "control groups", state: "ok", found: cgroupLayout(), fix: null },
    propagation(),
  ];
  const namespaces = readTextIfExists("/proc/sys/kernel/unprivileged_userns_clone")?.trim();
  if (namespaces !== undefined) {
    const allowed = namespaces === "1";
    list.push({
      what: "user namespaces for users",
      state: allowed ? "ok" : "missing",
      found: allowed ? "allowed" : "forbidden",
      fix: allowed ? null : "sysctl kernel.unprivileged_userns_clone=1",
    });
  }
  if (identity.uid !== 0) {
    for (const file of ["subuid", "subgid"]) {
      const has = (readTextIfExists(`/etc/${file}`) ?? "")
        .split("\n")
        .some((line) => line.startsWith(`${identity.user}:`) || line.startsWith(`${identity.uid}:`));
      list.push({
        what: `/etc/${file}: ids for the users of containers`,
        state: has ? "ok" : "missing",
        found: has ? "a range" : "no range",
        fix: has ? null : `as root: usermod --add-${file}s 100000-165535 ${identity.user}`,
      });
    }
    const runtime = runtimeFolder(identity);
    const there = existsSync(runtime);
    list.push({
      what: `${runtime}: where a rootless engine keeps its state`,
      state: there ? "ok" : "missing",
      found: there ? "there" : "not there",
      fix: there ? null : `as root: install -d -m 700 -o ${identity.uid} -g ${identity.gid} ${runtime}`,
    });
  }
  return list;
}

function propagation(): Finding {
  const found = rootPropagation();
  const what = "the mount at /: shared with containers";
  return found === "shared"
    ? { what, state: "ok", found, fix: null }
    : { what, state: "note", found, fix: "mount --make-shared / (rootlessPodmanServiceType does it)" };
}

export async function run(context: Context): Answer {
  const list = await findings();
  const missing = list.filter((each) => each.state === "missing");
  if (context.json) context.print(JSON.stringify({ version: 1, findings: list }, null, 2));
  else {
    const colour = { ok: "green", missing: "red", note: "yellow" } as const;
    context.print(
      table(
        list.map((each) => [
          context.paint(colour[each.state], each.state),
          each.what,
          each.found,
          each.fix === null ? "" : `fix: ${each.fix}`,
        ]),
      ),
    );
    context.print(missing.length === 0 ? "This host can run rootless containers." : `${missing.length} missing.`);
  }
  return missing.length === 0 ? exitCodes.done : exitCodes.failed;
}
