/** Files and folders of the host that containers are given: which they are, and one look at them. */
import type { UnitSpec } from "../../supervisor/index.ts";
import { statSync } from "../../sys/index.ts";
import type { CheckedSystem } from "./rule.ts";

/** What a path is; null where there is nothing. */
type ObservedSource = { readonly isFile: boolean; readonly mode: number } | null;

export type ObservedSources = Readonly<Record<string, ObservedSource>>;

type Containers = Pick<CheckedSystem, "containers">;

/** Paths of the host that containers are given: mounts, files of variables, devices. */
export function mountedSources({ containers }: Containers): readonly {
  readonly unit: UnitSpec;
  readonly source: string;
}[] {
  return containers.flatMap(({ unit, mounts, options }) =>
    [
      // A glob's source is a pattern, of which no file may be there yet.
      ...mounts.filter(({ text }) => !/(?:^|,)type=glob(?:,|$)/.test(text)).map(({ source }) => source),
      ...options("--env-file"),
      ...options("--device").map((device) => device.split(":", 1)[0]),
    ].flatMap((source) => (source?.startsWith("/") ? [{ unit, source }] : [])),
  );
}

/** Files of the host that secrets come from, and the identities that open those in the store. */
export function secretFiles({ containers }: Containers): readonly {
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
