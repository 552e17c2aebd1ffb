import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], testTimeout: 60_000 } },
      {
        test: {
          name: "host",
          include: ["test/host/**/*.test.ts", "test/faults/**/*.test.ts"],
          // Real engines on one machine: one file after the other, and time enough on a busy one.
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
