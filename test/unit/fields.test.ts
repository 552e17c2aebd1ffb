/** Every field of every record: a value that does not fit is one clear error that names record and field; a typo is named. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type KnownError, Problems } from "../../src/base/index.ts";
import * as lading from "../../src/index.ts";
import { collectingProblems, type RecordType } from "../../src/record/index.ts";

/** What each record needs to be whole. */
const minimal: Readonly<Record<string, object>> = {
  action: { name: "greet", program: ["/bin/true"] },
  containersConf: {},
  debianPackages: { release: { suite: "bookworm" }, names: ["curl"] },
  debianRelease: { suite: "bookworm" },
  homeEnvironment: {},
  imageAccount: { name: "www", uid: 1000 },
  manifestEntry: { target: "/x" },
  npmModules: { lock: lading.localFile("/etc/hostname") },
  ociAttachment: { network: "net" },
  ociContainer: { image: "docker.io/library/nginx:1.27" },
  ociExtension: {},
  ociHealth: { command: "true" },
  ociImage: { repository: "web", value: lading.manifest([]) },
  ociNetwork: { name: "net" },
  ociService: {},
  ociVolume: { name: "data" },
  operatingSystem: {},
  ownRule: { name: "ours", check: () => [] },
  packOptions: {},
  pamLimitsEntry: { domain: "*", type: "both", item: "nofile", value: 1 },
  rootlessPodmanConfiguration: {},
  logRotation: { size: "1m" },
  readiness: { tcp: 8080 },
  schedule: { calendar: ["daily"] },
  secret: { name: "key", file: "/etc/key" },
  subidRange: { name: "alice" },
  unit: { provision: ["x"] },
  userAccount: { name: "alice", group: "users" },
  userGroup: { name: "users" },
};

interface Constructor {
  (input: object): object;
  readonly recordType: RecordType;
}

const records = Object.values(lading).filter(
  (value): value is typeof value & Constructor => typeof value === "function" && "recordType" in value,
) as readonly Constructor[];

async function problemsOf(body: () => unknown): Promise<readonly KnownError[]> {
  const error = await collectingProblems(body).catch((thrown: unknown) => thrown);
  return error instanceof Problems ? (error.problems as readonly KnownError[]) : [];
}

/** Values of every kind, none of which is right everywhere. */
const kinds: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -1,
  1.5,
  Number.NaN,
  2 ** 53,
  "",
  "a b\n",
  "nul\0",
  [],
  [null],
  [[]],
  ["a", 1],
  {},
  { unknown: 1 },
  () => 1,
  Symbol("s"),
  10n,
  new Date(0),
  new Map(),
];

describe.each(records.map((make) => [make.recordType.name, make] as const))("%s", (name, make) => {
  const whole = minimal[name];
  const { fields } = make.recordType;

  test("what it needs is enough, and it can be made of itself again", () => {
    if (whole === undefined) throw new Error(`no example of ${name}`);
    const made = make(whole);
    expect(make({ ...made })).toEqual(made);
  });

  test.each(Object.keys(fields))(
    "%s: every kind of value is taken, or refused by one error that names it",
    async (field) => {
      const values = [...kinds, ...fc.sample(fc.anything(), { numRuns: 40, seed: 1 })];
      let refused = 0;
      for (const value of values) {
        const problems = await problemsOf(() => make({ ...whole, [field]: value }));
        for (const { code, message, hint } of problems) {
          expect(["invalid-value", "missing-field", "unknown-field", "not-a-record"], message).toContain(code);
          expect(message).toContain(field);
          expect(hint, message).toBeTruthy();
          expect(message.length).toBeLessThan(700);
        }
        refused += problems.length > 0 ? 1 : 0;
      }
      expect(refused).toBeGreaterThan(5);
    },
  );

  test("a field that it does not have is named, with the one that was meant", async () => {
    for (const field of Object.keys(fields).filter((each) => each.length > 3)) {
      const typo = `${field.slice(0, -2)}${field.at(-1)}${field.at(-2)}`;
      if (typo === field || Object.hasOwn(fields, typo)) continue;
      const [problem, ...more] = await problemsOf(() => make({ ...whole, [typo]: 1 }));
      expect(more, typo).toEqual([]);
      expect([problem?.code, problem?.message]).toEqual(["unknown-field", `${name} has no field "${typo}"`]);
      expect(problem?.hint).toMatch(/did you mean "\w+"\?/);
    }
    const [problem] = await problemsOf(() => make({ ...whole, zzzzzzzzzz: 1 }));
    if (Object.keys(fields).length > 0) expect(problem?.hint).toMatch(/the fields are|did you mean/);
  });

  test("each field that it cannot do without is named when it is missing", async () => {
    for (const [field, { default: given, optional }] of Object.entries(fields)) {
      if (given !== undefined || optional === true) continue;
      const { [field]: _, ...rest } = whole as Record<string, unknown>;
      const problems = await problemsOf(() => make(rest));
      expect(problems.map(({ code, message }) => [code, message.includes(`the field "${field}" is missing`)])).toEqual([
        ["missing-field", true],
      ]);
    }
  });
});

test("every record has an example, and every example is of a record", () => {
  expect(records.map(({ recordType }) => recordType.name).sort()).toEqual(Object.keys(minimal).sort());
});
