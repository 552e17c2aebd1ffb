/** Logs on a disk: what a supervisor that was killed in the middle of a rotation left, limits, and readers beside it. */
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LogRotation } from "../../src/supervisor/log-rotation.ts";
import { LogTimes } from "../../src/supervisor/log-times.ts";
import { type LogLine, LogReader, lastLogLines } from "../../src/system/index.ts";
import { exec, Scratch } from "../support.ts";

const line = (number: number): string => `line ${String(number).padStart(10, "0")}\n`;
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => line(from + index)).join("");

describe("a program's log", () => {
  let scratch: Scratch;
  let path: string;
  let told: string[];
  const limits = { size: 4096, keep: 3, age: null };

  beforeEach(() => {
    // Beside the checkout, on a disk: what is taken away from a file's begin is not in every file system's power.
    scratch = new Scratch("/var/tmp");
    path = join(scratch.path, "unit.log");
    told = [];
  });
  afterEach(() => scratch[Symbol.dispose]());

  const rotate = async (more: Partial<typeof limits> | { readonly age: number } = {}): Promise<void> => {
    const rotation = new LogRotation((_, message) => told.push(message));
    const before = readdirSync(scratch.path).join();
    rotation.look([{ path, limits: { ...limits, ...more } }]);
    for (
      let tries = 0;
      tries < 300 && (existsSync(`${path}.part`) || readdirSync(scratch.path).join() === before);
      tries += 1
    )
      await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const read = (reader = new LogReader(path)): string => {
    let text = "";
    for (const part of reader.more()) for (const each of part) text += `${each.text}\n`;
    for (const each of reader.end()) text += `${each.text}\n`;
    reader[Symbol.dispose]();
    return text;
  };

  test("is rotated from its size on, between two blocks, and read as one", async () => {
    writeFileSync(path, lines(1, 1000));
    await rotate();
    expect(told).toEqual([]);
    expect(readdirSync(scratch.path).sort()).toEqual(["unit.log", "unit.log.1"]);
    expect(readFileSync(`${path}.1`).length % 4096).toBe(0);
    expect(readFileSync(path).length).toBeLessThan(4096);
    appendFileSync(path, lines(1001, 1500));
    expect(read()).toBe(lines(1, 1500));
    expect(
      lastLogLines(path, 700)
        .map(({ text }) => `${text}\n`)
        .join(""),
    ).toBe(lines(801, 1500));
  });

  test("a reader that is behind reads on where the begin was taken away", async () => {
    writeFileSync(path, lines(1, 400));
    const reader = new LogReader(path);
    const seen = (): string =>
      [...reader.more()]
        .flat()
        .map(({ text }) => `${text}\n`)
        .join("");
    expect(seen()).toBe(lines(1, 400));
    appendFileSync(path, lines(401, 1200));
    await rotate();
    appendFileSync(path, lines(1201, 2000));
    await rotate();
    appendFileSync(path, lines(2001, 2100));
    expect(seen()).toBe(lines(401, 2100));
    writeFileSync(path, lines(1, 2));
    expect([seen(), seen(), seen(), seen()].join("")).toBe(lines(1, 2));
    reader[Symbol.dispose]();
  });

  test("lines have the times at which they came, also over rotations and while nobody watched", async () => {
    const at = (minute: number): string => `2026-11-25T10:${String(minute).padStart(2, "0")}:00.000Z`;
    let times = new LogTimes();
    /** Has what was written noted now, and not when the kernel tells of it. */
    const look = (): void => {
      times.close();
      times.watch(path);
    };
    const write = (minute: number, from: number, to: number): void => {
      appendFileSync(path, lines(from, to));
      utimesSync(path, new Date(at(minute)), new Date(at(minute)));
    };
    write(0, 1, 10);
    look();
    write(1, 11, 20);
    look();
    times.close();
    // Nobody looks between these two, and they have the later time.
    write(2, 21, 300);
    write(3, 301, 400);
    times = new LogTimes();
    times.watch(path);
    await rotate();
    expect(existsSync(`${path}.1`)).toBe(true);
    look();
    write(4, 401, 1000);
    look();
    await rotate();
    write(5, 1001, 1002);
    look();
    times.close();
    const all = (): readonly LogLine[] => {
      const reader = new LogReader(path);
      const found = [...reader.more()].flat();
      reader[Symbol.dispose]();
      return found;
    };
    const minutes = (found: readonly LogLine[]): readonly (string | null)[] => found.map(({ time }) => time);
    const expected = Array.from({ length: 1002 }, (_, index) =>
      at(index < 10 ? 0 : index < 20 ? 1 : index < 400 ? 3 : index < 1000 ? 4 : 5),
    );
    expect(minutes(all())).toEqual(expected);
    expect(minutes(lastLogLines(path, 900))).toEqual(expected.slice(-900));
    // What is rotated away takes its notes along.
    for (let round = 0; round < 4; round += 1) {
      appendFileSync(path, lines(1, 500));
      await rotate();
    }
    expect(readdirSync(scratch.path).filter((name) => /\.\d\.times$/.test(name)).length).toBeLessThanOrEqual(3);
    // Somebody emptied it: what was noted says nothing of what comes.
    times = new LogTimes();
    times.watch(path);
    writeFileSync(path, "");
    look();
    write(6, 1, 1);
    look();
    times.close();
    expect(minutes(lastLogLines(path, 1))).toEqual([at(6)]);
  });

  test("a note that a full disk cut short spoils none that comes after it; a FIFO in their place holds up nobody", async () => {
    const times = new LogTimes();
    writeFileSync(path, lines(1, 2));
    times.watch(path);
    times.close();
    appendFileSync(`${path}.times`, "torn");
    appendFileSync(path, lines(3, 3));
    utimesSync(path, 1_800_000_000, 1_800_000_000);
    times.watch(path);
    times.close();
    expect(lastLogLines(path, 1)[0]?.time).toBe("2027-01-15T08:00:00.000Z");
    rmSync(`${path}.times`);
    expect((await exec(["mkfifo", `${path}.times`])).status).toBe(0);
    times.watch(path);
    times.close();
    expect(lastLogLines(path, 1)[0]).toEqual({ time: null, stream: null, text: line(3).trim() });
  });

  test("a link in the place of the notes is not written through", () => {
    const victim = join(scratch.path, "victim");
    writeFileSync(victim, "");
    symlinkSync(victim, `${path}.times`);
    writeFileSync(path, lines(1, 2));
    const times = new LogTimes();
    times.watch(path);
    times.close();
    expect(readFileSync(victim, "utf8")).toBe("");
    expect(read()).toBe(lines(1, 2));
  });

  test("only so many rotated files are kept, the oldest go; an old one is rotated whatever its size", async () => {
    for (let round = 0; round < 5; round += 1) {
      appendFileSync(path, lines(round * 1000 + 1, round * 1000 + 1000));
      await rotate();
    }
    expect(readdirSync(scratch.path).sort()).toEqual(["unit.log", "unit.log.1", "unit.log.2", "unit.log.3"]);
    expect(read().endsWith(lines(4001, 5000))).toBe(true);
    writeFileSync(path, lines(1, 400));
    const before = readdirSync(scratch.path).length;
    await rotate({ size: 1 << 30, age: 0 });
    expect(readFileSync(`${path}.1`, "utf8").startsWith(lines(1, 200))).toBe(true);
    expect(readdirSync(scratch.path)).toHaveLength(before);
  });

  test("a rotation that was killed before, or after, the begin was taken away loses and doubles nothing", async () => {
    const whole = lines(1, 2000);
    writeFileSync(path, whole);
    writeFileSync(`${path}.part`, whole.slice(0, 8192));
    await rotate();
    expect(read()).toBe(whole);
    for (const name of readdirSync(scratch.path)) writeFileSync(join(scratch.path, name), "");
    scratch.write({ "unit.log": whole.slice(8192), "unit.log.part": whole.slice(0, 8192), "unit.log.1": "" });
    await rotate();
    expect(told).toEqual([]);
    expect(read()).toBe(whole);
  });

  test.each([
    ["before", false],
    ["after", true],
  ])(
    "followed through a rotation that was killed %s the begin was taken away, every line comes once",
    async (_, taken) => {
      writeFileSync(path, lines(1, 2000));
      using reader = new LogReader(path);
      const got: string[] = [];
      const read = (): void => {
        for (const part of reader.more()) got.push(...part.map(({ text }) => text));
      };
      read();
      appendFileSync(path, lines(2001, 2500));
      // What was taken goes on into what was not read yet.
      const begin = readFileSync(path).subarray(0, 36_864);
      writeFileSync(`${path}.part`, begin);
      const cut = ["fallocate", "--collapse-range", "--offset", "0", "--length", String(begin.length), path];
      if (taken) expect((await exec(cut)).status).toBe(0);
      // And so much came since that the log is longer again than what was read of it.
      appendFileSync(path, lines(2501, 6000));
      read();
      read();
      // Another supervisor comes, and rotates again.
      await rotate();
      appendFileSync(path, lines(6001, 6100));
      read();
      await rotate();
      appendFileSync(path, lines(6101, 6200));
      read();
      expect(told).toEqual([]);
      expect(got).toEqual(lines(1, 6200).trim().split("\n"));
    },
  );
});
