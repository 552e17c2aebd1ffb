/** A machine that lacks what scripts are built in. */
import { expect, test, vi } from "vitest";

vi.mock("../../src/sys/index.ts", async (original) => {
  const sys = await original<typeof import("../../src/sys/index.ts")>();
  return { ...sys, existsSync: (path: string) => !path.endsWith("busybox") && sys.existsSync(path) };
});

const { computedFile, Lowerer, sh } = await import("../../src/store/index.ts");

test("sandbox-missing: without a static busybox no script is lowered, and the hint says how to get one", () => {
  expect(() => new Lowerer().file(computedFile("data.txt", sh`seq 3 > "$out"`))).toThrow(
    expect.objectContaining({
      code: "sandbox-missing",
      message: 'computedFile "data.txt" needs a static busybox',
      hint: "on Debian: apt-get install busybox-static",
    }),
  );
});
