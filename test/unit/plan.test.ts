/**
 * Plans over generated hosts and declarations: carried out on a simulated host, a plan leads to what it promised, planning
 * again finds nothing, going back finds the first state, and what is not ours is never touched. LADING_RUNS says how many
 * cases are tried (500 where it is unset).
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/base/index.ts";
import type { EngineObject } from "../../src/engine/index.ts";
import type { Reference } from "../../src/store/index.ts";
import type { UnitReport, UnitSpec } from "../../src/supervisor/index.ts";
import type { Observed } from "../../src/system/observe.ts";
import { plan } from "../../src/system/plan.ts";
import { planJson, requireReviewed } from "../../src/system/plan-file.ts";
import type { Deed, Plan, PlanContext } from "../../src/system/planner.ts";
import { emptySystem, type ObjectSpec, type SystemSpec, systemDigest, unitDigest } from "../../src/system/spec.ts";
import { noLookups, observedNothing } from "../observed.ts";

const runs = Number(process.env.LADING_RUNS ?? "500");
const { owner } = noLookups;
const cli = { engine: "podman", cli: "podman", extraArguments: [], verbose: false } as const;
const names = ["a", "b", "c", "d"];

/** What a simulated host has. Only what a plan can see or change. */
interface Sim {
  groups: Record<string, number>;
  users: Record<string, { uid: number; groups: string[]; runtime: boolean }>;
  subids: Record<"subuid" | "subgid", { name: string; start: number; count: number }[]>;
  files: Record<string, string>;
  backups: Record<string, string>;
  ledger: Observed["ledger"];
  networks: EngineObject[];
  volumes: EngineObject[];
  units: readonly UnitSpec[] | null;
  current: SystemSpec | null;
  sysctl: number;
}

const contents = new Map<string, string>();

function source(text: string): Reference {
  const ref = `${digestOf(text).slice(7, 39)}-file` as Reference["ref"];
  contents.set(ref, text);
  return { ref, suffix: "" };
}

const context: PlanContext = {
  ...noLookups,
  content: ({ ref }) => Buffer.from(contents.get(ref) ?? ""),
};

function report(unit: UnitSpec): UnitReport {
  return {
    ...(unit as unknown as UnitReport),
    status: unit.oneShot ? "done" : "running",
    wanted: "up",
    digest: unit.digest,
  };
}

function observe(sim: Sim): Observed {
  const { current } = sim;
  return {
    ...observedNothing,
    host: {
      ...observedNothing.host,
      sysctls: { ...observedNothing.host.sysctls, "net.ipv4.ip_unprivileged_port_start": sim.sysctl },
    },
    groups: Object.fromEntries(Object.entries(sim.groups).map(([name, gid]) => [name, { gid }])),
    users: Object.fromEntries(
      Object.entries(sim.users).map(([name, { uid, groups, runtime }]) => [
        name,
        { uid, gid: uid, home: `/home/${name}`, shell: "/bin/sh", groups, hasRuntimeFolder: runtime },
      ]),
    ),
    subuids: sim.subids.subuid,
    subgids: sim.subids.subgid,
    files: new Proxy(
      {},
      {
        get: (_, path: string) =>
          sim.files[path] === undefined ? null : { digest: digestOf(sim.files[path]), text: sim.files[path] },
      },
    ),
    engines: ["a"].map((user) => ({
      user,
      cli,
      containers: [],
      networks: sim.networks,
      volumes: sim.volumes,
      images: { "localhost/x:1": `sha256:${"1".repeat(64)}` },
    })),
    supervisor:
      sim.units === null ? null : { version: 1, generation: 1, pid: 1, settled: true, units: sim.units.map(report) },
    ledger: sim.ledger,
    current:
      current === null
        ? null
        : {
            version: 1,
            number: 1,
            time: "",
            source: "",
            sourceDigest: null,
            author: null,
            message: null,
            digest: systemDigest(current),
            spec: current,
          },
  };
}

function made(object: ObjectSpec): EngineObject {
  const subnets = object.fields.subnet === undefined ? [] : [{ subnet: object.fields.subnet, gateway: undefined }];
  const labels = { "dev.lading.owner": owner, "dev.lading.spec": object.digest };
  return {
    name: object.name,
    labels,
    driver: "bridge",
    options: {},
    subnets,
    internal: object.fields.internal ?? false,
    ipv6: false,
  };
}

/** Carries out one deed, as the executor would. */
function execute(sim: Sim, deed: Deed): void {
  const { ledger } = sim;
  switch (deed.kind) {
    case "group-add":
      sim.groups[deed.group.name] = deed.group.id ?? 900 + Object.keys(sim.groups).length;
      sim.ledger = { ...ledger, groups: [...ledger.groups, deed.group.name] };
      return;
    case "user-add":
      sim.users[deed.user.name] = {
        uid: deed.uid ?? 2000 + Object.keys(sim.users).length,
        groups: [deed.user.group, ...deed.user.supplementaryGroups],
        runtime: false,
      };
      sim.ledger = { ...ledger, users: [...ledger.users, deed.user.name] };
      return;
    case "user-join":
      sim.users[deed.user]?.groups.push(deed.group);
      return;
    case "subid-add":
      sim.subids[deed.file].push(deed.entry);
      return;
    case "runtime-folder": {
      const user = sim.users[deed.user];
      if (user !== undefined) user.runtime = true;
      return;
    }
    case "sysctl-set":
      sim.sysctl = deed.value;
      sim.ledger = {
        ...ledger,
        sysctls: [{ key: deed.key, value: deed.value, before: ledger.sysctls[0]?.before ?? deed.before }],
      };
      return;
    case "sysctl-restore":
      sim.sysctl = deed.before;
      sim.ledger = { ...ledger, sysctls: [] };
      return;
    case "file-write": {
      const before = sim.files[deed.path];
      if (deed.keep && before !== undefined) sim.backups[digestOf(before)] = before;
      const known = ledger.files.find(({ path }) => path === deed.path);
      const backup = known === undefined ? (deed.keep && before !== undefined ? digestOf(before) : null) : known.backup;
      sim.files[deed.path] = contents.get(deed.source.ref) ?? "";
      sim.ledger = {
        ...ledger,
        files: [
          ...ledger.files.filter(({ path }) => path !== deed.path),
          { path: deed.path, written: deed.digest, backup },
        ],
      };
      return;
    }
    case "file-restore":
      if (deed.file.backup === null) delete sim.files[deed.file.path];
      else sim.files[deed.file.path] = sim.backups[deed.file.backup] ?? "";
      sim.ledger = { ...ledger, files: ledger.files.filter(({ path }) => path !== deed.file.path) };
      return;
    case "object-remove":
      if (deed.object === "network") sim.networks = sim.networks.filter(({ name }) => name !== deed.name);
      else sim.volumes = sim.volumes.filter(({ name }) => name !== deed.name);
      return;
    case "supervisor-start":
    case "unit-start":
    case "unit-replace":
    case "unit-remove":
    case "unit-retry":
    case "object-replace":
    case "generation-record":
      return;
    default:
      throw new Error(`the simulated host knows no ${deed.kind}`);
  }
}

/** Carries out a whole plan: steps, then the units, which make what is missing, then what goes last. */
function carryOut(sim: Sim, { steps }: Plan, target: SystemSpec): void {
  const late = ({ kind }: Deed): boolean => kind === "object-remove" || kind === "sysctl-restore";
  for (const { deed } of steps) if (!late(deed)) execute(sim, deed);
  const replaced = new Set(steps.flatMap(({ deed }) => (deed.kind === "object-replace" ? [deed.name] : [])));
  for (const object of target.objects) {
    const list = object.object === "network" ? sim.networks : sim.volumes;
    const kept = list.filter(({ name }) => name !== object.name);
    const found = list.find(({ name }) => name === object.name);
    const next = found !== undefined && !replaced.has(object.name) ? list : [...kept, made(object)];
    if (object.object === "network") sim.networks = next;
    else sim.volumes = next;
  }
  for (const { deed } of steps) if (late(deed)) execute(sim, deed);
  sim.units = target.units;
  sim.current = target;
}

function unitOf(name: string, version: number, port: number | null, requirement: readonly string[]): UnitSpec {
  const rest = {
    name,
    provision: [name],
    requirement,
    restartWith: [],
    documentation: "",
    oneShot: false,
    respawn: false as const,
    respawnLimit: 5,
    respawnDelay: 100,
    stopGrace: 5,
    autoStart: true,
    logFile: null,
    user: "a",
    group: null,
    start: {
      kind: "container" as const,
      cli,
      container: {
        engine: "podman" as const,
        name,
        image: "localhost/x:1",
        options: ["--env", `V=${version}`, ...(port === null ? [] : ["-p", `${port}:80`])],
        extraArguments: [],
        command: [],
      },
      imageId: `sha256:${"1".repeat(64)}`,
      hostEnvironment: [],
    },
    actions: [],
  };
  return { ...rest, digest: unitDigest(rest) };
}

const subset = <T>(values: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...values]);

const systems: fc.Arbitrary<SystemSpec> = fc
  .record({
    groups: subset(names),
    users: subset(names),
    files: fc.dictionary(
      fc.constantFrom("/etc/a.conf", "/etc/b.conf", "/etc/c.conf"),
      fc.constantFrom("one\n", "two\n", "one\ntwo\n"),
    ),
    units: subset(names),
    versions: fc.array(fc.nat(2), { minLength: 4, maxLength: 4 }),
    low: fc.boolean(),
    networks: subset(names),
    subnets: fc.array(fc.constantFrom(undefined, 0, 1), { minLength: 4, maxLength: 4 }),
    volumes: subset(names),
  })
  .map(({ groups, users, files, units, versions, low, networks, subnets, volumes }): SystemSpec => {
    const object = (kind: "network" | "volume", name: string, index: number): ObjectSpec => {
      const subnet =
        kind === "network" && subnets[index] !== undefined ? `10.${index}.${subnets[index]}.0/24` : undefined;
      const fields = { labels: [], extraArguments: [], subnet };
      return {
        object: kind,
        name: `${kind}-${name}`,
        fields,
        digest: digestOf(JSON.stringify(fields)),
        user: "a",
        cli,
      };
    };
    const user = (name: string) => ({
      name,
      uid: null,
      group: "users",
      supplementaryGroups: groups.slice(0, 1),
      comment: "",
      home: `/home/${name}`,
      createHome: true,
      shell: "/bin/sh",
      system: false,
      needed: true,
    });
    const withA = [...new Set(["a", ...users])];
    return {
      ...emptySystem,
      groups: [...groups, "users"].map((name) => ({ name, id: null, system: true })),
      users: withA.map(user),
      subuids: withA.map((name) => ({ name, start: null, count: 65_536 })),
      subgids: withA.map((name) => ({ name, start: null, count: 65_536 })),
      files: Object.entries(files).map(([path, text]) => ({ path, source: source(text) })),
      units: units.map((name, index) =>
        unitOf(name, versions[index] ?? 0, low && index === 0 ? 80 : null, index > 0 ? [units[index - 1] ?? ""] : []),
      ),
      images: [{ reference: "localhost/x:1", item: null, pin: null, user: "a", cli }],
      objects: [
        ...networks.map((name, index) => object("network", name, index)),
        ...volumes.map((name, index) => object("volume", name, index)),
      ],
    };
  });

/** A host on which others have been at work. */
const hosts: fc.Arbitrary<Sim> = fc
  .record({
    groups: subset(["b", "users", "others"]),
    users: subset(["b", "zoe"]),
    files: fc.dictionary(fc.constantFrom("/etc/a.conf", "/etc/other"), fc.constantFrom("mine\n", "one\n")),
    foreign: subset(["foreign"]),
  })
  .map(({ groups, users, files, foreign }) => ({
    groups: Object.fromEntries(groups.map((name, index) => [name, 100 + index])),
    users: Object.fromEntries(
      users.map((name, index) => [name, { uid: 1000 + index, groups: ["users"], runtime: false }]),
    ),
    subids: {
      subuid: users.map((name, index) => ({ name, start: 100_000 + index * 65_536, count: 65_536 })),
      subgid: [],
    },
    files: { ...files },
    backups: {},
    ledger: observedNothing.ledger,
    networks: foreign.map((name) => ({
      name,
      labels: {},
      driver: "bridge",
      options: {},
      subnets: [],
      internal: false,
      ipv6: false,
    })),
    volumes: foreign.map((name) => ({
      name,
      labels: {},
      driver: "local",
      options: {},
      subnets: [],
      internal: false,
      ipv6: false,
    })),
    units: null,
    current: null,
    sysctl: 1024,
  }));

function apply(sim: Sim, target: SystemSpec): Plan {
  const made = plan(observe(sim), target, context);
  expect(made.problems).toEqual([]);
  carryOut(sim, made, target);
  return made;
}

/** Whether a host is as declared. */
function isAs(sim: Sim, target: SystemSpec): void {
  for (const {
    path,
    source: { ref },
  } of target.files)
    expect(sim.files[path]).toBe(contents.get(ref));
  for (const { name } of target.groups) expect(sim.groups).toHaveProperty(name);
  for (const { name, supplementaryGroups } of target.users) {
    for (const group of supplementaryGroups) expect(sim.users[name]?.groups).toContain(group);
    for (const file of ["subuid", "subgid"] as const)
      expect(sim.subids[file].filter((each) => each.name === name)).toHaveLength(1);
  }
  expect(sim.users.a?.runtime).toBe(true);
  for (const { object, name, fields } of target.objects) {
    const found = (object === "network" ? sim.networks : sim.volumes).find((each) => each.name === name);
    expect(found).toBeDefined();
    if (fields.subnet !== undefined) expect(found?.subnets.map(({ subnet }) => subnet)).toEqual([fields.subnet]);
  }
  const ports = target.units.some(({ start }) => start.kind === "container" && start.container.options.includes("-p"));
  expect(sim.sysctl).toBe(ports ? 80 : 1024);
}

describe("whatever a host is like and whatever is declared", () => {
  test("a plan that is carried out leads to what is declared, and planning again finds nothing to do", () => {
    fc.assert(
      fc.property(hosts, fc.array(systems, { minLength: 1, maxLength: 3 }), (given, targets) => {
        const sim = structuredClone(given);
        for (const target of targets) {
          apply(sim, target);
          isAs(sim, target);
          const again = plan(observe(sim), target, context);
          expect(again.steps.map(({ what }) => what)).toEqual([]);
        }
      }),
      { numRuns: runs },
    );
  });

  test("going back to the generation before gives its files, networks, units and parameters back", () => {
    fc.assert(
      fc.property(hosts, systems, systems, (given, first, second) => {
        const sim = structuredClone(given);
        apply(sim, first);
        const shown = (): object =>
          structuredClone({
            files: sim.files,
            networks: sim.networks.map(({ name, subnets }) => [name, subnets]).sort(),
            units: sim.units,
            sysctl: sim.sysctl,
          });
        const before = shown();
        apply(sim, second);
        apply(sim, first);
        expect(shown()).toEqual(before);
      }),
      { numRuns: runs },
    );
  });

  test("what is not ours is as it was, and comes back where it was in the way", () => {
    fc.assert(
      fc.property(hosts, fc.array(systems, { minLength: 1, maxLength: 3 }), (given, targets) => {
        const sim = structuredClone(given);
        const before = structuredClone(sim);
        for (const target of targets) apply(sim, target);
        for (const name of Object.keys(before.groups)) expect(sim.groups[name]).toBe(before.groups[name]);
        for (const name of Object.keys(before.users)) expect(sim.users[name]?.uid).toBe(before.users[name]?.uid);
        for (const entry of before.subids.subuid) expect(sim.subids.subuid).toContainEqual(entry);
        for (const each of [...before.networks, ...before.volumes])
          expect([...sim.networks, ...sim.volumes]).toContainEqual(each);
        expect(sim.files["/etc/other"]).toBe(before.files["/etc/other"]);
        apply(sim, { ...emptySystem, groups: [], users: [] });
        expect(sim.files).toEqual(before.files);
      }),
      { numRuns: runs },
    );
  });

  test("the order in which a system is declared does not matter to what is done", () => {
    fc.assert(
      fc.property(hosts, systems, (given, target) => {
        const sim = structuredClone(given);
        const reversed: SystemSpec = {
          ...target,
          units: [...target.units].reverse(),
          files: [...target.files].reverse(),
          groups: [...target.groups].reverse(),
          users: [...target.users].reverse(),
          objects: [...target.objects].reverse(),
        };
        const steps = (spec: SystemSpec): readonly string[] =>
          plan(observe(sim), spec, context)
            .steps.map(({ what, details }) => [what, ...details].join())
            .sort();
        expect(steps(reversed).length).toBe(steps(target).length);
        const other = structuredClone(sim);
        apply(sim, target);
        apply(other, reversed);
        expect({
          files: other.files,
          networks: other.networks.map(({ name }) => name).sort(),
          groups: Object.keys(other.groups).sort(),
        }).toEqual({
          files: sim.files,
          networks: sim.networks.map(({ name }) => name).sort(),
          groups: Object.keys(sim.groups).sort(),
        });
      }),
      { numRuns: runs },
    );
  });

  test("a host that changed between the plan and the apply is noticed", () => {
    const change = fc.constantFrom<(sim: Sim, target: SystemSpec) => boolean>(
      (sim, { files: [file] }) => {
        if (file === undefined || sim.files[file.path] !== undefined) return false;
        sim.files[file.path] = "somebody was here\n";
        return true;
      },
      (sim, { groups }) => {
        const group = groups.find(({ name }) => sim.groups[name] === undefined);
        if (group === undefined) return false;
        sim.groups[group.name] = 5;
        return true;
      },
      (sim, { objects }) => {
        const network = objects.find(
          ({ object, name, fields }) =>
            object === "network" && fields.subnet !== undefined && !sim.networks.some((each) => each.name === name),
        );
        if (network === undefined) return false;
        sim.networks = [
          ...sim.networks,
          { ...made(network), subnets: [{ subnet: "172.16.0.0/24", gateway: undefined }] },
        ];
        return true;
      },
    );
    fc.assert(
      fc.property(hosts, systems, change, (given, target, alter) => {
        const sim = structuredClone(given);
        const before = plan(observe(sim), target, context);
        const reviewed = planJson(before, { source: "/host.ts", target, replaceVolumes: [] }) as Parameters<
          typeof requireReviewed
        >[1];
        requireReviewed({ plan: before, target, observed: observe(sim) }, reviewed);
        fc.pre(alter(sim, target));
        const observed = observe(sim);
        expect(() => requireReviewed({ plan: plan(observed, target, context), target, observed }, reviewed)).toThrow(
          /changed since the plan was made/,
        );
      }),
      { numRuns: runs },
    );
  });
});

test("work that is done is not missed while it is done again, and what waits for it is away for nobody knows how long", () => {
  const unit = (name: string, version: number, requirement: readonly string[] = [], oneShot = false): UnitSpec => {
    const { digest: _, ...rest } = unitOf(name, version, null, requirement);
    return { ...rest, oneShot, digest: unitDigest({ ...rest, oneShot }) };
  };
  const system = (version: number): SystemSpec => ({
    ...emptySystem,
    units: [unit("a", version, [], true), unit("b", 1, ["a"]), unit("c", version, ["b"]), unit("d", version)],
  });
  const before = system(1);
  const [sim] = fc.sample(hosts, { numRuns: 1, seed: 1 });
  if (sim === undefined) throw new Error("no host");
  const observed = observe({ ...sim, units: before.units, current: before });
  const { steps } = plan(observed, system(2), context);
  const told = steps
    .filter(({ deed }) => deed.kind === "unit-replace")
    .map(({ what, interrupts, seconds }) => [what, interrupts, seconds]);
  expect(told).toEqual([
    ["replace a", "nothing", null],
    ["replace c", "restart", null],
    ["replace d", "restart", 6],
  ]);
});

test("a run of a schedule that failed waits for its next time; what else failed is tried again", () => {
  const units = [{ ...unitOf("a", 1, null, []), schedule: {} as never }, unitOf("b", 1, null, [])];
  const target = { ...emptySystem, units };
  const [sim] = fc.sample(hosts, { numRuns: 1, seed: 1 });
  if (sim === undefined) throw new Error("no host");
  const observed = observe({ ...sim, units, current: target });
  const { supervisor } = observed;
  if (supervisor === null) throw new Error("no supervisor");
  const failed = supervisor.units.map((each): UnitReport => ({ ...each, status: "failed" }));
  const { steps } = plan({ ...observed, supervisor: { ...supervisor, units: failed } }, target, context);
  expect(steps.flatMap(({ deed }) => (deed.kind === "unit-retry" ? [deed.unit] : []))).toEqual(["b"]);
});
