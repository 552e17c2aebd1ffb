/** Sockets: the control API's two ends, and a look at a port. */
import { once } from "node:events";
import { chmodSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, request, type Server } from "node:http";
import { connect } from "node:net";
import { hasErrno, messageOf } from "../base/index.ts";

export type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";

/** Whether somebody accepts connections at `path`; a socket left by a dead server refuses them. */
export async function isServed(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return true;
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ECONNREFUSED", "ENOTSOCK")) return false;
    throw error;
  } finally {
    socket.destroy();
  }
}

/** Connects over TCP and hangs up; resolves with undefined, or why that did not work. */
export async function tryConnect(
  address: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<string | undefined> {
  const socket = connect(address);
  try {
    await once(socket, "connect", { signal });
    return undefined;
  } catch (error) {
    return signal.aborted ? "no answer" : messageOf(error);
  } finally {
    socket.destroy();
  }
}

/** Serves HTTP on a unix socket that only its owner can open. A stale socket is replaced; a served one is an error. */
export async function serveSocket(path: string, listener: RequestListener): Promise<Server> {
  if (await isServed(path)) throw new Error(`${path} is served already`);
  rmSync(path, { force: true });
  const server = createServer({ requestTimeout: 30_000, maxHeaderSize: 16_384 }, listener);
  const mask = process.umask(0o177);
  try {
    server.listen(path);
    await once(server, "listening");
  } finally {
    process.umask(mask);
  }
  chmodSync(path, 0o600);
  return server;
}

/** Sends one request over a unix socket and resolves with the answer's head; the body is read by the caller. */
export function requestSocket(
  path: string,
  options: { readonly method: string; readonly url: string; readonly body?: string; readonly signal?: AbortSignal },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        socketPath: path,
        method: options.method,
        path: options.url,
        headers: options.body === undefined ? {} : { "content-type": "application/json" },
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      resolve,
    );
    outgoing.on("error", reject);
    outgoing.end(options.body);
  });
}
