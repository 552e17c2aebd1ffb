/** Files and folders of the host that containers are given: a look at them, and what is wrong with them. */
import { KnownError } from "../base/index.ts";
import { optionValues } from "../engine/index.ts";
import type { UnitSpec } from "../supervisor/index.ts";
import { statSync } from "../sys/index.ts";
import { parseVolume } from "./check-containers.ts";
import type { SystemSpec } from "./spec.ts";

/** What a path is; null where there is nothing. */
type ObservedSource = { readonly isFile: boolean; readonly mode: number } | null;

export type ObservedSources = Readonly<Record<string, ObservedSource>>;

/** Paths of the host that containers mount. */
function mountedSources({ units }: SystemSpec): readonly { readonly unit: UnitSpec; readonly source: string }[] {
  return units.flatMap((unit) => {
    if (unit.start.kind !== "container") return [];
    return optionValues(unit.start.container.options, "-v").flatMap((volume) => {
      const { source } = parseVolume(volume);
      return source?.startsWith("/") ? [{ unit, source }] : [];
    });
  });
}

/** Files of the host that secrets come from, and the identities that open those in the store. */
function secretFiles({ units }: SystemSpec): readonly {
  readonly unit: UnitSpec;
  readonly name: string;
  readonly path: string;
  readonly what: string;
}[] {
  return units.flatMap((unit) => {
    const secrets = unit.start.kind === "container" ? (unit.start.secrets ?? []) : [];
    return secrets.flatMap(({ name, source }) =>
      source.kind === "file"
        ? [{ unit, name, path: source.path, what: "the file" }]
        : source.kind === "age"
          ? [{ unit, name, path: source.identity, what: "the age identity" }]
          : [],
    );
  });
}

/** A folder of the host that is mounted must be there: Docker would make it, as root's, and Podman would fail late. */
function missingSources(target: SystemSpec, sources: ObservedSources): readonly KnownError[] {
  return mountedSources(target).flatMap(({ unit, source }) => {
    if (sources[source] !== null || target.files.some((file) => file.path === source)) return [];
    const message = `"${unit.name}" mounts ${source}, which does not exist`;
    const hint = `make it first (mkdir -p ${source}), or mount a volume: a name instead of a path`;
    return [new KnownError("volume-source-missing", message, { where: unit.place, hint })];
  });
}

/** A secret that others can read is none; one that is not there fails the start. */
function unsafeSecrets(target: SystemSpec, sources: ObservedSources): readonly KnownError[] {
  return secretFiles(target).flatMap(({ unit, name, path, what }) => {
    const found = sources[path];
    const problem = (message: string, hint: string): KnownError[] => [
      new KnownError("secret-unsafe", `${what} of the secret "${name}" ${message}`, { where: unit.place, hint }),
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

/** What is wrong with the paths of the host that containers are given. */
export function sourceProblems(target: SystemSpec, sources: ObservedSources): readonly KnownError[] {
  return [...missingSources(target, sources), ...unsafeSecrets(target, sources)];
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
export function observeSources(spec: SystemSpec): ObservedSources {
  const paths = [...mountedSources(spec).map(({ source }) => source), ...secretFiles(spec).map(({ path }) => path)];
  return Object.fromEntries(paths.map((path) => [path, look(path)]));
}
