import { defineConfig } from "vitest/config";

/** Tests of hosts that touch neither the machine's engines nor its accounts: they may run beside those that do. */
const apart = ["debian-archive", "image-size", "other-architecture", "system-files"].map(
  (name) => `test/host/${name}.test.ts`,
);

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], testTimeout: 60_000, sequence: { groupOrder: 0 } } },
      {
        test: {
          name: "apart",
          include: apart,
          testTimeout: 240_000,
          hookTimeout: 240_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "host",
          include: ["test/host/**/*.test.ts", "test/faults/**/*.test.ts"],
          exclude: apart,
          // Real engines on one machine: one file after the other, and time enough on a busy one.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
