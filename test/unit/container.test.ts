/** The container record and its options, against facts computed by Guix's module with the Docker runtime. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { KnownError } from "../../src/base/index.ts";
import { commandArguments, containerOptions } from "../../src/engine/index.ts";
import { containerName, type OciContainer, type OciContainerInput, ociContainer } from "../../src/services/index.ts";

interface Case {
  readonly id: string;
  readonly what: string;
  readonly about: string;
  readonly container: OciContainerInput;
  readonly expect: { readonly value?: unknown; readonly rejected?: true };
}

const { cases } = JSON.parse(readFileSync(new URL("../cases/container.json", import.meta.url), "utf8")) as {
  cases: readonly Case[];
};

function answer(what: string, container: OciContainer): unknown {
  const strings = (pairs: readonly unknown[]): readonly string[] => pairs.map(String);
  if (what === "options") {
    return containerOptions("docker", {
      entrypoint: container.entrypoint,
      environment: strings(container.environment),
      network: container.network,
      containerUser: container.containerUser,
      workdir: container.workdir,
      ports: strings(container.ports),
      volumes: strings(container.volumes),
    });
  }
  if (what === "provision") return [containerName(container, "docker")];
  return Reflect.get(container, what.replace("field:", ""));
}

describe("facts about containers", () => {
  test("there are facts", () => expect(cases.length).toBeGreaterThan(30));

  for (const each of cases) {
    test(`${each.id}: ${each.about}`, () => {
      if (each.expect.rejected) {
        expect(() => ociContainer(each.container)).toThrow(KnownError);
      } else {
        expect(answer(each.what, ociContainer(each.container))).toEqual(each.expect.value);
      }
    });
  }
});

describe("where Guix falls short", () => {
  test("a name is guessed right from a registry with a port, and from a digest", () => {
    const digest = `sha256:${"ab".repeat(32)}`;
    const guess = (image: string): string => containerName(ociContainer({ image }), "docker");
    expect(guess("localhost:5000/foo/bar:1")).toBe("docker-bar");
    expect(guess(`alpine@${digest}`)).toBe("docker-alpine");
  });

  test("a list as entrypoint: JSON for Podman; for Docker the first word, and the rest before the command", () => {
    const fields = {
      environment: [],
      network: undefined,
      containerUser: undefined,
      workdir: undefined,
      ports: [],
      volumes: [],
    };
    const entrypoint = ["/bin/sh", "-c"];
    expect(containerOptions("podman", { ...fields, entrypoint })).toEqual(["--entrypoint", '["/bin/sh","-c"]']);
    expect(containerOptions("docker", { ...fields, entrypoint })).toEqual(["--entrypoint", "/bin/sh"]);
    expect(commandArguments("docker", entrypoint, ["echo"])).toEqual(["-c", "echo"]);
    expect(commandArguments("podman", entrypoint, ["echo"])).toEqual(["echo"]);
  });

  test("a sanitized value can be sanitized again, and a derived record's ports can be appended to", () => {
    const base = ociContainer({ image: "alpine", ports: [["8080", "80"]] });
    const derived = ociContainer({ ...base, ports: [...base.ports, ["8443", "443"]] });
    expect(derived.ports).toEqual(["8080:80", "8443:443"]);
    expect(ociContainer({ ...derived })).toEqual(derived);
  });
});
