/** Subordinate ids: where new ranges go, against facts computed by Guix's module, and files as hosts have them. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KnownError } from "../../src/base/index.ts";
import type { SubidSpec } from "../../src/system/spec.ts";
import { allocateSubids, parseSubids, type SubidEntry } from "../../src/system/subids.ts";

interface Request {
  readonly name: string;
  readonly start?: number;
  readonly count?: number;
}

interface Case {
  readonly id: string;
  readonly about: string;
  readonly requested: readonly Request[];
  readonly current: readonly SubidEntry[];
  readonly expect: { readonly ranges?: readonly (readonly [string, number, number])[]; readonly rejected?: true };
}

const { cases } = JSON.parse(readFileSync(new URL("../cases/subids.json", import.meta.url), "utf8")) as {
  cases: readonly Case[];
};

function spec({ name, start, count = 65_536 }: Request): SubidSpec {
  return { name, start: start ?? null, count };
}

function allocate(current: readonly SubidEntry[], requested: readonly Request[]): readonly SubidEntry[] {
  return [...current, ...allocateSubids(current, requested.map(spec))].sort((a, b) => a.start - b.start);
}

function refusal(current: readonly SubidEntry[], requested: readonly Request[]): string {
  try {
    allocate(current, requested);
  } catch (error) {
    if (error instanceof KnownError && error.code === "subid-conflict") return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("facts about subordinate ids", () => {
  test("there are facts", () => expect(cases.length).toBeGreaterThan(15));

  for (const each of cases) {
    test(`${each.id}: ${each.about}`, () => {
      if (each.expect.rejected) expect(refusal(each.current, each.requested)).not.toBe("");
      else {
        const ranges = allocate(each.current, each.requested).map(({ name, start, count }) => [name, start, count]);
        expect(ranges).toEqual(each.expect.ranges);
      }
    });
  }
});

describe("ranges on a host that is not ours", () => {
  const file = `# added by hand

alice:100000:65536
 systemd : 524288:1878982656
broken line
1000:10
`;

  test("comments, blank lines and lines that are no range are passed over", () => {
    expect(parseSubids(file)).toEqual([
      { name: "alice", start: 100_000, count: 65_536 },
      { name: "systemd", start: 524_288, count: 1_878_982_656 },
    ]);
  });

  test("a new range goes after systemd's, where Guix gives up", () => {
    expect(allocateSubids(parseSubids(file), [spec({ name: "bob" })])).toEqual([
      { name: "bob", start: 524_288 + 1_878_982_656, count: 65_536 },
    ]);
  });

  test("a user who has a range keeps it", () => {
    expect(allocateSubids(parseSubids(file), [spec({ name: "alice", count: 10 })])).toEqual([]);
  });

  test("a declared start that is not the one on the host is refused, and says what is there", () => {
    expect(refusal(parseSubids(file), [{ name: "alice", start: 200_000 }])).toContain(
      "alice has the range 100000:65536 on this host, not 200000:65536",
    );
  });

  test("what does not fit below 2^32 is refused", () => {
    expect(refusal([{ name: "a", start: 100_000, count: 2 ** 32 - 150_000 }], [{ name: "b" }])).toContain("leaves");
  });

  test("two requests for one user are merged when they agree, and refused when they do not", () => {
    expect(allocate([], [{ name: "a" }, { name: "a" }])).toHaveLength(1);
    expect(allocate([], [{ name: "a" }, { name: "a", start: 300_000 }])).toEqual([
      { name: "a", start: 300_000, count: 65_536 },
    ]);
    expect(refusal([], [{ name: "a" }, { name: "a", count: 5 }])).toContain("two ranges are asked for a");
  });

  test("whatever is there and asked for, nothing that is there moves and no two users share an id", () => {
    const name = fc.constantFrom("a", "b", "c", "d");
    const range = fc.record({
      name,
      start: fc.integer({ min: 0, max: 500_000 }),
      count: fc.integer({ min: 1, max: 90_000 }),
    });
    const request = fc.record(
      { name, start: fc.integer({ min: 0, max: 500_000 }), count: fc.integer({ min: 1, max: 90_000 }) },
      { requiredKeys: ["name"] },
    );
    fc.assert(
      fc.property(fc.array(range, { maxLength: 3 }), fc.array(request, { maxLength: 4 }), (current, requested) => {
        let added: readonly SubidEntry[];
        try {
          added = allocateSubids(current, requested.map(spec));
        } catch (error) {
          expect(error).toBeInstanceOf(KnownError);
          return;
        }
        for (const [index, one] of added.entries()) {
          expect(one.start).toBeGreaterThanOrEqual(100_000);
          for (const other of [...current, ...added.slice(0, index)])
            expect(one.start >= other.start + other.count || other.start >= one.start + one.count).toBe(true);
        }
        // Asked again with what was added, nothing more is.
        expect(allocateSubids([...current, ...added], requested.map(spec))).toEqual([]);
      }),
    );
  });
});
