/** Values that an older Podman does not know: it would refuse the container when it is started. */
import type { ContainerView } from "./container-view.ts";
import type { CheckedSystem, HostRule } from "./rule.ts";

interface Since {
  readonly version: readonly [major: number, minor: number];
  readonly field: string;
  /** The value that needs it; undefined where the container does without. */
  readonly used: (container: ContainerView) => string | undefined;
}

/** From Podman's release notes. */
const since: readonly Since[] = [
  {
    version: [4, 3],
    field: "userNamespace",
    used: ({ options }) => options("--userns").find((mode) => /^keep-id:/.test(mode)),
  },
  {
    version: [4, 4],
    field: "network",
    used: ({ networks }) => networks.map(({ network }) => network).find((mode) => /^pasta\b/.test(mode)),
  },
  {
    version: [5, 4],
    field: "mounts",
    used: ({ options }) => options("--mount").find((mount) => /(?:^|,)type=artifact(?:,|$)/.test(mount)),
  },
  {
    version: [5, 3],
    field: "mounts",
    used: ({ options }) =>
      options("--mount").find((mount) => /(?:^|,)type=image(?:,|$)/.test(mount) && /(?:^|,)subpath=/.test(mount)),
  },
];

const podman = ({ containers }: CheckedSystem): readonly ContainerView[] =>
  containers.filter(({ engine }) => engine === "podman");

/** Whether anything that is declared depends on the engine's version. */
export function asksForVersion(system: CheckedSystem): boolean {
  return podman(system).some((container) => since.some(({ used }) => used(container) !== undefined));
}

function isOlder(found: string, [major, minor]: Since["version"]): boolean {
  const [first = 0, second = 0] = found.split(".").map(Number);
  return first < major || (first === major && second < minor);
}

export const engineVersion: HostRule = {
  code: "needs-newer-engine",
  weight: "error",
  check: (system, { podman: found }) =>
    found === null
      ? []
      : podman(system).flatMap((container) =>
          since.flatMap(({ version, field, used }) => {
            const value = used(container);
            if (value === undefined || !isOlder(found, version)) return [];
            const message = `"${container.name}": \`${field}\` is ${value}, which Podman has from ${version.join(".")} on; here is ${found}`;
            return [{ message, where: container.place, hint: "use another value, or a newer Podman" }];
          }),
        ),
};
