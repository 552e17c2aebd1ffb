/** The supervisor's state machine: scenes, and properties over generated graphs and histories. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Effect, type Event, step } from "../../src/supervisor/machine.ts";
import { isSettled } from "../../src/supervisor/settle.ts";
import { dependentsOf, isUp, type MachineState, type MachineUnit } from "../../src/supervisor/unit-state.ts";

function unit(name: string, more: Partial<MachineUnit> = {}): MachineUnit {
  const defaults = {
    requirement: [],
    restartWith: [],
    transient: false,
    digest: "1",
    oneShot: false,
    scheduled: false,
    respawn: false,
    respawnLimit: 5,
    respawnDelay: 100,
    autoStart: true,
  };
  return { name, provision: [name], ...defaults, ...more };
}

/** A world in which every start and stop works, except where a test says otherwise. */
class World {
  state: MachineState = new Map();
  now = 0;
  readonly started: string[] = [];
  readonly stopped: string[] = [];
  readonly failing = new Set<string>();
  #pending: Effect[] = [];

  send(event: Event): this {
    const [state, effects] = step(this.state, event, this.now);
    this.state = state;
    this.#pending.push(...effects);
    return this;
  }

  /** Carries out one effect, chosen by `pick`; false when there is none. */
  perform(pick = 0): boolean {
    const [effect] = this.#pending.splice(pick % Math.max(1, this.#pending.length), 1);
    if (effect === undefined) return false;
    if (effect.type === "start") {
      if (this.failing.has(effect.name)) {
        this.send({ type: "start-failed", name: effect.name, reason: "no", exit: null });
      } else {
        this.started.push(effect.name);
        this.send({ type: "started", name: effect.name });
      }
    } else if (effect.type === "stop") {
      this.stopped.push(effect.name);
      this.send({ type: "stopped", name: effect.name, exit: null });
    } else if (effect.type === "wake" && !isSettled(this.state)) {
      this.now = Math.max(this.now, effect.at);
      this.send({ type: "timer" });
    }
    return true;
  }

  settle(): this {
    for (let rounds = 0; this.perform(); rounds += 1) if (rounds > 10_000) throw new Error("it never comes to rest");
    return this;
  }

  load(...units: readonly MachineUnit[]): this {
    return this.send({ type: "load", units }).settle();
  }

  status(): Record<string, string> {
    return Object.fromEntries([...this.state].map(([name, at]) => [name, at.status]));
  }
}

describe("a supervisor", () => {
  const web = unit("web");
  const probe = unit("probe", { requirement: ["web"] });

  test("starts requirements first", () => {
    const world = new World().load(probe, web);
    expect(world.started).toEqual(["web", "probe"]);
    expect(world.status()).toEqual({ probe: "running", web: "running" });
  });

  test("stops dependents first, and starts requirements again with the dependent", () => {
    const world = new World().load(web, probe).send({ type: "stop", name: "web" }).settle();
    expect(world.stopped).toEqual(["probe", "web"]);
    expect(world.send({ type: "start", name: "probe" }).settle().started.slice(2)).toEqual(["web", "probe"]);
  });

  test("restarts what requires a unit with it", () => {
    const world = new World().load(web, probe).send({ type: "restart", name: "web" }).settle();
    expect([world.stopped, world.started.slice(2)]).toEqual([
      ["probe", "web"],
      ["web", "probe"],
    ]);
  });

  test("replaces only what changed, and leaves its dependents alone", () => {
    const world = new World().load(web, probe).load({ ...web, digest: "2" }, probe);
    expect([world.stopped, world.started]).toEqual([["web"], ["web", "probe", "web"]]);
    expect(world.state.get("web")?.unit.digest).toBe("2");
  });

  test("where a unit and what it requires are both replaced, it ends first and starts on the new one", () => {
    const net = unit("net", { oneShot: true });
    const user = unit("web", { requirement: ["net"] });
    const world = new World().load(net, user);
    world.started.length = 0;
    world.load({ ...net, digest: "2" }, { ...user, digest: "2" });
    expect([world.stopped, world.started]).toEqual([
      ["web", "net"],
      ["net", "web"],
    ]);
  });

  test("with respawn on failure a unit comes back after a failure, and not after a clean end", () => {
    const world = new World().load(unit("a", { respawn: "on-failure" }));
    world.send({ type: "exited", name: "a", exit: { status: 1, signal: null } }).settle();
    expect(world.started).toEqual(["a", "a"]);
    world.send({ type: "exited", name: "a", exit: { status: 0, signal: null } }).settle();
    expect([world.started, world.state.get("a")?.status]).toEqual([["a", "a"], "stopped"]);
  });

  test("what goes with a unit ends when that dies, and comes back after it; others that require it stay", () => {
    const all = [
      unit("pod", { respawn: true }),
      unit("side", { requirement: ["pod"], restartWith: ["pod"] }),
      unit("user", { requirement: ["pod"] }),
    ];
    const world = new World().load(...all);
    world.send({ type: "exited", name: "pod", exit: { status: 1, signal: null } }).settle();
    expect(world.stopped).toEqual(["side"]);
    expect(world.started).toEqual(["pod", "side", "user", "pod", "side"]);
    expect(world.status()).toEqual({ pod: "running", side: "running", user: "running" });
  });

  test("stops and forgets what is gone", () => {
    const world = new World().load(web, probe).load(web);
    expect(world.stopped).toEqual(["probe"]);
    expect(world.status()).toEqual({ web: "running" });
  });

  test("a unit that ends is failed with its status; with respawn it comes back after the delay", () => {
    const exit = { status: 3, signal: null };
    const world = new World().load(web, unit("again", { respawn: true }));
    world.send({ type: "exited", name: "web", exit }).send({ type: "exited", name: "again", exit }).settle();
    expect(world.status()).toEqual({ web: "failed", again: "running" });
    expect(world.state.get("web")?.exit).toEqual(exit);
    expect(world.state.get("web")?.reason).toBe("ended with exit status 3");
    expect(world.now).toBe(100);
  });

  test("a clean end without respawn is a stop, not a failure", () => {
    const world = new World()
      .load(web)
      .send({ type: "exited", name: "web", exit: { status: 0, signal: null } })
      .settle();
    expect(world.status()).toEqual({ web: "stopped" });
  });

  test("a crash loop ends as failed, and says so", () => {
    const world = new World().load(unit("again", { respawn: true }));
    for (let times = 0; times < 6; times += 1)
      world.send({ type: "exited", name: "again", exit: { status: 1, signal: null } }).settle();
    expect(world.status()).toEqual({ again: "failed" });
    expect(world.state.get("again")?.reason).toContain("respawning too fast");
    expect(world.started).toHaveLength(6);
  });

  test("what failed is tried again ever more rarely, until it stays up", () => {
    const world = new World().load(unit("again", { respawn: true, respawnLimit: 1 }));
    const end = (): World => world.send({ type: "exited", name: "again", exit: { status: 1, signal: null } });
    end().settle();
    const delays = [1, 2, 3, 4].map(() => {
      end().settle();
      expect(world.status()).toEqual({ again: "failed" });
      const due = world.state.get("again")?.respawnAt ?? 0;
      const delay = due - world.now;
      world.now = due;
      world.send({ type: "timer" }).settle();
      expect(world.status()).toEqual({ again: "running" });
      return delay;
    });
    expect(delays).toEqual([1000, 2000, 4000, 8000]);
    expect(world.state.get("again")?.restarts).toBe(5);
    world.now += 7_001;
    end().settle();
    expect([world.status(), world.state.get("again")?.failures]).toEqual([{ again: "running" }, 0]);
  });

  test("a start that fails is tried again where the unit respawns, and not where it does not", () => {
    const world = new World();
    world.failing.add("again").add("once");
    world.load(unit("again", { respawn: true }), unit("once"), unit("user", { requirement: ["again"] }));
    expect(world.status()).toEqual({ again: "failed", once: "failed", user: "stopped" });
    world.failing.clear();
    world.now += 1000;
    world.send({ type: "timer" }).settle();
    expect(world.status()).toEqual({ again: "running", once: "failed", user: "running" });
  });

  test("what is disabled is started by nothing, goes on where it runs, and says why what requires it waits", () => {
    const world = new World().load(web).send({ type: "disable", name: "web" }).settle();
    expect(world.status()).toEqual({ web: "running" });
    world.send({ type: "stop", name: "web" }).settle().send({ type: "start", name: "web" }).settle();
    expect([world.status(), world.state.get("web")?.reason]).toEqual([{ web: "stopped" }, "it is disabled"]);
    world.load({ ...web, digest: "2" }, probe);
    expect(world.status()).toEqual({ web: "stopped", probe: "stopped" });
    expect(world.state.get("probe")?.reason).toBe("requires web, which is disabled");
    expect(isSettled(world.state)).toBe(true);
    expect(world.send({ type: "enable", name: "web" }).settle().status()).toEqual({ web: "running", probe: "running" });
  });

  test("the restart of what it requires brings up everything but the transient", () => {
    const guest = unit("guest", { requirement: ["web"], transient: true });
    const world = new World().load(web, probe, guest).send({ type: "restart", name: "web" }).settle();
    expect(world.status()).toEqual({ web: "running", probe: "running", guest: "stopped" });
    expect(world.send({ type: "start", name: "guest" }).settle().status().guest).toBe("running");
  });

  test("a circle that a change makes starts nothing, says so, and comes to rest", () => {
    const world = new World()
      .load(web, probe)
      .load({ ...web, digest: "2", requirement: ["probe"] }, { ...probe, digest: "2" });
    expect(world.status()).toEqual({ web: "stopped", probe: "stopped" });
    expect(world.state.get("web")?.reason).toBe("waits for probe");
    expect(isSettled(world.state)).toBe(true);
    expect(world.load(web, probe).status()).toEqual({ web: "running", probe: "running" });
  });

  test("the last twenty changes are remembered, with their reasons", () => {
    const world = new World().load(unit("again", { respawn: true }));
    for (let times = 0; times < 12; times += 1) {
      world.now += 10_000;
      world.send({ type: "exited", name: "again", exit: { status: 1, signal: null } }).settle();
    }
    const history = world.state.get("again")?.history ?? [];
    expect(history).toHaveLength(20);
    expect(history.slice(-3).map(({ status, reason }) => [status, reason])).toEqual([
      ["stopped", "ended with exit status 1; respawning"],
      ["starting", null],
      ["running", null],
    ]);
  });

  test("ends that lie far apart never make a crash loop", () => {
    const world = new World().load(unit("again", { respawn: true }));
    for (let times = 0; times < 50; times += 1) {
      world.now += 10_000;
      world.send({ type: "exited", name: "again", exit: { status: 1, signal: null } }).settle();
    }
    expect(world.status()).toEqual({ again: "running" });
  });

  test("a one-shot runs once, and is not run again for its dependents' restarts", () => {
    const world = new World().load(unit("once", { oneShot: true }), unit("user", { requirement: ["once"] }));
    world.send({ type: "restart", name: "user" }).settle();
    expect(world.started).toEqual(["once", "user", "user"]);
    expect(world.status()).toEqual({ once: "done", user: "running" });
  });

  test("nothing starts on top of what failed, it says why, and it starts when that recovers", () => {
    const world = new World();
    world.failing.add("web");
    world.load(web, probe);
    expect(world.status()).toEqual({ web: "failed", probe: "stopped" });
    expect(world.state.get("probe")?.reason).toBe("requires web, which failed");
    expect(isSettled(world.state)).toBe(true);
    world.failing.clear();
    expect(world.send({ type: "start", name: "web" }).settle().status()).toEqual({ web: "running", probe: "running" });
  });

  test("a stop while starting waits for the start, then stops", () => {
    const world = new World().send({ type: "load", units: [web] }).send({ type: "stop", name: "web" });
    expect(world.status()).toEqual({ web: "starting" });
    expect(world.settle().status()).toEqual({ web: "stopped" });
  });

  test("a start that was called off, and is wanted again by then, is no failure", () => {
    const world = new World().send({ type: "load", units: [web] });
    world.send({ type: "stop", name: "web" }).send({ type: "start", name: "web" });
    const [state, effects] = step(
      world.state,
      { type: "start-failed", name: "web", reason: "called off", exit: null, calledOff: true },
      0,
    );
    expect(state.get("web")?.status).toBe("starting");
    expect(effects).toContainEqual({ type: "start", name: "web", digest: "1" });
  });

  test("what is disabled is known at each load, also where the state of the unit was lost", () => {
    const world = new World().load(web);
    world.send({ type: "load", units: [web, probe], disabled: ["web", "probe"] }).settle();
    expect(world.status()).toEqual({ web: "running", probe: "stopped" });
    expect([world.state.get("web")?.enabled, world.state.get("probe")?.reason]).toEqual([false, "it is disabled"]);
  });

  test("what could not be stopped keeps nothing from coming to rest", () => {
    const world = new World().load(web);
    world.send({ type: "load", units: [{ ...web, digest: "2" }] });
    const [state] = step(world.state, { type: "stop-failed", name: "web", reason: "no" }, 0);
    expect([state.get("web")?.status, isSettled(state)]).toEqual(["failed", true]);
  });

  test("what could not be stopped is not forgotten, and is tried again until it is gone, or at once when asked", () => {
    const gone = new World().load(web);
    gone.send({ type: "load", units: [] });
    let [state, effects] = step(gone.state, { type: "stop-failed", name: "web", reason: "no" }, 0);
    [state] = step(state, { type: "load", units: [] }, 10);
    expect([state.get("web")?.status, state.get("web")?.next]).toEqual(["failed", "gone"]);
    [state, effects] = step(state, { type: "timer" }, 999);
    expect(effects).toEqual([{ type: "wake", at: 1_000 }]);
    [state, effects] = step(state, { type: "timer" }, 1_000);
    expect([state.get("web")?.status, effects]).toEqual(["stopping", [{ type: "stop", name: "web" }]]);
    // The next try comes later; a person need not wait for it.
    [state, effects] = step(state, { type: "stop-failed", name: "web", reason: "no" }, 1_000);
    expect(effects).toEqual([{ type: "wake", at: 3_000 }]);
    [state, effects] = step(state, { type: "stop", name: "web" }, 1_001);
    expect(effects).toEqual([{ type: "stop", name: "web" }]);
    [state, effects] = step(state, { type: "stopped", name: "web", exit: null }, 1_002);
    expect([state.size, effects]).toEqual([0, [{ type: "forget", name: "web" }]]);
  });

  test("a start while stopping stops, then starts", () => {
    const world = new World()
      .load(web)
      .send({ type: "stop", name: "web" })
      .send({ type: "start", name: "web" })
      .settle();
    expect(world.status()).toEqual({ web: "running" });
    expect(world.started).toHaveLength(2);
  });

  test("an event about an unknown unit, or one that comes too late, changes nothing", () => {
    const world = new World().load(web);
    const before = world.status();
    world.send({ type: "exited", name: "ghost", exit: { status: 1, signal: null } });
    world.send({ type: "stopped", name: "web", exit: null }).send({ type: "started", name: "web" }).settle();
    expect(world.status()).toEqual(before);
  });
});

describe("whatever the graph and whatever happens", () => {
  const names = ["a", "b", "c", "d", "e", "f"];
  /** Each unit may require those before it, so there are no cycles. */
  const graph = fc
    .tuple(
      ...names.map((_, index) => fc.tuple(fc.subarray(names.slice(0, index)), fc.boolean(), fc.constantFrom("1", "2"))),
    )
    .map((parts) =>
      parts.map(([requirement, respawn, digest], index) => unit(names[index] ?? "", { requirement, respawn, digest })),
    );
  const name = fc.constantFrom(...names);
  const event: fc.Arbitrary<Event> = fc.oneof(
    fc.record({ type: fc.constantFrom("start" as const, "stop" as const, "restart" as const), name }),
    fc.record({
      type: fc.constant("exited" as const),
      name,
      exit: fc.record({ status: fc.nat(2), signal: fc.constant(null) }),
    }),
    graph.map((units): Event => ({ type: "load", units })),
  );
  const history = fc.array(fc.tuple(event, fc.nat(3), fc.nat(5)), { maxLength: 30 });

  test("it comes to rest, and nothing that starts lacks what it requires", () => {
    fc.assert(
      fc.property(graph, history, (units, events) => {
        const world = new World().send({ type: "load", units });
        for (const [each, performs, pick] of events) {
          const before = world.state;
          world.send(each);
          for (const [other, at] of world.state) {
            if (at.status !== "starting" || before.get(other)?.status === "starting") continue;
            for (const required of at.unit.requirement) {
              const provider = world.state.get(required);
              expect(provider !== undefined && isUp(provider)).toBe(true);
            }
          }
          for (let count = 0; count < performs; count += 1) world.perform(pick);
        }
        world.settle();
        expect(isSettled(world.state)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("loading the same units again does nothing at all", () => {
    fc.assert(
      fc.property(graph, (units) => {
        const world = new World().load(...units);
        const before = [world.started.length, world.stopped.length];
        world.load(...units);
        expect([world.started.length, world.stopped.length]).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });

  test("a stop ends with the unit and all that requires it down, whatever was on its way", () => {
    fc.assert(
      fc.property(graph, history, name, (units, events, target) => {
        const world = new World().send({ type: "load", units });
        for (const [each, performs, pick] of events) {
          world.send(each);
          for (let count = 0; count < performs; count += 1) world.perform(pick);
        }
        world.settle().send({ type: "stop", name: target }).settle();
        for (const each of [target, ...dependentsOf(world.state, target)]) {
          const at = world.state.get(each);
          expect(at === undefined || !isUp(at)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("work of a schedule", () => {
  const job = (more: Partial<MachineUnit> = {}): MachineUnit =>
    unit("job", { oneShot: true, scheduled: true, ...more });
  const underWay = (): World => new World().send({ type: "load", units: [job()] }).send({ type: "start", name: "job" });

  test("that is done while it is to be replaced leaves its place to the new definition", () => {
    const world = underWay().send({ type: "load", units: [job({ digest: "2" })] });
    world.send({ type: "started", name: "job" });
    expect(world.state.get("job")).toMatchObject({ status: "stopped", next: null, unit: { digest: "2" } });
    expect(isSettled(world.state)).toBe(true);
  });

  test("that is done while it is to be restarted runs again", () => {
    const world = underWay().send({ type: "restart", name: "job" }).send({ type: "started", name: "job" });
    expect(world.state.get("job")).toMatchObject({ status: "starting", restart: false });
  });

  test("gains a schedule and is at rest until its time; loses it and begins", () => {
    const world = new World().send({ type: "load", units: [job({ scheduled: false })] });
    while (world.perform());
    expect(world.state.get("job")?.status).toBe("done");
    world.send({ type: "load", units: [job()] });
    while (world.perform());
    expect(world.state.get("job")).toMatchObject({ status: "stopped", wanted: "down" });
    world.send({ type: "load", units: [job({ scheduled: false })] });
    while (world.perform());
    expect(world.state.get("job")?.status).toBe("done");
    expect(world.started).toEqual(["job", "job"]);
  });
});
