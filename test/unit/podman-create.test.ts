/** What Podman's API is told of a container, and what is left to the command line. */
import { describe, expect, test } from "vitest";
import { createBody } from "../../src/engine/podman-create.ts";

const own = { labels: { owner: "me" }, logFile: "/log", mounts: [], variables: [] };

const body = (
  options: readonly string[],
  {
    extraArguments = [],
    environment = {},
  }: { readonly extraArguments?: readonly string[]; readonly environment?: Readonly<Record<string, string>> } = {},
) => {
  const container = { engine: "podman", name: "web", image: "x:1", options, extraArguments, command: ["run"] } as const;
  return createBody(container, "sha256:1", own, environment);
};

describe("a container for Podman's API", () => {
  test("is told everything once, in the API's words", () => {
    const told = body(
      [
        "--network",
        "none",
        "--env",
        "A=b=c",
        "--env",
        "TOKEN",
        "-p",
        "127.0.0.1:80:8080/udp",
        "-v",
        "data:/data:ro",
        "--init=true",
      ],
      { environment: { TOKEN: "secret" } },
    );
    expect(told).toEqual({
      ...{ name: "web", image: "sha256:1", remove: true, sdnotifyMode: "container", command: ["run"], init: true },
      log_configuration: { driver: "k8s-file", path: "/log" },
      labels: { owner: "me" },
      annotations: { "io.kubernetes.cri-o.TTY": "false" },
      netns: { nsmode: "none" },
      env: { A: "b=c", TOKEN: "secret" },
      portmappings: [{ host_ip: "127.0.0.1", host_port: 80, container_port: 8080, protocol: "udp", range: 1 }],
      volumes: [{ Name: "data", Dest: "/data", Options: ["ro"] }],
    });
  });

  test.each([
    ["a range of ports", ["-p", "8000-8010:80"]],
    ["a port of an IPv6 address", ["-p", "[::1]:80:80"]],
    ["an overlay volume", ["-v", "/src:/dst:O"]],
    ["a volume that is chowned", ["-v", "/src:/dst:U"]],
    ["an anonymous volume", ["-v", "/data"]],
    ["a long mount", ["--mount", "type=tmpfs,target=/x"]],
    ["a network mode with options", ["--network", "slirp4netns:port_handler=slirp4netns"]],
    ["a network option that is not known", ["--network", "net:interface_name=eth9"]],
    ["a user namespace", ["--userns", "keep-id"]],
    ["a device", ["--device", "/dev/fuse"]],
    ["a security option", ["--security-opt", "seccomp=unconfined"]],
    ["a read-only root", ["--read-only=true"]],
    ["a limit without end", ["--ulimit", "nofile=-1:-1"]],
    ["a memory limit", ["--memory", "64m"]],
    ["a file of variables", ["--env-file", "/x"]],
    ["a variable that nobody gave", ["--env", "MISSING"]],
    ["a signal that does not exist", ["--stop-signal", "SIGNOTHING"]],
    ["a log driver of its own", ["--log-driver", "journald"]],
  ])("is left to the command line with %s", (_, options) => {
    expect(body(options)).toBeUndefined();
  });

  test("is left to the command line with arguments of one's own, and with what is for the engine itself", () => {
    expect(body([], { extraArguments: ["--init"] })).toBeUndefined();
    expect(body([], { environment: { HTTPS_PROXY: "http://proxy" } })).toBeUndefined();
    expect(body([])).toBeDefined();
  });
});
