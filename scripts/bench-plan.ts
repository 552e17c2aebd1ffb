/** What the bench times of the planner: as many containers declared as observed, each with another variable. */
import type { UnitReport, UnitSpec } from "../src/supervisor/index.ts";
import { plan } from "../src/system/plan.ts";
import { emptySystem, unitDigest } from "../src/system/spec.ts";
import { noLookups, observedNothing } from "../test/observed.ts";

const cli = { engine: "podman", cli: "podman", extraArguments: [], verbose: false } as const;

function unitOf(index: number, version: string): UnitSpec {
  const name = `c-${index}`;
  const options = ["--env", `V=${version}`, "--env", `N=${index}`, "-p", `${(10_000 + index) % 60_000}:80`];
  const container = {
    engine: "podman" as const,
    name,
    image: "localhost/x:1",
    options,
    extraArguments: [],
    command: ["run"],
  };
  const rest = {
    ...{
      name,
      provision: [name],
      requirement: index > 0 ? [`c-${index - 1}`] : [],
      restartWith: [],
      documentation: "",
    },
    ...{ oneShot: false, respawn: false as const, respawnLimit: 5, respawnDelay: 100, stopGrace: 5, autoStart: true },
    ...{ logFile: null, user: null, group: null, actions: [] },
    start: { kind: "container" as const, cli, container, imageId: `sha256:${"1".repeat(64)}`, hostEnvironment: [] },
  };
  return { ...rest, digest: unitDigest(rest) };
}

/** Seconds that one plan takes. */
export function planMany(count: number): number {
  const numbers = Array.from({ length: count }, (_, index) => index);
  const [before, after] = ["1", "2"].map((version) => ({
    ...emptySystem,
    kind: "home" as const,
    units: numbers.map((index) => unitOf(index, version)),
    images: [{ reference: "localhost/x:1", item: null, pin: null, user: null, cli }],
  })) as [typeof emptySystem, typeof emptySystem];
  const labels = (unit: string): Record<string, string> => ({ "dev.lading.owner": "me", "dev.lading.unit": unit });
  const containers = before.units.map(({ name }, index) => ({
    ...{ id: String(index), name, image: "", imageId: "", state: "running", pid: index + 2, labels: labels(name) },
  }));
  const observed = {
    ...observedNothing,
    engines: [
      {
        user: null,
        cli,
        containers,
        networks: [],
        volumes: [],
        images: { "localhost/x:1": `sha256:${"1".repeat(64)}` },
      },
    ],
    supervisor: {
      ...{ version: 1 as const, generation: 1, pid: 1, settled: true },
      units: before.units.map((unit) => ({ ...(unit as unknown as UnitReport), status: "running" as const })),
    },
    current: {
      ...{ version: 1 as const, number: 1, time: "", source: "", sourceDigest: null, author: null, message: null },
      ...{ digest: unitDigest(before.units[0] as UnitSpec), spec: before },
    },
  };
  const begin = process.hrtime.bigint();
  const { steps } = plan(observed, after, noLookups);
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  if (steps.length !== count) throw new Error(`${steps.length} steps for ${count} containers`);
  return seconds;
}
