/** The control API: HTTP with JSON, and server-sent events, over a unix socket that only its owner can open. */
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { describeError, KnownError, type Paths, reportsOf, shellLine } from "../base/index.ts";
import { runAs } from "../engine/index.ts";
import { openApi } from "./api-schema.ts";
import type { NumberedEvent } from "./event-log.ts";
import type { Metrics } from "./metrics.ts";
import { containerArgv, type Log } from "./runner.ts";
import type { Supervisor } from "./supervisor.ts";
import type { UnitSet } from "./unit-spec.ts";

/** A request's body is a few names: anything larger is a mistake or an attack. */
const largestBody = 64 * 1024;

/** Milliseconds after which the figures begin to be kept, those of the events so far included. */
const metricsDelay = 5_000;

/** Events that a reader may leave unread. */
const mostBehind = 1_000;

export interface ApiOptions {
  readonly paths: Paths;
  readonly supervisor: Supervisor;
  /** Reads the units of a generation's file. */
  readonly readUnits: (path: string) => UnitSet;
  readonly log: Log;
  /** Hears of each set of units that was put in force. */
  readonly onLoad: (set: UnitSet) => Promise<void>;
  readonly shutdown: () => void;
}

/** What a unit can be asked for. */
const verbs = ["start", "stop", "restart", "enable", "disable"] as const;
export type Verb = (typeof verbs)[number];

/** What an action answered. */
export interface ActionResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Makes the application that answers on the control socket. */
export function controlApi({ paths, supervisor, readUnits, log, onLoad, shutdown }: ApiOptions): Hono {
  const app = new Hono();
  let loading: Promise<Metrics> | undefined;
  const loadMetrics = (): Promise<Metrics> => {
    loading ??= import("./metrics.ts").then(({ Metrics }) => new Metrics(supervisor, paths));
    return loading;
  };
  // Not while everything starts; and before more events have come than are kept. Node remembers an import that failed.
  const late = (): unknown =>
    loadMetrics().catch((error) => log("error", `no metrics until a restart: ${describeError(error)}`));
  setTimeout(late, metricsDelay).unref();
  app.onError((error, context) => {
    const reports = reportsOf(error);
    if (reports === undefined)
      return context.json({ errors: [{ code: "daemon-failed", message: describeError(error) }] }, 500);
    return context.json({ errors: reports }, 400);
  });
  app.notFound((context) =>
    context.json({ errors: [{ code: "usage", message: `no such resource: ${context.req.path}` }] }, 404),
  );
  const body = async (request: { text(): Promise<string> }): Promise<Record<string, unknown>> => {
    const text = await request.text();
    if (text.length > largestBody) throw new KnownError("usage", "the request is too large");
    try {
      return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
    } catch (error) {
      throw new KnownError("usage", "the request's body is no JSON", { cause: error });
    }
  };

  app.get("/v1/status", (context) => context.json(supervisor.status()));

  app.get("/v1/units/:name", (context) => context.json(supervisor.unit(context.req.param("name"))));

  app.get("/v1/settled", async (context) => {
    await supervisor.settled(AbortSignal.any([context.req.raw.signal, AbortSignal.timeout(25_000)]));
    return context.json(supervisor.status());
  });

  app.get("/v1/events", (context) =>
    streamSSE(context, async (stream) => {
      const { events } = supervisor;
      const closed = new Promise<void>((resolve) => stream.onAbort(resolve));
      let behind = 0;
      const send = async ({ id, report }: NumberedEvent): Promise<void> =>
        stream.writeSSE({ event: "unit", id, data: JSON.stringify(report) });
      // In one order: what was missed, then what comes; each write waits for the one before.
      let last = Promise.resolve();
      const queue = (write: () => Promise<unknown>): void => {
        last = last.then(write).then(
          () => undefined,
          () => undefined,
        );
      };
      const missed = events.after(context.req.header("last-event-id") ?? "");
      if (missed === undefined) {
        const data = JSON.stringify(supervisor.status());
        const id = events.last;
        queue(() => stream.writeSSE({ event: "status", id, data }));
      }
      for (const event of missed ?? []) queue(() => send(event));
      const stop = events.listen((event) => {
        behind += 1;
        // Whoever does not read is sent away, and can come back with the last id.
        if (behind > mostBehind) stream.abort();
        else queue(() => send(event).finally(() => (behind -= 1)));
      });
      await closed;
      stop();
    }),
  );

  app.get("/v1/openapi.json", (context) => context.json(openApi()));

  app.get("/v1/metrics", async (context) => {
    const metrics = await loadMetrics();
    context.header("content-type", metrics.contentType);
    return context.body(await metrics.text());
  });

  app.post("/v1/load", async (context) => {
    const { path } = await body(context.req);
    if (typeof path !== "string") throw new KnownError("usage", 'the request lacks "path", a generation\'s file');
    const set = readUnits(path);
    supervisor.load(set);
    await onLoad(set);
    return context.json(supervisor.status());
  });

  for (const verb of verbs) {
    app.post(`/v1/units/:name/${verb}`, (context) => {
      supervisor[verb](context.req.param("name"));
      return context.json(supervisor.status());
    });
  }

  app.post("/v1/units/:name/actions/:action", async (context) => {
    const { name, action } = context.req.param();
    const given = (await body(context.req)).arguments ?? [];
    if (!Array.isArray(given)) throw new KnownError("usage", '"arguments" must be a list of strings');
    return context.json(await act({ supervisor, paths }, name, action, given.map(String)));
  });

  app.post("/v1/shutdown", async (context) => {
    const { stop } = await body(context.req);
    if (stop === true) await supervisor.stopAll(AbortSignal.timeout(120_000));
    setTimeout(shutdown, 20);
    return context.json(supervisor.status());
  });
  return app;
}

async function act(
  { supervisor, paths }: Pick<ApiOptions, "supervisor" | "paths">,
  name: string,
  action: string,
  given: readonly string[],
): Promise<ActionResult> {
  const unit = supervisor.spec(name);
  const found = unit.actions.find((each) => each.name === action);
  if (found === undefined) {
    const hint = `its actions are ${unit.actions.map((each) => each.name).join(", ") || "none"}`;
    throw new KnownError("unknown-action", `${unit.name} has no action "${action}"`, { hint });
  }
  if (action === "command-line" && unit.start.kind === "container") {
    return { status: 0, stdout: `${shellLine(containerArgv(paths, unit, unit.start))}\n`, stderr: "" };
  }
  const identity = await supervisor.runner.identity(unit);
  const { status, stdout, stderr } = await runAs(identity, [...found.argv, ...given]);
  return { status, stdout, stderr };
}
