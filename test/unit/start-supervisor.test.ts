/** A supervisor that ends before it answers: told with its last words, at once. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { pathsFor } from "../../src/base/index.ts";
import { startSupervisor } from "../../src/system/start-supervisor.ts";
import { Scratch } from "../support.ts";

test("daemon-failed: what the supervisor said last is in the message, where its log is in the hint", async () => {
  using scratch = new Scratch();
  const environment = { LADING_STATE: join(scratch.path, "state"), LADING_RUNTIME: join(scratch.path, "run") };
  const paths = pathsFor({ uid: process.getuid?.() ?? 0, environment });
  const argv = [process.execPath, "-e", 'console.error("no socket can be made"); process.exit(1)'];
  await expect(startSupervisor(paths, argv)).rejects.toMatchObject({
    code: "daemon-failed",
    message: "the supervisor did not start: no socket can be made",
    hint: `its log is ${join(paths.state, "daemon.log")}`,
  });
});
