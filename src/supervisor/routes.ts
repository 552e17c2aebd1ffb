/**
 * The part of HTTP that the control API speaks: routes with named parameters, answers as JSON, errors as a list of reports,
 * and bodies of a few names. It serves programs of this host over a unix socket, so there is no more to it.
 */
import { describeError, KnownError, reportsOf } from "../base/index.ts";
import type { IncomingMessage, RequestListener, ServerResponse } from "../sys/index.ts";

/** A request's body is a few names: anything larger is a mistake or an attack. */
const largestBody = 64 * 1024;

/** One request, as its route sees it. */
export interface Call {
  /** What stands in the path in the place of `{name}`; "" for a name that the path does not have. */
  readonly parameter: (name: string) => string;
  readonly header: (name: string) => string | undefined;
  /** The members of the request's JSON; none where it has no body. */
  readonly body: () => Promise<Readonly<Record<string, unknown>>>;
  /** Aborted once the asker is gone. */
  readonly signal: AbortSignal;
}

export type Reply =
  | { readonly json: unknown }
  | { readonly text: string; readonly type: string }
  /** Writes the whole answer itself, for as long as it likes. */
  | { readonly stream: (response: ServerResponse) => void };

export interface Route {
  readonly method: "get" | "post";
  /** With parameters in braces, each a whole part of the path. */
  readonly path: string;
  readonly answer: (call: Call) => Reply | Promise<Reply>;
}

/** What a path has for a route's parameters; undefined where it is another route's. */
function match(route: string, path: string): ReadonlyMap<string, string> | undefined {
  const wanted = route.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return undefined;
  const parameters = new Map<string, string>();
  for (const [index, part] of wanted.entries()) {
    const found = given[index] ?? "";
    const [, name] = /^\{(\w+)\}$/.exec(part) ?? [];
    if (name === undefined ? part !== found : found === "") return undefined;
    if (name !== undefined) parameters.set(name, decode(found));
  }
  return parameters;
}

/** A part of a path without its escapes; as it is where they are none. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function readBody(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > largestBody) throw new KnownError("usage", "the request is too large");
    chunks.push(chunk);
  }
  if (length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (error) {
    throw new KnownError("usage", "the request's body is no JSON", { cause: error });
  }
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw new KnownError("usage", "the request's body is no object");
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  if (response.destroyed) return;
  // What was not read of a body that was refused must not be taken for the next request.
  const rest = response.req.complete ? {} : { connection: "close" };
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(text), ...rest }).end(text);
}

const sendJson = (response: ServerResponse, status: number, value: unknown): void =>
  send(response, status, "application/json", JSON.stringify(value));

/** What a server does with each request. */
export function serveRoutes(routes: readonly Route[]): RequestListener {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = ""] = (request.url ?? "").split("?");
    for (const route of routes) {
      const parameters = route.method === request.method?.toLowerCase() ? match(route.path, path) : undefined;
      if (parameters === undefined) continue;
      const gone = new AbortController();
      response.once("close", () => gone.abort());
      const reply = await route.answer({
        parameter: (name) => parameters.get(name) ?? "",
        header: (name) => request.headers[name]?.toString(),
        body: () => readBody(request),
        signal: gone.signal,
      });
      if ("stream" in reply) reply.stream(response);
      else if ("json" in reply) sendJson(response, 200, reply.json);
      else send(response, 200, reply.type, reply.text);
      return;
    }
    sendJson(response, 404, { errors: [{ code: "usage", message: `no such resource: ${path}` }] });
  };
  return (request, response) => {
    answer(request, response).catch((error: unknown) => {
      // Its head is sent: whoever waits for the rest learns that there is none.
      if (response.headersSent) return response.destroy();
      const reports = reportsOf(error);
      const defect = [{ code: "daemon-failed", message: describeError(error) }];
      sendJson(response, reports === undefined ? 500 : 400, { errors: reports ?? defect });
    });
  };
}
