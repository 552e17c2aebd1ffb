/** The control API: its routes are the documented ones, events go on where a reader was, figures are Prometheus'. */
import { describe, expect, test } from "vitest";
import { pathsFor } from "../../src/base/index.ts";
import { controlApi } from "../../src/supervisor/api.ts";
import { operations } from "../../src/supervisor/api-schema.ts";
import { EventLog } from "../../src/supervisor/event-log.ts";
import type { UnitReport } from "../../src/supervisor/report.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import type { UnitSpec } from "../../src/supervisor/unit-spec.ts";
import { Scratch } from "../support.ts";

const unit = (name: string, more: Partial<UnitSpec> = {}): UnitSpec => ({
  ...{ name, provision: [name], requirement: [], restartWith: [], documentation: "", oneShot: true, respawn: false },
  ...{ respawnLimit: 5, respawnDelay: 100, stopGrace: 1, autoStart: true, logFile: null, user: null, group: null },
  ...{ start: { kind: "none" }, actions: [], digest: `${name}-1` },
  ...more,
});

describe("the control API", () => {
  const open = (scratch: Scratch) => {
    const environment = { HOME: scratch.path, LADING_STATE: scratch.path, LADING_RUNTIME: `${scratch.path}/run` };
    const paths = pathsFor({ uid: 1000, environment });
    const supervisor = new Supervisor(paths, () => undefined);
    const readUnits = () => ({ generation: 1, units: [] });
    return {
      supervisor,
      app: controlApi({
        paths,
        supervisor,
        readUnits,
        log: () => undefined,
        onLoad: async () => undefined,
        shutdown: () => undefined,
      }),
    };
  };

  test("has the routes that its schema has, and no others", () => {
    using scratch = new Scratch();
    const { app } = open(scratch);
    const routes = app.routes
      .filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
    expect([...new Set(routes)].sort()).toEqual(operations.map(({ method, path }) => `${method} ${path}`).sort());
  });

  test("tells of states, restarts and starts in Prometheus' format", async () => {
    using scratch = new Scratch();
    const { app, supervisor } = open(scratch);
    supervisor.load({ generation: 7, units: [unit("ready"), unit("waits", { requirement: ["nobody"] })] });
    await supervisor.settled(AbortSignal.timeout(5_000));
    const response = await app.request("/v1/metrics");
    const text = await response.text();
    expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(text).toContain("lading_generation 7");
    expect(text).toContain('lading_unit_state{unit="ready",state="done"} 1');
    expect(text).toContain('lading_unit_state{unit="waits",state="stopped"} 1');
    expect(text).toContain('lading_unit_state{unit="waits",state="running"} 0');
    expect(text).toContain('lading_unit_restarts_total{unit="ready"} 0');
    expect(text).toContain('lading_unit_start_seconds_count{unit="ready"} 1');
    expect(text).toContain('lading_unit_changes_total{unit="ready",state="done"} 1');
    for (const line of text.split("\n").filter((each) => each !== "" && !each.startsWith("#")))
      expect(line).toMatch(/^[a-z_]+(?:\{[^}]*\})? -?[\d.e+-]+$/);
    await supervisor.close();
  });

  test("a reader of events who comes back goes on after what it has seen", async () => {
    using scratch = new Scratch();
    const { app, supervisor } = open(scratch);
    const read = async (lastId: string | undefined, until: string): Promise<string> => {
      const end = new AbortController();
      const headers = lastId === undefined ? {} : { "last-event-id": lastId };
      const response = await app.request(new Request("http://x/v1/events", { headers, signal: end.signal }));
      const reader = response.body?.getReader();
      let text = "";
      for (const decoder = new TextDecoder(); !text.includes(until); ) {
        const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
        if (done) break;
        text += decoder.decode(value);
      }
      await reader?.cancel();
      return text;
    };
    const first = await read(undefined, "event: status");
    const [, id = ""] = /id: (\S+)/.exec(first) ?? [];
    supervisor.load({ generation: 1, units: [unit("one"), unit("two")] });
    await supervisor.settled(AbortSignal.timeout(5_000));
    const missed = await read(id, '"two","provision"');
    expect(missed).not.toContain("event: status");
    expect([...missed.matchAll(/^event: unit$/gm)].length).toBeGreaterThan(1);
    expect(await read("another-supervisor-5", "event: status")).toContain('"units":[{');
    await supervisor.close();
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
