/** A container as rules look at it: its options read back, with those that stand in `extraArguments`. */
import { posix } from "node:path";
import type { Place } from "../../base/index.ts";
import { optionPairs } from "../../engine/index.ts";
import type { StartSpec, UnitSpec } from "../../supervisor/index.ts";
import type { SystemSpec } from "../spec.ts";
import { readExtra } from "./extra-words.ts";

type ContainerStart = StartSpec & { readonly kind: "container" };

/** Something that a container finds at a path. */
export interface MountView {
  readonly kind: "volume" | "tmpfs" | "mount" | "secret";
  /** As it was declared. */
  readonly text: string;
  /** A path of the host, the name of a volume, or undefined for an anonymous one or none. */
  readonly source: string | undefined;
  /** Without a slash at its end. */
  readonly target: string;
  readonly readOnly: boolean;
}

/** The record's field behind each kind of mount. */
export const fieldOfMount: Readonly<Record<MountView["kind"], string>> = {
  ...{ volume: "volumes", tmpfs: "tmpfs", mount: "mounts", secret: "secrets" },
};

/** A place on a network. */
export interface AttachmentView {
  readonly network: string;
  readonly addresses: readonly string[];
}

export interface ContainerView {
  readonly name: string;
  readonly engine: "podman" | "docker";
  /** The image's reference. */
  readonly image: string;
  /** Whether the engine runs as a plain user. */
  readonly rootless: boolean;
  readonly place: Place | undefined;
  readonly command: readonly string[];
  /** Published ports, as they were declared. */
  readonly ports: readonly string[];
  readonly mounts: readonly MountView[];
  readonly networks: readonly AttachmentView[];
  /** Names and values; null where the value comes from `hostEnvironment`. */
  readonly environment: readonly (readonly [name: string, value: string | null])[];
  /** All values of an option of the engine, such as "--memory", wherever it was declared. */
  readonly options: (name: string) => readonly string[];
  /** Options as pairs, of typed fields and of `extraArguments`. */
  readonly typed: readonly (readonly [name: string, value: string])[];
  readonly extra: readonly (readonly [name: string, value: string])[];
  readonly unit: UnitSpec;
  readonly start: ContainerStart;
}

/** A `-v` value taken apart: `[source:]target[:options]`. */
export function parseVolume(volume: string): {
  readonly source: string | undefined;
  readonly target: string;
  readonly options: readonly string[];
} {
  const [first = "", second, options = ""] = volume.split(":");
  const list = options.split(",").filter((each) => each !== "");
  return second === undefined
    ? { source: undefined, target: first, options: list }
    : { source: first, target: second, options: list };
}

/** Keys of a `--mount` value. */
function mountKeys(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split(",").map((part) => {
      const cut = part.indexOf("=");
      return cut === -1 ? [part, "true"] : [part.slice(0, cut), part.slice(cut + 1)];
    }),
  );
}

/** A path of the container as the engine reads it: without a slash at its end, doubled ones, "." and "..". */
function bare(target: string): string {
  const path = target.startsWith("/") ? posix.normalize(target) : target;
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

function mountsOf(start: ContainerStart, options: ContainerView["options"]): readonly MountView[] {
  return [
    ...options("-v").map((text): MountView => {
      const { source, target, options: list } = parseVolume(text);
      return { kind: "volume", text, source, target: bare(target), readOnly: list.includes("ro") };
    }),
    ...options("--tmpfs").map((text): MountView => {
      const [target = "", list = ""] = text.split(":");
      return { kind: "tmpfs", text, source: undefined, target: bare(target), readOnly: list.split(",").includes("ro") };
    }),
    ...options("--mount").flatMap((text): readonly MountView[] => {
      const keys = mountKeys(text);
      const target = keys.target ?? keys.destination ?? keys.dst;
      if (target === undefined) return [];
      const readOnly = [keys.ro, keys.readonly].includes("true");
      const kind = keys.type === "tmpfs" ? "tmpfs" : "mount";
      return [{ kind, text, source: keys.source ?? keys.src, target: bare(target), readOnly }];
    }),
    ...(start.secrets ?? [])
      .filter((each) => each.as === "file")
      .map(
        (each): MountView => ({
          ...{ kind: "secret", text: `the secret "${each.name}"`, source: undefined },
          ...{ target: bare(each.target), readOnly: true },
        }),
      ),
  ];
}

/** Where a container is on which network, and by which addresses: Docker is told of later networks one by one. */
function networksOf(start: ContainerStart, options: ContainerView["options"]): readonly AttachmentView[] {
  const named = options("--network").map((value) => {
    const mode = /^(?:container|service|ns|slirp4netns|pasta|private|none|host)(?::|$)/.test(value);
    const [network = ""] = mode ? [value] : value.split(":", 1);
    const details = value.slice(network.length + 1).split(",");
    const addresses = details.flatMap((each) => /^ip6?=(.*)$/.exec(each)?.[1] ?? []);
    return { network, addresses };
  });
  const alone = [...options("--ip"), ...options("--ip6")];
  const [first] = named;
  const later = (start.connect ?? []).map((argv) => {
    const pairs = optionPairs(argv.slice(0, -1));
    const addresses = pairs.filter(([name]) => name === "--ip" || name === "--ip6").map(([, value]) => value);
    return { network: argv.at(-1) ?? "", addresses };
  });
  return [
    ...(first === undefined ? [] : [{ ...first, addresses: [...first.addresses, ...alone] }]),
    ...named.slice(1),
    ...later,
  ];
}

function viewOf(unit: UnitSpec, start: ContainerStart, home: boolean): ContainerView {
  const { container } = start;
  const typed = optionPairs(container.options);
  const extra = readExtra(container.extraArguments).pairs;
  const byName = new Map<string, string[]>();
  for (const [name, value] of [...typed, ...extra]) {
    const values = byName.get(name);
    if (values === undefined) byName.set(name, [value]);
    else values.push(value);
  }
  const options = (name: string): readonly string[] => byName.get(name) ?? [];
  return {
    ...{ name: unit.name, engine: container.engine, image: container.image, place: unit.place },
    rootless: container.engine === "podman" && (home || unit.user !== "root"),
    command: container.command,
    ports: options("-p"),
    mounts: mountsOf(start, options),
    networks: networksOf(start, options),
    environment: options("--env").map((text) => {
      const cut = text.indexOf("=");
      return cut === -1 ? [text, null] : [text.slice(0, cut), text.slice(cut + 1)];
    }),
    ...{ options, typed, extra, unit, start },
  };
}

/** The mode by which a container uses a network namespace that is not its own, or none. */
export function networkMode({ networks }: Pick<ContainerView, "networks">): string | undefined {
  return networks.map(({ network }) => network).find((mode) => /^(?:host|none|container:.*|ns:.*)$/.test(mode));
}

/** The containers of a system. */
export function containersOf({ units, kind }: SystemSpec): readonly ContainerView[] {
  return units.flatMap((unit) => (unit.start.kind === "container" ? [viewOf(unit, unit.start, kind === "home")] : []));
}
