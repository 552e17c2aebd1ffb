/** Logs of what writes as fast as it can: rotated again and again, followed meanwhile, and not a line lost or doubled. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notHere, until, World } from "./world.ts";

if (notHere !== undefined) console.log(`skipped: logs: ${notHere}`);

/** LADING_LOG_LINES=10000000 writes ten million. */
const lines = Number(process.env.LADING_LOG_LINES ?? 600_000);

/** Writes them in bursts, as fast as it can, over several seconds: the log is looked at every second. */
const bursts = 60;
const flood = (prefix: string): string =>
  `for each in $(${prefix}seq 0 ${bursts - 1}); do ${prefix}seq $((each * ${lines / bursts} + 1)) $(((each + 1) * ${lines / bursts})) | ${prefix}sed 's/.*/line & of what is written/'; ${prefix}sleep 0.1; done; exec ${prefix}sleep 100000`;

const declaration = `
import { homeEnvironment, localTree, manifest, ociContainer, ociImage, ociServiceType, service, simpleService, supervisorServiceType, unit } from "lading";
const image = ociImage({ repository: "log-test", packOptions: { symlinks: [["/bin/sh", "busybox"]] },
  value: manifest([localTree("/bin/busybox", { target: "/bin/busybox" })]) });
const log = { size: "2m", keep: 1000 };
const count = ["/bin/sh", "-c", ${JSON.stringify(flood("busybox "))}];
export default homeEnvironment({ services: [
  simpleService("units", supervisorServiceType, [
    unit({ provision: ["program"], start: ["/bin/sh", "-c", ${JSON.stringify(flood(""))}], log, autoStart: false }),
    unit({ provision: ["quiet"], start: ["/bin/sh", "-c", "echo one; echo two; exec sleep 100000"] }),
    unit({ provision: ["first"], autoStart: false, start: ["/bin/sh", "-c", "echo one; exec sleep 100000"] }),
    unit({ provision: ["third"], autoStart: false, start: ["/bin/sh", "-c", "echo three; exec sleep 100000"] }),
  ]),
  service(ociServiceType, { containers: [
    ociContainer({ provision: "container", image, network: "none", command: count, log, autoStart: false, stopGrace: 0 }),
    ociContainer({ provision: "second", image, network: "none", autoStart: false, stopGrace: 0, command: ["/bin/sh", "-c", "echo two; exec busybox sleep 100000"] }),
    ociContainer({ provision: "odd", image, network: "none", stopGrace: 0, command: ["/bin/sh", "-c",
      "busybox printf 'a\\\\0b\\\\n\\\\377\\\\n'; busybox head -c 100000 /dev/zero | busybox tr '\\\\0' x; echo; echo err >&2; exec busybox sleep 100000"] }),
  ] }),
] });
`;

describe.skipIf(notHere !== undefined).each(["rootless", "root"] as const)("logs as %s", (kind) => {
  let world: World;
  beforeAll(async () => {
    world = await World.open(kind);
    await world.write({ "host.ts": declaration });
    await world.ok("apply", "host.ts", "--yes");
  });
  afterAll(() => world.close());

  const files = (unit: string): readonly string[] =>
    readdirSync(world.path("state/logs")).filter((name) => name.startsWith(`${unit}.log`));

  /** Which numbers are missing, doubled or out of order; the count of what came. */
  const judge = (output: string): { readonly count: number; readonly wrong: readonly string[] } => {
    const wrong: string[] = [];
    let before = 0;
    for (const line of output.split("\n")) {
      const number = Number(/(?:^| )line (\d+) of what is written$/.exec(line)?.[1]);
      if (Number.isNaN(number)) {
        if (line !== "") wrong.push(`odd: ${line.slice(0, 100)}`);
        continue;
      }
      if (number !== before + 1) wrong.push(`${number} after ${before}`);
      before = number;
    }
    return { count: before, wrong: wrong.slice(0, 5) };
  };

  test.each(["program", "container"])("a %s that floods its log loses no line, and is followed", async (name) => {
    let end: () => void = () => undefined;
    const followed = world
      .lading(["logs", "-f", name], { onStart: (child) => (end = () => child.kill("SIGINT")) })
      .then(({ stdout }) => stdout);
    await world.ok("start", name);
    // In the middle of it the supervisor dies, and another takes over.
    const { pid } = await world.status();
    await until(async () => files(name).length > 2);
    process.kill(pid, "SIGKILL");
    await world.ok("apply", "host.ts", "--yes");
    await until(async () => (await world.ok("logs", "--tail", "1", name)).includes(`line ${lines} of`));
    expect(judge(await world.ok("logs", name))).toEqual({ count: lines, wrong: [] });
    expect(files(name).length).toBeGreaterThan(4);
    const [newest] = files(name).filter((each) => each.endsWith(".log"));
    await until(async () => statSync(join(world.path("state/logs"), newest ?? "")).size < 8 << 20);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    end();
    expect(judge(await followed)).toEqual({ count: lines, wrong: [] });
  });

  test("what is no text, or very long, comes out as it was written", async () => {
    const all = JSON.parse(`[${(await world.ok("logs", "odd", "--json")).trim().split("\n").join(",")}]`) as readonly {
      readonly text: string;
      readonly stream: string;
    }[];
    const of = (name: string) => all.filter(({ stream }) => stream === name).map(({ text }) => text);
    expect(of("stdout").map((text) => text.length)).toEqual([3, 1, 100_000]);
    expect(of("stdout")[0]).toBe("a\0b");
    expect(of("stderr")).toEqual(["err"]);
  });

  test("several are told apart, in the order of time; since, until and grep choose", async () => {
    expect(await world.ok("logs", "quiet")).toMatch(/^\S+Z one\n\S+Z two\n$/);
    expect(await world.ok("logs", "quiet", "odd", "--grep", "^(two|err)$")).toMatch(
      /^(?:(?:quiet: \S+ two|odd: \S+ err)\n){2}$/,
    );
    const begin = Date.now() - 1_000;
    for (const name of ["first", "second", "third"]) await world.ok("start", name);
    await until(async () => (await world.ok("logs", "third")).includes("three"));
    const some = ["third", "second", "first"] as const;
    const words = (text: string): readonly string[] =>
      text
        .trim()
        .split("\n")
        .map((line) => line.split(" ").at(-1) ?? "");
    expect(words(await world.ok("logs", ...some))).toEqual(["one", "two", "three"]);
    expect(words(await world.ok("logs", ...some, "--since", new Date(begin).toISOString()))).toEqual([
      "one",
      "two",
      "three",
    ]);
    expect(await world.ok("logs", ...some, "--until", new Date(begin).toISOString())).toBe("");
    expect(await world.ok("logs", "--grep", "^err$")).toMatch(/^odd: \S+ err\n$/);
    expect((await world.ok("logs", "odd", "--since", "1h")).split("\n")).toHaveLength(5);
    expect(await world.ok("logs", "odd", "--until", "1h")).toBe("");
    expect(await world.ok("logs", "odd", "--since", new Date(Date.now() + 60_000).toISOString())).toBe("");
    expect((await world.ok("logs", "quiet", "odd", "--tail", "2")).split("\n")).toHaveLength(3);
    for (const [args, words] of [
      [["--since", "soon"], "--since takes a time"],
      [["--grep", "("], "--grep takes a regular expression"],
      [["--tail", "x"], "--tail takes a number"],
      [["nobody"], 'no unit is called "nobody"'],
    ] as const) {
      const { status, stderr } = await world.lading(["logs", ...args]);
      expect([status, stderr]).toEqual([expect.any(Number), expect.stringContaining(words)]);
      expect(status).not.toBe(0);
    }
  });
});
