/** The control API: HTTP with JSON, and server-sent events, over a unix socket that only its owner can open. */
import { describeError, KnownError, type Paths, shellLine } from "../base/index.ts";
import { runAs } from "../engine/index.ts";
import type { ServerResponse } from "../sys/index.ts";
import { openApi } from "./api-schema.ts";
import type { Metrics } from "./metrics.ts";
import type { Reply, Route } from "./routes.ts";
import { containerArgv, type Log } from "./runner.ts";
import type { Supervisor } from "./supervisor.ts";
import type { UnitSet } from "./unit-spec.ts";

/** Events after which figures are kept as they come: up to then they can be worked out when somebody asks. */
const mostUncounted = 1_000;

/** Bytes of events that a reader may leave unread. */
const mostUnread = 4 << 20;

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

/** The routes that are answered on the control socket. */
export function controlApi({ paths, supervisor, readUnits, log, onLoad, shutdown }: ApiOptions): readonly Route[] {
  const { events } = supervisor;
  const status = (): Reply => ({ json: supervisor.status() });
  // Its library is larger than all that the supervisor is: it is loaded for whoever asks, or when events would be lost.
  let loading: Promise<Metrics> | undefined;
  const loadMetrics = (): Promise<Metrics> => {
    loading ??= import("./metrics.ts").then(({ Metrics }) => new Metrics(supervisor, paths));
    return loading;
  };
  const stopCounting = events.listen(() => {
    if (events.kept.length < mostUncounted) return;
    stopCounting();
    // Node remembers an import that failed.
    void loadMetrics().catch((error) => log("error", `no metrics until a restart: ${describeError(error)}`));
  });
  return [
    { method: "get", path: "/v1/status", answer: status },
    {
      method: "get",
      path: "/v1/units/{name}",
      answer: ({ parameter }) => ({ json: supervisor.unit(parameter("name")) }),
    },
    {
      method: "get",
      path: "/v1/settled",
      answer: async ({ signal }) => {
        await supervisor.settled(AbortSignal.any([signal, AbortSignal.timeout(25_000)]));
        return status();
      },
    },
    {
      method: "get",
      path: "/v1/events",
      answer: ({ header }) => ({
        stream: (response) => tellEvents(supervisor, header("last-event-id") ?? "", response),
      }),
    },
    { method: "get", path: "/v1/openapi.json", answer: () => ({ json: openApi() }) },
    {
      method: "get",
      path: "/v1/metrics",
      answer: async () => {
        const metrics = await loadMetrics();
        return { text: await metrics.text(), type: metrics.contentType };
      },
    },
    {
      method: "post",
      path: "/v1/load",
      answer: async ({ body }) => {
        const { path } = await body();
        if (typeof path !== "string") throw new KnownError("usage", 'the request lacks "path", a generation\'s file');
        const set = readUnits(path);
        supervisor.load(set);
        await onLoad(set);
        return status();
      },
    },
    ...verbs.map(
      (verb): Route => ({
        method: "post",
        path: `/v1/units/{name}/${verb}`,
        answer: ({ parameter }) => {
          supervisor[verb](parameter("name"));
          return status();
        },
      }),
    ),
    {
      method: "post",
      path: "/v1/units/{name}/actions/{action}",
      answer: async ({ parameter, body }) => {
        const given = (await body()).arguments ?? [];
        if (!Array.isArray(given)) throw new KnownError("usage", '"arguments" must be a list of strings');
        return { json: await act({ supervisor, paths }, parameter("name"), parameter("action"), given.map(String)) };
      },
    },
    {
      method: "post",
      path: "/v1/shutdown",
      answer: async ({ body }) => {
        if ((await body()).stop === true) await supervisor.stopAll(AbortSignal.timeout(120_000));
        setTimeout(shutdown, 20);
        return status();
      },
    },
  ];
}

/** Tells of what comes after the event `seen`: of everything first where what was missed is not kept. */
function tellEvents(supervisor: Supervisor, seen: string, response: ServerResponse): void {
  const { events } = supervisor;
  const send = (event: string, id: string, value: unknown): void => {
    response.write(`event: ${event}\ndata: ${JSON.stringify(value)}\nid: ${id}\n\n`);
  };
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.flushHeaders();
  const missed = events.after(seen);
  if (missed === undefined) send("status", events.last, supervisor.status());
  for (const { id, report } of missed ?? []) send("unit", id, report);
  const stop = events.listen(({ id, report }) => {
    // Whoever does not read is sent away, and can come back with the last id.
    if (response.writableLength > mostUnread) response.destroy();
    else send("unit", id, report);
  });
  response.once("close", stop);
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
