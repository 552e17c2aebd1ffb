/** The control API: its routes are the documented ones, events go on where a reader was, figures are Prometheus'. */
import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { pathsFor } from "../../src/base/index.ts";
import { controlApi } from "../../src/supervisor/api.ts";
import { operations } from "../../src/supervisor/api-schema.ts";
import { EventLog } from "../../src/supervisor/event-log.ts";
import type { UnitReport } from "../../src/supervisor/report.ts";
import { serveRoutes } from "../../src/supervisor/routes.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import type { UnitSpec } from "../../src/supervisor/unit-spec.ts";
import { serveSocket } from "../../src/sys/index.ts";
import { Scratch } from "../support.ts";

const unit = (name: string, more: Partial<UnitSpec> = {}): UnitSpec => ({
  ...{ name, provision: [name], requirement: [], restartWith: [], documentation: "", oneShot: true, respawn: false },
  ...{ respawnLimit: 5, respawnDelay: 100, stopGrace: 1, autoStart: true, logFile: null, user: null, group: null },
  ...{ start: { kind: "none" }, actions: [], digest: `${name}-1` },
  ...more,
});

interface Answered {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly text: string;
}

/** A supervisor without a daemon, whose API is served on a socket in the scratch folder. */
async function open(scratch: Scratch) {
  const environment = { HOME: scratch.path, LADING_STATE: scratch.path, LADING_RUNTIME: `${scratch.path}/run` };
  const paths = pathsFor({ uid: 1000, environment });
  const supervisor = new Supervisor(paths, () => undefined);
  const readUnits = () => ({ generation: 1, units: [] });
  const further = { log: () => undefined, onLoad: async () => undefined, shutdown: () => undefined };
  const routes = controlApi({ paths, supervisor, readUnits, ...further });
  const socketPath = `${scratch.path}/api.sock`;
  const server = await serveSocket(socketPath, serveRoutes(routes));
  /** Reads to the end of an answer, or until it has a certain text. */
  const ask = (
    method: string,
    path: string,
    { body, headers = {}, until }: { body?: string; headers?: Record<string, string>; until?: string } = {},
  ): Promise<Answered> =>
    new Promise((resolve, reject) => {
      const asked = request({ socketPath, method, path, headers }, (response) => {
        let text = "";
        const done = () => resolve({ status: response.statusCode, type: response.headers["content-type"], text });
        response.on("data", (data) => {
          text += data;
          if (until === undefined || !text.includes(until)) return;
          done();
          asked.destroy();
        });
        response.on("end", done);
        response.on("error", reject);
      });
      asked.on("error", reject);
      asked.end(body);
    });
  const close = async () => {
    server.close();
    server.closeAllConnections();
    await supervisor.close();
  };
  return { supervisor, routes, ask, close };
}

describe("the control API", () => {
  test("has the routes that its schema has, and no others", async () => {
    using scratch = new Scratch();
    const { routes, close } = await open(scratch);
    const names = (list: readonly { readonly method: string; readonly path: string }[]) =>
      list.map(({ method, path }) => `${method} ${path}`).sort();
    expect(names(routes)).toEqual(names(operations));
    await close();
  });

  test("answers with JSON, finds names with escapes, and says what is wrong with a request", async () => {
    using scratch = new Scratch();
    const { supervisor, ask, close } = await open(scratch);
    supervisor.load({ generation: 3, units: [unit("a b"), unit("off", { autoStart: false })] });
    await supervisor.settled(AbortSignal.timeout(5_000));
    const status = await ask("GET", "/v1/status?verbose");
    expect([status.status, status.type, JSON.parse(status.text).generation]).toEqual([200, "application/json", 3]);
    expect(JSON.parse((await ask("GET", "/v1/units/a%20b")).text).name).toBe("a b");
    expect(JSON.parse((await ask("POST", "/v1/units/off/start")).text).units[1].status).not.toBe("stopped");
    const refusals = [
      ["GET", "/v1/units/nobody", undefined, 400, "unknown-unit"],
      ["GET", "/v1/units/%zz", undefined, 400, "unknown-unit"],
      ["GET", "/v1/units/", undefined, 404, "usage"],
      ["POST", "/v1/status", undefined, 404, "usage"],
      ["POST", "/v1/load", "no JSON", 400, "usage"],
      ["POST", "/v1/load", "7", 400, "usage"],
      ["POST", "/v1/load", "{}", 400, "usage"],
      ["POST", "/v1/load", JSON.stringify({ path: "x".repeat(70_000) }), 400, "usage"],
      ["POST", "/v1/units/off/actions/no", JSON.stringify({ arguments: "x" }), 400, "usage"],
      ["POST", "/v1/units/off/actions/no", undefined, 400, "unknown-action"],
    ] as const;
    for (const [method, path, body, code, reason] of refusals) {
      const answer = await ask(method, path, body === undefined ? {} : { body });
      const [error] = JSON.parse(answer.text).errors;
      expect([method, path, answer.status, error.code]).toEqual([method, path, code, reason]);
    }
    await close();
  });

  test("tells of states, restarts and starts in Prometheus' format", async () => {
    using scratch = new Scratch();
    const { ask, supervisor, close } = await open(scratch);
    supervisor.load({ generation: 7, units: [unit("ready"), unit("waits", { requirement: ["nobody"] })] });
    await supervisor.settled(AbortSignal.timeout(5_000));
    const { text, type } = await ask("GET", "/v1/metrics");
    expect(type).toMatch(/^text\/plain/);
    expect(text).toContain("lading_generation 7");
    expect(text).toContain('lading_unit_state{unit="ready",state="done"} 1');
    expect(text).toContain('lading_unit_state{unit="waits",state="stopped"} 1');
    expect(text).toContain('lading_unit_state{unit="waits",state="running"} 0');
    expect(text).toContain('lading_unit_restarts_total{unit="ready"} 0');
    expect(text).toContain('lading_unit_start_seconds_count{unit="ready"} 1');
    expect(text).toContain('lading_unit_changes_total{unit="ready",state="done"} 1');
    for (const line of text.split("\n").filter((each) => each !== "" && !each.startsWith("#")))
      expect(line).toMatch(/^[a-z_]+(?:\{[^}]*\})? -?[\d.e+-]+$/);
    await close();
  });

  test("figures have every change, also where more came than are kept before anybody asked", async () => {
    using scratch = new Scratch();
    const { ask, supervisor, close } = await open(scratch);
    const report = { name: "often", status: "done", since: 0 } as UnitReport;
    for (let count = 0; count < 1_500; count += 1) supervisor.events.add(report);
    // By now the figures are on their way; they are there once their module is.
    await import("../../src/supervisor/metrics.ts");
    for (let count = 0; count < 1_500; count += 1) supervisor.events.add(report);
    expect(supervisor.events.kept.length).toBe(2_000);
    const { text } = await ask("GET", "/v1/metrics");
    expect(text).toContain('lading_unit_changes_total{unit="often",state="done"} 3000\n');
    await close();
  });

  test("a reader of events who comes back goes on after what it has seen", async () => {
    using scratch = new Scratch();
    const { ask, supervisor, close } = await open(scratch);
    const read = async (lastId: string | undefined, until: string): Promise<string> => {
      const headers = lastId === undefined ? {} : { "last-event-id": lastId };
      return (await ask("GET", "/v1/events", { headers, until })).text;
    };
    const first = await read(undefined, "\n\n");
    expect(first).toMatch(/^event: status$/m);
    const [, id = ""] = /^id: (\S+)$/m.exec(first) ?? [];
    supervisor.load({ generation: 1, units: [unit("one"), unit("two")] });
    await supervisor.settled(AbortSignal.timeout(5_000));
    const missed = await read(id, '"two","provision"');
    expect(missed).not.toContain("event: status");
    expect([...missed.matchAll(/^event: unit$/gm)].length).toBeGreaterThan(1);
    expect(await read("another-supervisor-5", "\n\n")).toContain('"units":[{');
    await close();
  });

  test("a reader of events hears of what happens while it listens", async () => {
    using scratch = new Scratch();
    const { ask, supervisor, close } = await open(scratch);
    const heard = ask("GET", "/v1/events", { until: '"status":"done"' });
    setTimeout(() => supervisor.load({ generation: 1, units: [unit("late")] }), 100);
    expect((await heard).text).toMatch(/event: status[\s\S]*event: unit\ndata: [^\n]*"done"/);
    await close();
  });
});

test("an event log keeps so many events, and says where some are missing", () => {
  const log = new EventLog("x");
  const report = { name: "a" } as UnitReport;
  const heard: string[] = [];
  const stop = log.listen(({ id }) => heard.push(id));
  for (let count = 0; count < 3; count += 1) log.add(report);
  expect(log.after("x-1")?.map(({ id }) => id)).toEqual(["x-2", "x-3"]);
  expect(log.after("x-3")).toEqual([]);
  expect(log.after("x-0")).toHaveLength(3);
  expect(log.after("y-1")).toBeUndefined();
  stop();
  for (let count = 0; count < 5_000; count += 1) log.add(report);
  expect(log.after("x-1")).toBeUndefined();
  expect(log.after("x-0")).toBeUndefined();
  expect(log.after("x-5000")).toHaveLength(3);
  expect(heard).toEqual(["x-1", "x-2", "x-3"]);
});
