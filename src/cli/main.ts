#!/usr/bin/env node
/**
 * The command's first step: the supervisor, which stays, is started with nothing that only other commands need. It is taken
 * out here, before anything else is loaded.
 */
const [verb, flag, root, ...more] = process.argv.slice(2);
const isPlainDaemon = verb === "daemon" && (flag === undefined || (flag === "--root" && root !== undefined));

if (isPlainDaemon && more.length === 0) {
  // What runs seldom gains nothing by being compiled to run faster, and V8's compiler takes 4 MB once it has been at work.
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString("--no-opt");
  const { runAlone } = await import("./daemon.ts");
  await runAlone(root);
} else {
  const { runCommand } = await import("./command.ts");
  await runCommand();
}
// What is still on its way into a pipe must arrive.
await new Promise((resolve) => process.stdout.write("", resolve));
// A declaration's worker, a watch or an idle socket must not keep a finished command alive.
process.exit();
