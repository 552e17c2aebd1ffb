/**
 * Loaded before the command (`node --import`): ends the process by SIGKILL right after its n-th effect on the world, where
 * DIE_AFTER is n. Effects are changes of the tree of files outside the store, programs that ended, and requests to the
 * supervisor that were answered. What is written to a file that has no name yet that anybody reads is part of the next.
 *
 * With DIE_LIKE=power the machine loses power instead: what was not synced is lost with the process. A name that was made,
 * moved or removed is as before unless its folder was synced since; a file whose content was not synced is empty.
 */
import child_process from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { dirname, join } from "node:path";
import { isMainThread } from "node:worker_threads";

const last = Number(process.env.DIE_AFTER ?? "0");
const power = process.env.DIE_LIKE === "power";
const original = { ...fs };
let count = 0;

/** What a loss of power takes back, the newest last, each with the folder whose sync makes it last. */
let unsynced = [];
/** Files whose content is not on disk. */
const dirty = new Set();
const pathOf = new Map();

function losePower() {
  for (const { undo } of unsynced.reverse()) undo();
  for (const path of dirty) if (original.existsSync(path)) original.truncateSync(path);
}

function effect() {
  count += 1;
  if (count !== last) return;
  if (power) quietly(losePower);
  process.kill(process.pid, "SIGKILL");
}

/** Node's own functions call one another by the names that are patched here: within one, nothing counts. */
let within = false;

function quietly(body) {
  within = true;
  try {
    return body();
  } finally {
    within = false;
  }
}

/** What is built before the switch begins is not the host's. */
function isOutside(path) {
  return !/^\/(?:tmp|proc|dev)\/|\/store\/|\/\.tmp\//.test(String(path));
}

function remember(path, undo) {
  if (power) unsynced.push({ folder: dirname(path), undo });
}

/** A way back to what is at a path now. */
function restorer(path) {
  const there = original.lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return () => original.rmSync(path, { recursive: true, force: true });
  const copy = join("/dev/shm", `die-${process.pid}-${unsynced.length}-${Math.random()}`);
  original.cpSync(path, copy, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  return () => {
    original.rmSync(path, { recursive: true, force: true });
    original.cpSync(copy, path, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    if (!there.isSymbolicLink()) {
      original.chmodSync(path, there.mode & 0o7777);
      original.chownSync(path, there.uid, there.gid);
    }
  };
}

/** Patches a function that changes what is at the path that it is given. */
function patch(name, pathIndex = 0) {
  fs[name] = (...parameters) => {
    const path = parameters[pathIndex];
    const outside = !within && typeof path === "string" && isOutside(path);
    const undo = outside && power ? quietly(() => restorer(path)) : undefined;
    const result = within ? original[name](...parameters) : quietly(() => original[name](...parameters));
    if (outside) {
      if (undo !== undefined) remember(path, undo);
      effect();
    }
    return result;
  };
}

if (isMainThread && last > 0) {
  for (const name of ["rmSync", "unlinkSync", "rmdirSync", "mkdirSync", "chmodSync", "chownSync"]) patch(name);
  patch("symlinkSync", 1);
  patch("linkSync", 1);
  fs.renameSync = (from, to) => {
    const outside = !within && isOutside(to);
    const back = outside && power ? quietly(() => restorer(to)) : undefined;
    original.renameSync(from, to);
    if (dirty.delete(from)) dirty.add(to);
    if (!outside) return;
    if (back !== undefined)
      remember(to, () => {
        if (original.existsSync(to)) original.renameSync(to, from);
        back();
      });
    effect();
  };
  fs.openSync = (path, flags, ...more) => {
    const writes = typeof flags === "string" ? /[wa+]/.test(flags) : typeof flags === "number" && (flags & 3) !== 0;
    const outside = !within && isOutside(path);
    const makes = writes && outside && !original.existsSync(path);
    const descriptor = original.openSync(path, flags, ...more);
    pathOf.set(descriptor, String(path));
    if (makes) remember(path, () => original.rmSync(path, { force: true }));
    if (writes && outside) effect();
    return descriptor;
  };
  fs.closeSync = (descriptor) => {
    pathOf.delete(descriptor);
    original.closeSync(descriptor);
  };
  fs.writeFileSync = (target, ...more) => {
    const path = typeof target === "number" ? pathOf.get(target) : target;
    const named = !within && typeof target === "string" && isOutside(target);
    const undo = named && power ? quietly(() => restorer(target)) : undefined;
    quietly(() => original.writeFileSync(target, ...more));
    if (typeof path === "string" && isOutside(path)) dirty.add(path);
    if (undo !== undefined) remember(target, undo);
    if (named) effect();
  };
  fs.fsyncSync = (descriptor) => {
    original.fsyncSync(descriptor);
    const path = pathOf.get(descriptor);
    dirty.delete(path);
    unsynced = unsynced.filter(({ folder }) => folder !== path);
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
