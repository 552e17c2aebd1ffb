/** Files and folders of the host that containers are given: they must be there, and secrets must be secret. */
import type { UnitSpec } from "../../supervisor/index.ts";
import { statSync } from "../../sys/index.ts";
import type { CheckedSystem, Finding, HostRule } from "./rule.ts";

/** What a path is; null where there is nothing. */
type ObservedSource = { readonly isFile: boolean; readonly mode: number } | null;

export type ObservedSources = Readonly<Record<string, ObservedSource>>;

type Containers = Pick<CheckedSystem, "containers">;

/** Paths of the host that containers mount. */
function mountedSources({ containers }: Containers): readonly {
  readonly unit: UnitSpec;
  readonly source: string;
}[] {
  return containers.flatMap(({ unit, mounts }) =>
    mounts.flatMap(({ source }) => (source?.startsWith("/") ? [{ unit, source }] : [])),
  );
}

/** Files of the host that secrets come from, and the identities that open those in the store. */
function secretFiles({ containers }: Containers): readonly {
  readonly unit: UnitSpec;
  readonly name: string;
  readonly path: string;
  readonly what: string;
}[] {
  return containers.flatMap(({ unit, start }) =>
    (start.secrets ?? []).flatMap(({ name, source }) =>
      source.kind === "file"
        ? [{ unit, name, path: source.path, what: "the file" }]
        : source.kind === "age"
          ? [{ unit, name, path: source.identity, what: "the age identity" }]
          : [],
    ),
  );
}

function look(path: string): ObservedSource {
  try {
    const status = statSync(path);
    return { isFile: status.isFile(), mode: status.mode & 0o777 };
  } catch {
    return null;
  }
}

/** Looks at every path of the host that containers are given. */
export function observeSources(system: Containers): ObservedSources {
  const paths = [...mountedSources(system).map(({ source }) => source), ...secretFiles(system).map(({ path }) => path)];
  return Object.fromEntries(paths.map((path) => [path, look(path)]));
}

/** A folder of the host that is mounted must be there: Docker would make it, as root's, and Podman would fail late. */
export function missingSources(system: CheckedSystem, sources: ObservedSources): readonly Finding[] {
  return mountedSources(system).flatMap(({ unit, source }) => {
    if (sources[source] !== null || system.files.some((file) => file.path === source)) return [];
    const message = `"${unit.name}" mounts ${source}, which does not exist`;
    const hint = `make it first (mkdir -p ${source}), or mount a volume: a name instead of a path`;
    return [{ message, hint, where: unit.place }];
  });
}

/** A secret that others can read is none; one that is not there fails the start. */
export function unsafeSecrets(system: CheckedSystem, sources: ObservedSources): readonly Finding[] {
  return secretFiles(system).flatMap(({ unit, name, path, what }) => {
    const found = sources[path];
    const problem = (message: string, hint: string): readonly Finding[] => [
      { message: `${what} of the secret "${name}" ${message}`, where: unit.place, hint },
    ];
    if (found === undefined || found === null)
      return problem(
        `is missing: ${path}`,
        `put it there, readable by its owner only: install -m 600 /dev/null ${path}`,
      );
    if (!found.isFile) return problem(`is not a file: ${path}`, "name the file itself");
    if ((found.mode & 0o007) !== 0)
      return problem(`can be read by everybody: ${path} has mode ${found.mode.toString(8)}`, `chmod 600 ${path}`);
    return [];
  });
}

export const volumeSources: HostRule = {
  code: "volume-source-missing",
  weight: "error",
  check: (system, { sources }) => missingSources(system, sources),
};

export const secretSources: HostRule = {
  code: "secret-unsafe",
  weight: "error",
  check: (system, { sources }) => unsafeSecrets(system, sources),
};
