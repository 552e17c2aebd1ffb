/**
 * Writes out when units count as up and as healthy, when they are run and how much of their logs is kept; what contradicts itself is
 * reported where it is declared.
 */
import { KnownError, parseDuration, parseSize } from "../base/index.ts";
import type { EngineName } from "../engine/index.ts";
import { placeOf, report } from "../record/index.ts";
import type { OciContainer, OciHealth, Unit } from "../services/index.ts";
import type { FileLike, StagedText } from "../store/index.ts";
import type { HealthSpec, LogLimits, ProbeSpec, ReadinessSpec, ScheduleSpec } from "../supervisor/index.ts";

/** When a unit counts as up, as data. `word` writes out a word of a command. */
export function readinessSpec(
  source: Unit | OciContainer,
  word: (word: string | StagedText | FileLike) => string,
): { readonly ready?: ReadinessSpec } {
  const { ready } = source;
  if (ready === undefined) return {};
  const health = "health" in source ? source.health : undefined;
  const probes: ProbeSpec[] = [];
  if (ready.tcp !== undefined) probes.push(tcpProbe(ready.tcp));
  if (ready.http !== undefined) probes.push({ kind: "http", url: ready.http, status: ready.status ?? null });
  if (ready.log !== undefined) probes.push({ kind: "log", pattern: ready.log });
  if (ready.program !== undefined) probes.push({ kind: "program", argv: ready.program.map(word) });
  if (ready.healthy) probes.push({ kind: "healthy" });
  if (ready.notify) probes.push({ kind: "notify" });
  const [probe] = probes;
  const refuse = (message: string, hint: string): void =>
    report(new KnownError("invalid-value", message, { where: placeOf(ready) ?? placeOf(source), hint }));
  if (probe === undefined || probes.length > 1)
    refuse(
      `readiness names ${probes.length === 0 ? "nothing" : "several things"} to wait for`,
      "declare exactly one of tcp, http, log, program, healthy and notify",
    );
  if (ready.healthy && health === undefined)
    refuse("readiness waits for a health check that is not declared", "declare `health`, or wait for something else");
  if (ready.log !== undefined && "logDriver" in source && source.logDriver !== undefined)
    refuse("readiness reads a log that goes elsewhere", "leave out `logDriver`, or wait for something else");
  if ("oneShot" in source && source.oneShot)
    refuse("a unit that does its work and ends is never ready", "leave out `ready`: it is up once it is done");
  if (probe === undefined) return {};
  const times = { interval: parseDuration(ready.interval) ?? 0, deadline: parseDuration(ready.deadline) ?? 0 };
  return { ready: { probe, ...times } };
}

/** How a unit's health is watched, as data; `engine`: null for a program. */
export function healthSpec(
  { interval, timeout, retries, startPeriod, onFailure }: OciHealth,
  engine: EngineName | null,
): HealthSpec {
  const milliseconds = (text: string): number => parseDuration(text) ?? 0;
  const times = { interval: milliseconds(interval), timeout: milliseconds(timeout) };
  // Docker's daemon runs the checks and counts them: what it calls unhealthy is.
  if (engine === "docker") return { ...times, startPeriod: 0, retries: 1, onFailure };
  return { ...times, startPeriod: milliseconds(startPeriod), retries, onFailure };
}

/** What a program is asked for its health by. */
export function healthArgv({ command }: OciHealth): readonly string[] {
  return typeof command === "string" ? ["/bin/sh", "-c", command] : command;
}

/** When a unit is run, as data. */
export function scheduleSpec(source: Unit | OciContainer): { readonly schedule?: ScheduleSpec } {
  const { schedule, respawn } = source;
  if (schedule === undefined) return {};
  const { calendar, timeZone, interval, jitter, catchUp } = schedule;
  const refuse = (message: string, hint: string): void =>
    report(new KnownError("fields-contradict", message, { where: placeOf(schedule) ?? placeOf(source), hint }));
  if (calendar.length > 0 === (interval !== undefined))
    refuse(
      `a schedule has ${interval === undefined ? "neither a calendar nor an interval" : "both a calendar and an interval"}`,
      "declare exactly one of calendar and interval",
    );
  if (respawn !== false)
    refuse("a unit with a schedule respawns", "leave out `respawn`: it runs again at its next time");
  return {
    schedule: {
      ...{ calendars: calendar, timeZone: timeZone ?? null, catchUp, jitter: parseDuration(jitter) ?? 0 },
      interval: interval === undefined ? null : Math.max(1, parseDuration(interval) ?? 0),
    },
  };
}

function tcpProbe(tcp: number | string): ProbeSpec {
  if (typeof tcp === "number") return { kind: "tcp", host: "127.0.0.1", port: tcp };
  const cut = tcp.lastIndexOf(":");
  return { kind: "tcp", host: tcp.slice(0, cut).replace(/^\[(.*)\]$/, "$1"), port: Number(tcp.slice(cut + 1)) };
}

/** How much of a unit's log is kept, as data. */
export function logLimits({ log }: Unit | OciContainer): { readonly log?: LogLimits } {
  if (log === undefined) return {};
  const age = log.age === undefined ? null : (parseDuration(log.age) ?? null);
  return { log: { size: Math.max(1, parseSize(log.size) ?? 0), keep: log.keep, age } };
}
