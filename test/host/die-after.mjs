/**
 * Loaded before the command (`node --import`): ends the process by SIGKILL right after its n-th effect on the world, where
 * DIE_AFTER is n. Effects are changes of the tree of files outside the store, programs that ended, and requests to the
 * supervisor that were answered. What is written to a file that has no name yet that anybody reads is part of the next.
 */
import child_process from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { isMainThread } from "node:worker_threads";

const last = Number(process.env.DIE_AFTER ?? "0");
let count = 0;

function effect() {
  count += 1;
  if (count === last) process.kill(process.pid, "SIGKILL");
}

/** What is built before the switch begins is not the host's. */
function isOutside(path) {
  return !/^\/(?:tmp|proc)\/|\/store\/|\/\.tmp\//.test(String(path));
}

if (isMainThread && last > 0) {
  for (const name of [
    ...["writeFileSync", "renameSync", "rmSync", "unlinkSync", "rmdirSync", "mkdirSync", "chmodSync", "chownSync"],
    ...["symlinkSync", "linkSync"],
  ]) {
    const original = fs[name];
    fs[name] = (...parameters) => {
      const result = original.apply(fs, parameters);
      if (typeof parameters[0] === "string" && isOutside(parameters[0])) effect();
      return result;
    };
  }
  const { openSync } = fs;
  fs.openSync = (path, flags, ...more) => {
    const descriptor = openSync(path, flags, ...more);
    const writes = typeof flags === "string" ? /[wa+]/.test(flags) : typeof flags === "number" && (flags & 3) !== 0;
    if (writes && isOutside(path)) effect();
    return descriptor;
  };
  const { spawn } = child_process;
  child_process.spawn = (...parameters) => {
    const child = spawn(...parameters);
    // Before anybody else hears of the end.
    child.prependListener("exit", effect);
    return child;
  };
  const { request } = http;
  http.request = (...parameters) => {
    const outgoing = request(...parameters);
    outgoing.prependListener("response", effect);
    return outgoing;
  };
  syncBuiltinESMExports();
}
