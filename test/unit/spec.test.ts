/** The folded system as data: what a unit's digest depends on. */
import { expect, test } from "vitest";
import type { UnitSpec } from "../../src/supervisor/index.ts";
import { emptySystem, resolveImages, unitDigest } from "../../src/system/spec.ts";

function unit(name: string, restartWith: readonly string[], documentation = ""): UnitSpec {
  const spec: Omit<UnitSpec, "digest"> = {
    ...{ name, provision: [name], requirement: restartWith, restartWith, documentation, actions: [] },
    ...{ oneShot: false, respawn: false, respawnLimit: 5, respawnDelay: 100, stopGrace: 5, autoStart: true },
    ...{ logFile: null, user: null, group: null, start: { kind: "none" } },
  };
  return { ...spec, digest: unitDigest(spec) };
}

const digests = (units: readonly UnitSpec[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    resolveImages({ ...emptySystem, units }, () => undefined).units.map(({ name, digest }) => [name, digest]),
  );

test("a unit's digest changes with those that it is replaced with, however far away, and with no others", () => {
  const chain = (last: UnitSpec): readonly UnitSpec[] => [
    unit("front", ["middle"]),
    unit("middle", ["last"]),
    last,
    unit("other", []),
  ];
  const before = digests(chain(unit("last", [])));
  const after = digests(chain({ ...unit("last", []), digest: "changed" }));
  expect(Object.keys(before).filter((name) => before[name] !== after[name])).toEqual(["front", "middle", "last"]);
});

test("units that are replaced with two each, sixty deep, are looked at once each", () => {
  const layers = Array.from({ length: 60 }, (_, depth) => {
    const below = depth === 0 ? [] : [`a${depth - 1}`, `b${depth - 1}`];
    return [unit(`a${depth}`, below), unit(`b${depth}`, below)];
  });
  expect(Object.keys(digests(layers.flat()))).toHaveLength(120);
});
