/** The supervisor's figures in Prometheus' text format. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Paths } from "../base/index.ts";
import { lstatSync } from "../sys/index.ts";
import type { NumberedEvent } from "./event-log.ts";
import type { Supervisor } from "./supervisor.ts";
import { readSwitchCounts } from "./switch-results.ts";
import type { UnitStatus } from "./unit-state.ts";

const statuses: readonly UnitStatus[] = ["stopped", "starting", "running", "done", "stopping", "failed"];

const healths = { starting: 0, unhealthy: -1, healthy: 1 } as const;

/** Of a file; undefined for anything else, which a user may have put there. */
function sizeOf(path: string): number | undefined {
  try {
    const found = lstatSync(path);
    return found.isFile() ? found.size : undefined;
  } catch {
    return undefined;
  }
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #supervisor: Supervisor;
  readonly #paths: Paths;
  readonly #state: Gauge;
  readonly #restarts: Gauge;
  readonly #health: Gauge;
  readonly #logBytes: Gauge;
  readonly #nextRun: Gauge;
  readonly #generation: Gauge;
  readonly #switches: Counter;
  readonly #lastSwitch: Gauge;
  readonly #lastDuration: Gauge;
  readonly #changes: Counter;
  readonly #starts: Histogram;
  /** When each unit began to start. */
  readonly #starting = new Map<string, number>();

  constructor(supervisor: Supervisor, paths: Paths) {
    this.#supervisor = supervisor;
    this.#paths = paths;
    const registers = [this.#registry];
    const gauge = (name: string, help: string, ...labelNames: readonly string[]): Gauge =>
      new Gauge({ registers, name, help, labelNames: [...labelNames] });
    this.#generation = gauge("lading_generation", "The generation whose units are in force");
    this.#switches = new Counter({
      ...{ registers, name: "lading_switches_total", help: "Switches of this host, by how they went" },
      labelNames: ["result"],
    });
    this.#lastSwitch = gauge(
      "lading_last_switch_seconds",
      "When the last switch began, in seconds since 1970",
      "result",
    );
    this.#lastDuration = gauge("lading_last_switch_duration_seconds", "How long the last switch took");
    this.#state = gauge("lading_unit_state", "1 for the state that the unit is in", "unit", "state");
    this.#restarts = gauge(
      "lading_unit_restarts_total",
      "How often the supervisor itself brought the unit up again",
      "unit",
    );
    this.#health = gauge(
      "lading_unit_health",
      "1 healthy, 0 not known yet, -1 unhealthy; absent where no health is watched",
      "unit",
    );
    this.#logBytes = gauge("lading_unit_log_bytes", "Size of the log that is written now", "unit");
    this.#nextRun = gauge(
      "lading_unit_next_run_seconds",
      "When a scheduled unit runs next, in seconds since 1970",
      "unit",
    );
    this.#changes = new Counter({
      ...{ registers, name: "lading_unit_changes_total", help: "Changes of a unit's state" },
      labelNames: ["unit", "state"],
    });
    this.#starts = new Histogram({
      ...{ registers, name: "lading_unit_start_seconds", help: "From the begin of a start until the unit is up" },
      labelNames: ["unit"],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    });
    // It is loaded a while after the supervisor began.
    for (const event of supervisor.events.kept) this.#count(event);
    supervisor.events.listen((event) => this.#count(event));
  }

  #count({ report: { name, status, since } }: NumberedEvent): void {
    this.#changes.inc({ unit: name, state: status });
    const begin = this.#starting.get(name);
    this.#starting.delete(name);
    if (status === "starting") this.#starting.set(name, since);
    else if (begin !== undefined && (status === "running" || status === "done"))
      this.#starts.observe({ unit: name }, (since - begin) / 1000);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    const { units, generation } = this.#supervisor.status();
    this.#generation.set(generation);
    const { counts, last } = readSwitchCounts(this.#paths);
    this.#switches.reset();
    for (const [result, count] of Object.entries(counts)) this.#switches.inc({ result }, count);
    this.#lastSwitch.reset();
    if (last !== null) {
      this.#lastSwitch.set({ result: last.result }, last.at / 1000);
      this.#lastDuration.set(last.duration / 1000);
    }
    for (const gauge of [this.#state, this.#restarts, this.#health, this.#logBytes, this.#nextRun]) gauge.reset();
    for (const { name, status, restarts, health, nextRun } of units) {
      for (const each of statuses) this.#state.set({ unit: name, state: each }, each === status ? 1 : 0);
      this.#restarts.set({ unit: name }, restarts);
      if (health !== null) this.#health.set({ unit: name }, healths[health]);
      if (nextRun !== null) this.#nextRun.set({ unit: name }, nextRun / 1000);
      const size = sizeOf(this.#supervisor.logPath(name));
      if (size !== undefined) this.#logBytes.set({ unit: name }, size);
    }
    return this.#registry.metrics();
  }
}
