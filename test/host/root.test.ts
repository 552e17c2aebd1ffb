/** A whole host, as root: accounts, ranges, files under /etc, the rootless set-up, and all of it taken away again. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exec, main, type Ran } from "../support.ts";
import { freePort, notHere, page } from "./world.ts";

if (notHere !== undefined) console.log(`skipped: a whole host: ${notHere}`);

const user = "lading-root-test";
const group = "lading-test-cg";
const managed = ["registries.conf", "storage.conf", "policy.json"].map((name) => `/etc/containers/${name}`);

function content(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

describe.skipIf(notHere !== undefined)("a whole host", () => {
  let folder: string;
  let port: number;
  const before = new Map<string, string | undefined>();

  const lading = (...args: readonly string[]): Promise<Ran> =>
    exec([process.execPath, main, ...args], {
      cwd: folder,
      env: { LADING_STATE: join(folder, "state"), LADING_RUNTIME: join(folder, "run") },
    });

  const ok = async (...args: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await lading(...args);
    if (status !== 0) throw new Error(`lading ${args.join(" ")} exited with ${status}:\n${stdout}${stderr}`);
    return stdout;
  };

  beforeAll(async () => {
    port = await freePort();
    folder = mkdtempSync("/var/tmp/lading-root-");
    // The user's engine reads images from the store below.
    await exec(["chmod", "755", folder]);
    for (const path of [...managed, "/etc/subuid", "/etc/subgid", "/etc/security/limits.d/50-lading.conf"])
      before.set(path, content(path));
    writeFileSync(
      join(folder, "host.ts"),
      `import { localTree, manifest, ociContainer, ociImage, ociServiceType, operatingSystem, rootlessPodmanServiceType, service, simpleService, supervisorServiceType, unit } from "lading";
const image = ociImage({ repository: "root-test", value: manifest([localTree("/bin/busybox", { target: "/bin/busybox" }), localTree("./site", { target: "/www" })]) });
export default operatingSystem({ readGroup: "${group}", controlGroup: "lading-no-such-group", services: [
  service(rootlessPodmanServiceType, { groupName: "${group}" }),
  simpleService("greeter", supervisorServiceType, [unit({ provision: ["greeter"], oneShot: true, user: "${user}", group: "${group}", start: ["/usr/bin/id"] }),
    unit({ provision: ["ruled"], oneShot: true, user: "${user}", supplementaryGroups: ["video", "audio"], umask: 0o027, limits: { nofile: "300:400", core: "-1" },
      start: ["/bin/sh", "-c", "id -Gn; umask; ulimit -Sn; ulimit -Hn; ulimit -c"] })]),
  service(ociServiceType, { user: "${user}", group: "${group}", verbose: true, volumes: [{ name: "kept" }], containers: [ociContainer({
    provision: "web", image, volumes: [["kept", "/data"]], ports: [["127.0.0.1:${port}", "8080"]], logFile: join("web.log"), extraArguments: ["--init"],
    command: ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"], stopGrace: 1,
  })] }),
] });
function join(name: string) { return ${JSON.stringify(`${folder}/logs/`)} + name; }
`,
    );
    await exec(["mkdir", join(folder, "site")]);
    writeFileSync(join(folder, "site/index.html"), "from a whole host");
  });

  afterAll(async () => {
    await lading("down", "--yes", "--volumes");
    rmSync(folder, { recursive: true, force: true });
  });

  test("apply makes the user, its group, its ranges, its runtime folder, the files, and the container", async () => {
    await ok("apply", "host.ts", "--yes");
    expect(await page(port)).toBe("from a whole host");
    const { stdout: id } = await exec(["id", user]);
    expect(id).toContain(`(${group})`);
    for (const file of ["/etc/subuid", "/etc/subgid"])
      expect(content(file)).toMatch(new RegExp(`^${user}:\\d+:65536$`, "m"));
    // Its groups, umask and limits; never the supervisor's own.
    const log = (await ok("logs", "ruled", "--json")).trim().split("\n");
    expect(log.slice(0, 5).map((line) => JSON.parse(line).text)).toEqual([
      expect.stringMatching(/^\S+ (?:video audio|audio video)$/),
      "0027",
      "300",
      "400",
      "unlimited",
    ]);
    expect(content("/etc/containers/policy.json")).toContain("insecureAcceptAnything");
    expect(content("/etc/security/limits.d/50-lading.conf")).toBe("*\t-\tnofile\t100000\n");
    const uid = (await exec(["id", "-u", user])).stdout.trim();
    expect((await exec(["stat", "-c", "%a %u", `/run/user/${uid}`])).stdout.trim()).toBe(`700 ${uid}`);
    expect(content(join(folder, "logs/web.log"))).toBe("");
  });

  test("the container runs as the user, not as root", async () => {
    const { units } = JSON.parse(await ok("status", "--json")) as {
      units: { name: string; pid: number; status: string }[];
    };
    const web = units.find((unit) => unit.name === "web");
    const uid = (await exec(["id", "-u", user])).stdout.trim();
    expect(readFileSync(`/proc/${web?.pid}/status`, "utf8")).toContain(`\nUid:\t${uid}\t`);
    expect(units.map((unit) => [unit.name, unit.status])).toContainEqual(["rootless-podman-shared-root-fs", "done"]);
    expect(content(join(folder, "state/logs/cgroups2-limits.log"))).toMatch(
      /nothing to do|nothing can be delegated|enabled for children:/,
    );
  });

  test("a program runs as its user and group; a verbose service's commands are in the supervisor's log", () => {
    expect(content(join(folder, "state/logs/greeter.log"))).toMatch(
      new RegExp(`^uid=\\d+\\(${user}\\) gid=\\d+\\(${group}\\)`),
    );
    expect(content(join(folder, "state/daemon.log"))).toContain("web: podman run --rm --replace --name web");
  });

  test("members of the reading group may look and change nothing; others get nowhere", async () => {
    const as = (who: string, ...args: readonly string[]): Promise<Ran> =>
      exec(["setpriv", "--reuid", who, "--regid", "nogroup", "--init-groups", process.execPath, main, ...args], {
        env: { LADING_STATE: join(folder, "state"), LADING_RUNTIME: join(folder, "run"), HOME: "/tmp" },
      });
    expect((await exec(["stat", "-c", "%a", join(folder, "run"), join(folder, "run/control.sock")])).stdout).toBe(
      "711\n600\n",
    );
    expect((await exec(["stat", "-c", "%a %G", join(folder, "run/read.sock")])).stdout).toBe(`660 ${group}\n`);
    expect((await as(user, "status")).stdout).toMatch(/web +running/);
    const refused = await as(user, "stop", "web");
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringContaining("error needs-root: members of this group may look"),
    ]);
    const stranger = await as("nobody", "status");
    expect([stranger.status, stranger.stderr]).toEqual([
      1,
      expect.stringContaining("error needs-root: the supervisor does not speak"),
    ]);
    expect(content(join(folder, "state/daemon.log"))).toContain('this host has no group \\"lading-no-such-group\\"');
  });

  test("again, nothing changes", async () => {
    expect(await ok("apply", "host.ts", "--yes")).toContain("Nothing to do");
  });

  test("a managed file that was edited is told of, and kept as it is", async () => {
    const path = "/etc/containers/storage.conf";
    const written = content(path) ?? "";
    writeFileSync(path, `${written}# by hand\n`);
    const { status, stdout, stderr } = await lading("apply", "host.ts", "--yes");
    expect([status, stderr]).toEqual([1, expect.stringContaining("error file-drifted:")]);
    expect(stdout).not.toContain("Nothing to do");
    expect(content(path)).toBe(`${written}# by hand\n`);
    writeFileSync(path, written);
    expect(await ok("apply", "host.ts", "--yes")).toContain("Nothing to do");
  });

  test("down keeps the volume and gives the user its numbers back; with --volumes everything is gone", async () => {
    const uid = (await exec(["id", "-u", user])).stdout.trim();
    await ok("down", "--yes");
    expect((await exec(["id", user])).status).not.toBe(0);
    expect(existsSync(`/home/${user}`)).toBe(true);
    for (const path of managed) expect(content(path), path).toBe(before.get(path));
    // An apply that fails gives back what it made, and not a byte of what was kept.
    const volume = (await exec(["find", `/home/${user}`, "-path", "*/volumes/kept/_data", "-type", "d"])).stdout.trim();
    writeFileSync(join(volume, "precious"), "data");
    const declared = readFileSync(join(folder, "host.ts"), "utf8");
    writeFileSync(join(folder, "host.ts"), declared.replace('"httpd"', '"no-such-applet"'));
    expect((await lading("apply", "host.ts", "--yes")).stderr).toContain("error unit-failed:");
    expect((await exec(["id", user])).status).not.toBe(0);
    expect(content(join(volume, "precious"))).toBe("data");
    writeFileSync(join(folder, "host.ts"), declared);
    await ok("apply", "host.ts", "--yes");
    expect(content(join(volume, "precious"))).toBe("data");
    expect((await exec(["id", "-u", user])).stdout.trim()).toBe(uid);
    expect(await page(port)).toBe("from a whole host");
    await ok("down", "--yes", "--volumes");
    expect(existsSync(`/home/${user}`)).toBe(false);
    expect((await exec(["getent", "group", group])).status).not.toBe(0);
    for (const [path, text] of before) expect(content(path), path).toBe(text);
    expect(existsSync(join(folder, "state"))).toBe(false);
    expect(existsSync(join(folder, "logs"))).toBe(false);
  });
});
