/** docs/guix.md, held against the tests that it names; and what of Guix's module no other test shows. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commandAs, userEnvironment } from "../../src/engine/index.ts";
import * as lading from "../../src/index.ts";
import type { AnyServiceType, ServiceType } from "../../src/service/index.ts";
import { root } from "../support.ts";

const page = readFileSync(join(root, "docs/guix.md"), "utf8");
const exported = JSON.parse(readFileSync(join(root, "test/cases/guix-exports.json"), "utf8")) as readonly string[];
const rows = [...page.matchAll(/^\| `([^`]+)` \| (.+?) \| (\S+\.test\.ts): (.+?) \| (.*) \|$/gm)].map(
  ([, guix = "", ours = "", file = "", title = ""]) => ({ guix, ours, file, title }),
);

describe("docs/guix.md", () => {
  test("has a row for each name that Guix's module exports, once", () => {
    expect(rows.map(({ guix }) => guix)).toEqual(exported);
    expect(new Set(exported).size).toBe(exported.length);
  });

  test.each(rows)("$guix: the test that it names exists, and so does our name", ({ ours, file, title }) => {
    const path = ["test/unit", "test/host"].map((folder) => join(root, folder, file)).find(existsSync);
    expect(path, file).toBeDefined();
    expect(readFileSync(path ?? "", "utf8")).toContain(title);
    const [, name = "", , field] = /^`(\w+)(\.recordType\.fields(?:\.(\w+))?)?/.exec(ours) ?? [];
    if (/^[a-z]\w*(ServiceType|Configuration)$|^oci[A-Z]|^isRecord|^containerName/.test(name))
      expect(lading).toHaveProperty(name);
    else if (
      /^[a-z]\w+$/.test(name) &&
      name !== "lading" &&
      name !== "start" &&
      name !== "container" &&
      name !== "compose" &&
      name !== "extend"
    ) {
      const fields = Object.values(lading).flatMap((value) =>
        typeof value === "function" && "recordType" in value ? Object.keys(value.recordType.fields) : [],
      );
      expect(fields).toContain(field ?? name);
    }
  });
});

describe("docs/quadlet.md", () => {
  const keys = JSON.parse(readFileSync(join(root, "test/cases/quadlet-keys.json"), "utf8")) as readonly string[];
  const quadlet = readFileSync(join(root, "docs/quadlet.md"), "utf8");
  const table = [...quadlet.matchAll(/^\| `(\w+)` \| (?:`([\w.]+)`)? ?\| (.*) \|$/gm)];

  test("has a row for each key of a [Container] section, with our field or the reason why there is none", () => {
    expect(table.map(([, key]) => key)).toEqual(keys);
    const { recordType } = lading.ociContainer;
    const inside = { health: lading.ociHealth, networks: lading.ociAttachment } as const;
    for (const [, key, field, note] of table) {
      if (field === undefined) expect(note, key).toMatch(/[\w`]\.$/);
      else {
        const [first = "", second] = field.split(".");
        expect(recordType.fields, key).toHaveProperty(first);
        if (second !== undefined)
          expect(inside[first as keyof typeof inside].recordType.fields, key).toHaveProperty(second);
      }
    }
  });

  test("names only fields that exist as those that Quadlet has no key for", () => {
    const [, rest = ""] = quadlet.split("Fields that Quadlet has no key for:");
    for (const [, field = ""] of rest.matchAll(/`(\w+)(?:\.\w+)?`/g))
      expect(lading.ociContainer.recordType.fields).toHaveProperty(field);
  });
});

/** What a service of a type contributes to another. */
function contribution<I, V>(type: ServiceType<I, V>, target: AnyServiceType, input: I, home = false): unknown {
  const found = type.extensions.find((each) => each.target === target);
  return found?.compute(type.configuration(input) as never, { home });
}

const anyType = <I, V>(type: ServiceType<I, V>): AnyServiceType => type as AnyServiceType;

describe("records are recognised, and their fields can be listed", () => {
  test("a record is known by its name, and plain fields are none", () => {
    const image = lading.ociImage({ repository: "web", value: lading.manifest([]) });
    expect([lading.isRecord(image, "ociImage"), lading.isRecord(image, "ociContainer")]).toEqual([true, false]);
    expect(lading.isRecord({ ...image }, "ociImage")).toBe(false);
    expect(Object.keys(lading.ociVolume.recordType.fields)).toEqual(["name", "labels", "extraArguments"]);
    expect(Object.keys(lading.rootlessPodmanConfiguration.recordType.fields)).toEqual([
      ...["podman", "groupName", "containersRegistries", "containersStorage", "containersPolicy", "containersConf"],
      ...["pamLimits", "subgids", "subuids"],
    ]);
  });
});

describe("what rootless-podman contributes", () => {
  const type = lading.rootlessPodmanServiceType;
  const of = (target: AnyServiceType, input: Parameters<typeof type.configuration>[0] = {}): unknown =>
    contribution(type, target, input);

  test("six extensions, in Guix's order", () => {
    expect(type.extensions.map(({ target }) => target.name)).toEqual([
      "subids",
      "account",
      "profile",
      "supervisor",
      "pam-limits",
      "etc",
    ]);
  });

  test("ranges, the group, programs and limits", () => {
    const subuids = [lading.subidRange({ name: "alice" })];
    expect(of(anyType(lading.subidsServiceType), { subuids })).toEqual({ subuids, subgids: [] });
    expect(of(anyType(lading.accountServiceType), { groupName: "containers" })).toEqual({
      groups: [lading.userGroup({ name: "containers", system: true })],
    });
    expect(of(anyType(lading.profileServiceType))).toContainEqual({ program: "podman", package: "podman" });
    expect(of(anyType(lading.profileServiceType), { podman: false })).toEqual([]);
    expect(of(anyType(lading.pamLimitsServiceType))).toEqual([
      lading.pamLimitsEntry({ domain: "*", type: "both", item: "nofile", value: 100_000 }),
    ]);
  });

  test("three units, each requiring the one before", () => {
    const units = of(anyType(lading.supervisorServiceType)) as readonly lading.Unit[];
    expect(units.map(({ provision, requirement, oneShot }) => [provision[0], requirement, oneShot])).toEqual([
      ["rootless-podman-shared-root-fs", ["user-processes"], true],
      ["cgroups2-limits", ["user-processes", "rootless-podman-shared-root-fs"], true],
      ["cgroups2-fs-owner", ["user-processes", "cgroups2-limits"], true],
    ]);
  });

  test("three files, more where more is declared", () => {
    const paths = (input: Parameters<typeof type.configuration>[0]): readonly string[] =>
      (of(anyType(lading.etcServiceType), input) as readonly lading.EtcEntry[]).flatMap(([path, , options]) =>
        options?.onlyUnder === undefined ? [path] : [],
      );
    const three = ["registries.conf", "storage.conf", "policy.json"].map((name) => `containers/${name}`);
    expect(paths({})).toEqual(three);
    expect(paths({ containersConf: { runtime: "crun" } })).toEqual([...three, "containers/containers.conf"]);
  });
});

describe("what the container service contributes", () => {
  const type = lading.ociServiceType;
  const of = (target: AnyServiceType, input: Parameters<typeof type.configuration>[0], home = false): unknown =>
    contribution(type, target, input, home);

  test("an account whose group is the runtime's, a program, and ranges for Podman only", () => {
    const accounts = (input: Parameters<typeof type.configuration>[0]): unknown =>
      of(anyType(lading.accountServiceType), input);
    expect(accounts({})).toMatchObject({
      neededUsers: [
        {
          name: "oci-container",
          group: "users",
          supplementaryGroups: ["cgroup"],
          homeDirectory: "/home/oci-container",
          shell: "/usr/sbin/nologin",
        },
      ],
    });
    expect(accounts({ runtime: "docker", user: "web" })).toMatchObject({
      neededUsers: [{ name: "web", supplementaryGroups: ["docker"], system: true, createHomeDirectory: false }],
    });
    expect(accounts({ group: "mine" })).toMatchObject({ neededUsers: [{ supplementaryGroups: ["mine"] }] });
    expect(of(anyType(lading.profileServiceType), { runtime: "docker" })).toEqual([
      { program: "docker", package: "docker.io" },
    ]);
    expect(of(anyType(lading.profileServiceType), { runtimeCli: "/opt/podman" })).toEqual([]);
    expect(of(anyType(lading.subidsServiceType), { user: "web" })).toMatchObject({
      subuids: [{ name: "web", count: 65_536 }],
      subgids: [{ name: "web" }],
    });
    expect(of(anyType(lading.subidsServiceType), { runtime: "docker" })).toEqual({});
    for (const target of [lading.accountServiceType, lading.subidsServiceType])
      expect(of(anyType(target), {}, true)).toEqual({});
  });

  test("units: containers as listed, then networks, then volumes, the latter two only where there are some", () => {
    const names = (input: Parameters<typeof type.configuration>[0]): readonly unknown[] =>
      (of(anyType(lading.supervisorServiceType), input) as readonly { kind: string; name?: string }[]).map(
        ({ kind, name }) => name ?? kind,
      );
    expect(names({ containers: [{ image: "a" }] })).toEqual(["container"]);
    expect(names({ containers: [{ image: "a" }], networks: [{ name: "n" }], volumes: [{ name: "v" }] })).toEqual([
      "container",
      "podman-networks",
      "podman-volumes",
    ]);
  });
});

describe("runtimes", () => {
  test("podman and docker, and nothing else", () => {
    expect(lading.ociService.recordType.fields.runtime?.type.jsonSchema).toEqual({ enum: ["podman", "docker"] });
    expect(() => lading.ociService({ runtime: "lxc" as "docker" })).toThrow(
      'expected one of "podman", "docker", got string "lxc"',
    );
    expect(lading.ociService({ runtimeCli: "/opt/bin/podman" }).runtimeCli).toBe("/opt/bin/podman");
    expect(() => lading.ociService({ runtimeCli: "podman" })).toThrow("an absolute path");
  });

  test("an engine's environment is its user's, whoever asks, and its commands keep the user's groups", () => {
    const alice = { user: "alice", uid: 54_321, gid: 54_322, home: "/home/alice" };
    expect(userEnvironment(alice)).toMatchObject({
      HOME: "/home/alice",
      USER: "alice",
      XDG_RUNTIME_DIR: "/run/user/54321",
    });
    expect(userEnvironment(alice).PATH).toMatch(/\/usr\/bin/);
    expect(Object.keys(userEnvironment(alice)).sort()).toEqual([
      "HOME",
      "LC_ALL",
      "LOGNAME",
      "PATH",
      "USER",
      "XDG_RUNTIME_DIR",
    ]);
    expect(commandAs(alice, ["podman"])).toEqual([
      "setpriv",
      "--reuid=54321",
      "--regid=54322",
      "--init-groups",
      "--",
      "podman",
    ]);
  });
});
