/**
 * Who may speak to the supervisor. Its owner always; a declared group may be given everything, at the same socket, or only
 * what is asked with GET, at a socket of its own. The kernel keeps others out: by the sockets' modes, unix(7).
 */
import { join } from "node:path";
import type { Paths } from "../base/index.ts";
import { chmodSync, chownSync, lookUp, type RequestListener, rmSync, type Server, serveSocket } from "../sys/index.ts";
import type { Log } from "./runner.ts";
import type { AccessSpec } from "./unit-spec.ts";

/** Where members of the reading group are served. */
export function readSocket(paths: Pick<Paths, "runtime">): string {
  return join(paths.runtime, "read.sock");
}

export class Doors {
  readonly #paths: Paths;
  readonly #listener: RequestListener;
  readonly #log: Log;
  #control: Server | undefined;
  #read: Server | undefined;

  constructor(paths: Paths, listener: RequestListener, log: Log) {
    this.#paths = paths;
    this.#listener = listener;
    this.#log = log;
  }

  /** Serves whom `access` names, and nobody else any more. */
  async open({ control = null, read = null }: AccessSpec = {}): Promise<void> {
    this.#control ??= await serveSocket(this.#paths.socket, this.#listener);
    const [controllers, readers] = [await this.#group(control), await this.#group(read)];
    // Who may not enter the folder gets to no socket in it.
    chmodSync(this.#paths.runtime, controllers === undefined && readers === undefined ? 0o700 : 0o711);
    giveTo(this.#paths.socket, controllers);
    if (readers === undefined) return this.#closeRead();
    this.#read ??= await serveSocket(readSocket(this.#paths), (request, response) => {
      if (request.method === "GET") return this.#listener(request, response);
      const refusal = { code: "needs-root", message: "members of this group may look, and change nothing" };
      response.writeHead(403, { "content-type": "application/json" }).end(JSON.stringify({ errors: [refusal] }));
    });
    giveTo(readSocket(this.#paths), readers);
  }

  close(): void {
    for (const server of [this.#control, this.#read]) {
      server?.close();
      server?.closeAllConnections();
    }
  }

  #closeRead(): void {
    this.#read?.close();
    this.#read?.closeAllConnections();
    this.#read = undefined;
    rmSync(readSocket(this.#paths), { force: true });
  }

  async #group(name: string | null): Promise<number | undefined> {
    if (name === null) return undefined;
    const found = await lookUp("group", name).catch(() => undefined);
    if (found !== undefined) return Number(found[2]);
    this.#log("error", `this host has no group "${name}": nobody is let in for it`);
    return undefined;
  }
}

function giveTo(socket: string, gid: number | undefined): void {
  chownSync(socket, process.getuid?.() ?? 0, gid ?? process.getgid?.() ?? 0);
  chmodSync(socket, gid === undefined ? 0o600 : 0o660);
}
