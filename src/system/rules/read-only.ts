/**
 * A container whose root file system cannot be written, and whose health check or log writes there all the same. Only what
 * stands in the declaration is seen: a redirection or `touch` in a check, a log file in an argument or a variable.
 */
import { healthOf } from "../../supervisor/index.ts";
import type { ContainerView } from "./container-view.ts";
import type { Finding, Rule } from "./rule.ts";

/** Folders that an engine makes of memory even where all else is read-only; Podman spares three more. */
function writable({ mounts, options, engine }: ContainerView): readonly string[] {
  const spared = engine === "podman" && !options("--read-only-tmpfs").includes("false");
  return [
    ...["/dev", "/proc", "/sys", ...(spared ? ["/run", "/tmp", "/var/tmp"] : [])],
    ...mounts.filter(({ readOnly }) => !readOnly).map(({ target }) => target),
  ];
}

const within = (path: string, folders: readonly string[]): boolean =>
  folders.some((folder) => path === folder || path.startsWith(`${folder}/`));

/** Paths that a command line writes to, as far as a look tells. */
function written(command: string): readonly string[] {
  return [...command.matchAll(/(?:>>?|\b(?:touch|tee(?: -a)?|mkdir(?: -p)?))\s*["']?(\/[\w./-]+)/g)].map(
    ([, path = ""]) => path,
  );
}

/** Files that a program is told to log to. */
function logs({ command, environment }: ContainerView): readonly string[] {
  const given = command.flatMap((word, index) => {
    const joined = /^--?(?:log|logs|log-?file|access-?log|error-?log|logpath)=(\/.+)$/i.exec(word)?.[1];
    const apart = /^--?(?:log-?file|access-?log|error-?log|logpath)$/i.test(word) ? command[index + 1] : undefined;
    return [joined, apart].filter((path) => path?.startsWith("/")) as readonly string[];
  });
  const variables = environment.flatMap(([name, value]) =>
    /log_?(?:file|path|dir)$/i.test(name) && value?.startsWith("/") ? [value] : [],
  );
  return [...given, ...variables];
}

export const readOnly: Rule = {
  code: "read-only-written",
  weight: "warning",
  check: ({ containers }) =>
    containers.flatMap((container): readonly Finding[] => {
      const { name, place, options } = container;
      if (!options("--read-only").includes("true")) return [];
      const folders = writable(container);
      const tell = (what: string, path: string, field: string | undefined): Finding => ({
        message: `"${name}" has a read-only root, but its ${what} writes to ${path}`,
        where: place,
        field,
        hint: `mount something there, such as tmpfs: ["${path.slice(0, path.lastIndexOf("/")) || "/"}"]`,
      });
      const check = healthOf(container.unit) === undefined ? [] : options("--health-cmd").flatMap(written);
      return [
        ...check.filter((path) => !within(path, folders)).map((path) => tell("health check", path, "health")),
        ...logs(container)
          .filter((path) => !within(path, folders))
          .map((path) => tell("log", path, undefined)),
      ];
    }),
};
