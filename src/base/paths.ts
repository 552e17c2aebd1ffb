/** Where Lading keeps what it keeps: /var/lib and /run for root, the XDG folders for everybody else. */
import { join } from "node:path";
import { digestOf } from "./digest.ts";

export interface Paths {
  /** Put before every path of the host that is not Lading's own; "" but for tests and images. */
  readonly root: string;
  readonly state: string;
  readonly store: string;
  readonly generations: string;
  readonly logs: string;
  readonly supervisor: string;
  readonly runtime: string;
  readonly socket: string;
  /** In memory: what containers find in /run/secrets. */
  readonly secrets: string;
  /** Sockets on which units tell that they are ready. */
  readonly notices: string;
  /** Ties containers to this state: the value of the owner label. */
  readonly owner: string;
}

/** What decides the paths; given, so that nothing here depends on the caller's surroundings. */
export interface PathOptions {
  readonly uid: number;
  readonly root?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export function pathsFor({ uid, root = "", environment }: PathOptions): Paths {
  const home = environment.HOME ?? "/";
  const xdgState = environment.XDG_STATE_HOME || join(home, ".local", "state");
  const xdgRuntime = environment.XDG_RUNTIME_DIR || join(xdgState, "lading", "run");
  const state = environment.LADING_STATE || `${root}${uid === 0 ? "/var/lib/lading" : join(xdgState, "lading")}`;
  const runtime = environment.LADING_RUNTIME || `${root}${uid === 0 ? "/run/lading" : join(xdgRuntime, "lading")}`;
  return {
    root,
    state,
    store: join(state, "store"),
    generations: join(state, "generations"),
    logs: join(state, "logs"),
    supervisor: join(state, "supervisor"),
    runtime,
    socket: join(runtime, "control.sock"),
    secrets: `${runtime}-secrets`,
    notices: `${runtime}-notices`,
    owner: digestOf(state).slice(7, 19),
  };
}
