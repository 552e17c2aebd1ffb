/** Progress: followed, as lines, in place, and on a real terminal. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ProgressEvent, tracked } from "../../src/base/index.ts";
import { columnsIn } from "../../src/cli/columns.ts";
import { liveView } from "../../src/cli/progress-live.ts";
import { plainView, silentView } from "../../src/cli/progress-plain.ts";
import { progressMode, takesColours } from "../../src/cli/terminal.ts";
import { exec, lading, main, Scratch } from "../support.ts";
import { ladingOnTerminal, screenOf } from "../terminal.ts";

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;
if (!hasTmux) console.log("skipped: progress inside tmux: tmux is not installed");

const going = (what: string, more: Partial<ProgressEvent> = {}): ProgressEvent => ({ what, state: "going", ...more });
const done = (what: string): ProgressEvent => ({ what, state: "done" });
const MiB = 1 << 20;

/** A clock that is set, and what was written. */
function desk() {
  const state = { time: 0, written: "" };
  const write = (text: string): void => {
    state.written += text;
  };
  return { state, options: { write, now: () => state.time, verbose: false } };
}

describe("work that is tracked", () => {
  test("tells of its begin, its steps and its end, and of nothing after that", async () => {
    const heard: ProgressEvent[] = [];
    let late: ((step: { done: number }) => void) | undefined;
    await tracked(
      (event) => void heard.push(event),
      { what: "loading" },
      async (tell) => {
        late = tell;
        tell({ done: 5 });
      },
    );
    late?.({ done: 6 });
    expect(heard.map(({ state, done: bytes }) => [state, bytes])).toEqual([
      ["going", undefined],
      ["going", 5],
      ["done", undefined],
    ]);
    await expect(
      tracked(
        (event) => void heard.push(event),
        { what: "loading" },
        () => Promise.reject(new Error("no")),
      ),
    ).rejects.toThrow("no");
    expect(heard.at(-1)?.state).toBe("failed");
  });
});

describe("lines", () => {
  test("one at the begin, one now and then with bytes and rate, one for each new thing that is waited for", () => {
    const { state, options } = desk();
    const view = plainView(options);
    view.tell(going("pulling web"));
    for (state.time = 100; state.time <= 5_000; state.time += 100)
      view.tell(going("pulling web", { done: state.time * 2048, total: 20 * MiB }));
    view.tell(done("pulling web"));
    for (const waitsFor of ["db (starting)", "db (starting)", "web (starting)"])
      view.tell(going("switching", { waitsFor }));
    view.tell({ what: "generation 3 is current", state: "note" });
    expect(state.written.split("\n")).toEqual([
      "pulling web",
      "pulling web: 3.9 MiB of 20 MiB, 2.0 MiB/s",
      "pulling web: 7.8 MiB of 20 MiB, 2.0 MiB/s",
      "switching",
      "switching: waiting for db (starting)",
      "switching: waiting for web (starting)",
      "generation 3 is current",
      "",
    ]);
  });

  test("with --verbose, its end with the time that it took", () => {
    const { state, options } = desk();
    const view = plainView({ ...options, verbose: true });
    view.tell(going("building web"));
    state.time = 65_000;
    view.tell(done("building web"));
    expect(state.written).toBe("building web\nbuilding web: done after 1 min 5 s\n");
  });

  test("a view that shows nothing knows what goes on", () => {
    const view = silentView();
    view.tell(going("building web"));
    expect(view.running()).toEqual(["building web"]);
  });
});

describe("the view in place", () => {
  for (const columns of [20, 40, 80, 200])
    test(`keeps within ${columns} columns, and leaves what is done behind`, () => {
      const { state, options } = desk();
      const view = liveView({ ...options, columns: () => columns, rows: () => 10 });
      const names = ["データベース", "a-unit-with-a-rather-long-name-that-does-not-fit", "web"];
      for (const name of names) view.tell(going(`building ${name}`, { done: 0, total: 64 * MiB }));
      for (state.time = 200; state.time <= 3_000; state.time += 200)
        for (const name of names) view.tell(going(`building ${name}`, { done: state.time * 4096, total: 64 * MiB }));
      for (const line of screenOf(state.written, columns)) expect(columnsIn(line)).toBeLessThan(columns);
      if (columns === 80)
        expect(screenOf(state.written, columns)[2]).toBe("building web  11 MiB of 64 MiB, 3.6 MiB/s, 3 s");
      view.around(() => options.write("a result\n"));
      for (const name of names) view.tell(done(`building ${name}`));
      view.close();
      const shown = screenOf(state.written, 1_000);
      expect(shown).toEqual(["a result", ...names.map((name) => `building ${name}  3 s`), ""]);
    });

  test("counts what does not fit into the rows, and waits in words", () => {
    const { state, options } = desk();
    const view = liveView({ ...options, columns: () => 60, rows: () => 5 });
    view.tell(going("switching web", { waitsFor: "db to be healthy" }));
    for (let unit = 0; unit < 5; unit += 1) view.tell(going(`building ${unit}`));
    state.time = 1_000;
    view.tell(going("building 0"));
    expect(screenOf(state.written, 60)).toEqual([
      "switching web  waiting for db to be healthy, 1 s",
      "building 0  1 s",
      "and 4 more",
      "",
    ]);
    view.close();
    expect(screenOf(state.written, 60)).toEqual([""]);
  });

  test("finds its place again on a terminal that was made narrower", () => {
    const { state, options } = desk();
    let columns = 80;
    const view = liveView({ ...options, columns: () => columns, rows: () => 10 });
    view.tell(going("building something with a name of some length"));
    const before = state.written;
    columns = 30;
    state.time = 500;
    view.tell(going("building something with a name of some length"));
    const redrawn = state.written.slice(before.length);
    expect(redrawn.startsWith("\u001b[2F\u001b[J")).toBe(true);
    view.close();
  });
});

describe("which view there is", () => {
  const tty = { isTTY: true, columns: 80 };
  const none = { quiet: false, json: false };
  const on = (environment: Record<string, string>, stderr: { isTTY?: boolean } = tty) => ({
    environment,
    stdout: tty,
    stderr,
  });

  test("follows the terminal, and what was asked for", () => {
    expect(progressMode(on({ TERM: "xterm" }), none)).toBe("live");
    expect(progressMode(on({ TERM: "tmux-256color" }), { ...none, json: true })).toBe("live");
    expect(progressMode(on({ TERM: "dumb" }), none)).toBe("plain");
    expect(progressMode(on({}), none)).toBe("plain");
    expect(progressMode(on({ TERM: "xterm", CI: "true" }), none)).toBe("plain");
    expect(progressMode(on({ TERM: "xterm", CI: "true", LADING_PROGRESS: "live" }), none)).toBe("live");
    expect(progressMode(on({ TERM: "xterm", LADING_PROGRESS: "plain" }), none)).toBe("plain");
    expect(progressMode(on({ LADING_PROGRESS: "live" }, {}), none)).toBe("plain");
    expect(progressMode(on({ TERM: "xterm" }, {}), { ...none, json: true })).toBe("none");
    expect(progressMode(on({ TERM: "xterm", LADING_PROGRESS: "live" }), { ...none, quiet: true })).toBe("none");
    expect(() => progressMode(on({ LADING_PROGRESS: "loud" }), none)).toThrow(
      "LADING_PROGRESS takes live, plain, none",
    );
  });

  test("colours follow FORCE_COLOR, then NO_COLOR, then the terminal", () => {
    const colours = (environment: Record<string, string>, stream: { isTTY?: boolean } = tty) =>
      takesColours(stream, { environment });
    expect([
      colours({}),
      colours({}, {}),
      colours({ TERM: "dumb" }),
      colours({ NO_COLOR: "1" }),
      colours({ NO_COLOR: "" }),
    ]).toEqual([true, false, false, false, true]);
    expect([
      colours({ FORCE_COLOR: "1" }, {}),
      colours({ FORCE_COLOR: "1", NO_COLOR: "1" }),
      colours({ FORCE_COLOR: "0" }),
    ]).toEqual([true, true, false]);
  });
});

const declaration = `
import { homeEnvironment, localTree, manifest, ociContainer, ociExtension, ociImage, ociServiceType, service, simpleService } from "lading";
const image = ociImage({ repository: "a-name-of-some-length-as-they-come", value: manifest([localTree("site", { target: "/srv/www" })]) });
const containers = [ociContainer({ provision: "web", image })];
export default homeEnvironment({ services: [service(ociServiceType), simpleService("web", ociServiceType, ociExtension({ containers }))] });
`;

describe("a build on a real terminal", () => {
  const make = (): Scratch => new Scratch().write({ "host.ts": declaration, "site/index.html": "<h1>Hello</h1>\n" });

  for (const columns of [40, 80, 120])
    test(`of ${columns} columns shows each piece once, and fits`, async () => {
      using scratch = make();
      const { status, lines, output } = await ladingOnTerminal(scratch, "image build host.ts", { columns });
      expect(status, output).toBe(0);
      expect(output).toContain("\u001b[J");
      const text = lines.join("");
      expect(text.split("building image-a-name-of-some-length-as-they-come")).toHaveLength(2);
      expect(text.split("building layer-srv-www")).toHaveLength(2);
      expect(lines.at(-1)).toBe("");
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    });

  test.skipIf(!hasTmux)(
    "inside tmux the work that goes on has a line, and what it leaves behind is whole",
    async () => {
      using scratch = make();
      writeFileSync(join(scratch.path, "site/noise"), randomBytes(96 << 20));
      const packed = declaration.replace("ociImage({", 'ociImage({ packOptions: { compression: "gzip" },');
      scratch.write({ "host.ts": packed });
      const state = `LADING_STATE=${scratch.path}/state LADING_RUNTIME=${scratch.path}/run CI=`;
      const line = `cd ${scratch.path}; ${state} ${process.execPath} ${main} image build host.ts; echo "status $?"; read _`;
      const tmux = (...args: readonly string[]) =>
        exec(["tmux", "-S", join(scratch.path, "tmux"), "-f", "/dev/null", ...args]);
      const screen = async (): Promise<string> => (await tmux("capture-pane", "-p")).stdout.trimEnd();
      const until = async (pattern: RegExp): Promise<string> => {
        for (let tries = 0; tries < 600; tries += 1) {
          const shown = await screen();
          if (pattern.test(shown)) return shown;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        throw new Error(`waited in vain for ${pattern}: ${await screen()}`);
      };
      try {
        expect((await tmux("new-session", "-d", "-x", "60", "-y", "20", line)).status).toBe(0);
        const [, going = ""] = /^(building layer-srv-www .*)$/m.exec(await until(/MiB\/s/)) ?? [];
        expect(going).toMatch(/^building layer-srv-www {2}\d+ MiB, \d+ MiB\/s, \d+ s$/);
        // Made narrower while it draws, as when another pane opens.
        await tmux("resize-window", "-x", "45", "-y", "20");
        const shown = await until(/^status /m);
        expect(shown).toContain("status 0");
        expect(shown).not.toMatch(/MiB\/s/);
        expect(shown.split("building layer-srv-www")).toHaveLength(2);
      } finally {
        await tmux("kill-server");
      }
    },
  );

  test("moves no cursor where the terminal cannot, in CI, or where lines were asked for", async () => {
    using scratch = make();
    for (const env of [{ TERM: "dumb" }, { CI: "true", NO_COLOR: "1" }, { LADING_PROGRESS: "plain", NO_COLOR: "1" }]) {
      const { status, output } = await ladingOnTerminal(scratch, "image build host.ts", { env });
      expect(status).toBe(0);
      expect(output).not.toContain("\u001b");
    }
  });

  test("through a pipe, progress is lines on stderr; --quiet leaves results only; --json leaves stderr to errors", async () => {
    using scratch = make();
    const first = await lading(scratch, "image", "build", "host.ts");
    expect(first.stderr).toMatch(/^building image-a-name\S*$/m);
    expect(first.stderr + first.stdout).not.toContain("\u001b");
    using quiet = make();
    expect(await lading(quiet, "image", "build", "host.ts", "--quiet")).toEqual({ ...first, stderr: "" });
    using json = make();
    expect(await lading(json, "image", "build", "host.ts", "--json")).toMatchObject({ status: 0, stderr: "" });
    using verbose = make();
    const { stderr } = await lading(verbose, "image", "build", "host.ts", "--verbose");
    expect(stderr).toMatch(/^building image-a-name\S*: done after \d+ s$/m);
    expect(stderr).toMatch(/^lading image took \d+\.\d\d s$/m);
  });
});
