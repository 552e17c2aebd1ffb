import { expect, test } from "vitest";
import type { ContainerEnd, Engine } from "../../src/engine/index.ts";
import { Ends } from "../../src/supervisor/ends.ts";

/** An engine that has written down how a container ended only when it is asked for the nth time. */
function slowEngine(nth: number): { engine: Engine; asked: () => number } {
  let asked = 0;
  const endOf = async (): Promise<ContainerEnd | undefined> =>
    ++asked < nth ? undefined : { status: 9, outOfMemory: false };
  return { engine: { endOf } as unknown as Engine, asked: () => asked };
}

const nothing = { status: null, signal: null };

test("what has only just ended is asked for again; what ended long ago is not", async () => {
  const ends = new Ends(
    () => undefined,
    () => undefined,
  );
  expect(await ends.find(slowEngine(3).engine, "a", { justNow: true })).toEqual({ status: 9, signal: null });
  const { engine, asked } = slowEngine(3);
  expect(await ends.find(engine, "a", { justNow: false })).toEqual(nothing);
  expect(asked()).toBe(1);
  // The engine itself may never know.
  const never = slowEngine(100);
  expect(await ends.find(never.engine, "a", { justNow: true })).toEqual(nothing);
  expect(never.asked()).toBe(4);
});
