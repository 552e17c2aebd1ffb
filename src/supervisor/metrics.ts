/** The supervisor's figures in Prometheus' text format. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { lstatSync } from "../sys/index.ts";
import type { Supervisor } from "./supervisor.ts";
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
  readonly #state: Gauge;
  readonly #restarts: Gauge;
  readonly #health: Gauge;
  readonly #logBytes: Gauge;
  readonly #nextRun: Gauge;
  readonly #generation: Gauge;
  readonly #changes: Counter;
  readonly #starts: Histogram;
  /** When each unit began to start. */
  readonly #starting = new Map<string, number>();

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
    const registers = [this.#registry];
    const unit = ["unit"];
    this.#state = new Gauge({
      registers,
      name: "lading_unit_state",
      help: "1 for the state that the unit is in",
      labelNames: ["unit", "state"],
    });
    this.#restarts = new Gauge({
      registers,
      name: "lading_unit_restarts_total",
      help: "How often the supervisor itself brought the unit up again",
      labelNames: unit,
    });
    this.#health = new Gauge({
      registers,
      name: "lading_unit_health",
      help: "1 healthy, 0 not known yet, -1 unhealthy; absent where no health is watched",
      labelNames: unit,
    });
    this.#logBytes = new Gauge({
      registers,
      name: "lading_unit_log_bytes",
      help: "Size of the log that is written now",
      labelNames: unit,
    });
    this.#nextRun = new Gauge({
      registers,
      name: "lading_unit_next_run_seconds",
      help: "When a scheduled unit runs next, in seconds since 1970",
      labelNames: unit,
    });
    this.#generation = new Gauge({
      registers,
      name: "lading_generation",
      help: "The generation whose units are in force",
    });
    this.#changes = new Counter({
      registers,
      name: "lading_unit_changes_total",
      help: "Changes of a unit's state",
      labelNames: ["unit", "state"],
    });
    this.#starts = new Histogram({
      ...{
        registers,
        name: "lading_unit_start_seconds",
        help: "From the begin of a start until the unit is up",
        labelNames: unit,
      },
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    });
    supervisor.events.listen(({ report: { name, status, since } }) => {
      this.#changes.inc({ unit: name, state: status });
      const begin = this.#starting.get(name);
      this.#starting.delete(name);
      if (status === "starting") this.#starting.set(name, since);
      else if (begin !== undefined && (status === "running" || status === "done"))
        this.#starts.observe({ unit: name }, (since - begin) / 1000);
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    const { units, generation } = this.#supervisor.status();
    this.#generation.set(generation);
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
