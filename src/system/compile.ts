/** From a declaration to a system: services are folded, file-likes lowered, and every unit written out as data. */
import { KnownError, type Place } from "../base/index.ts";
import {
  commandArguments,
  containerOptions,
  createArgv,
  type EngineCli,
  labels,
  type ObjectFields,
  pullArgv,
} from "../engine/index.ts";
import { lowerImage, type OciImage, referenceOf } from "../image/index.ts";
import { isRecord, placeOf, report } from "../record/index.ts";
import {
  type AnyServiceType,
  foldServices,
  instantiateMissingServices,
  type Service,
  simpleService,
} from "../service/index.ts";
import {
  type Accounts,
  accountServiceType,
  type ContainerUnit,
  containerName,
  type EtcEntry,
  etcServiceType,
  formatLimit,
  type HostProgram,
  type ObjectsUnit,
  type OciService,
  type PamLimitsEntry,
  pamLimitsServiceType,
  profileServiceType,
  rootlessPodmanServiceType,
  type SubidRange,
  type Subids,
  type SupervisedUnit,
  subidsServiceType,
  supervisorServiceType,
  type Unit,
  type UserAccount,
  unit,
} from "../services/index.ts";
import {
  type FileLike,
  type ItemName,
  isFileLike,
  Lowerer,
  type Pair,
  referencesIn,
  renderText,
  type StagedText,
  type TextParts,
} from "../store/index.ts";
import type { ActionSpec, UnitSpec } from "../supervisor/index.ts";
import { checkSystem } from "./check.ts";
import { checkHome } from "./operating-system.ts";
import type { HomeEnvironment, OperatingSystem } from "./operating-system.types.ts";
import {
  type Compiled,
  type ImageSpec,
  type ObjectSpec,
  type SubidSpec,
  type SystemSpec,
  type UserSpec,
  unitDigest,
} from "./spec.ts";

/** Where the limits of `pamLimits` go. */
const limitsFile = "/etc/security/limits.d/50-lading.conf";

/** Collects what units need beside themselves while they are written out. */
class Writer {
  readonly lowerer = new Lowerer([lowerImage]);
  readonly images = new Map<string, ImageSpec>();
  readonly objects: ObjectSpec[] = [];
  readonly roots = new Set<ItemName>();
  readonly #storeDir: string;
  readonly #owner: string;
  readonly #home: boolean;

  constructor({ storeDir, owner, home }: CompileOptions & { readonly home: boolean }) {
    this.#storeDir = storeDir;
    this.#owner = owner;
    this.#home = home;
  }

  /** A text with its store paths written out; what it names becomes a root. */
  render(parts: TextParts): string {
    for (const item of referencesIn(parts)) this.roots.add(item);
    return renderText(parts, this.#storeDir);
  }

  text(value: string | StagedText): string {
    return this.render(this.lowerer.text(value));
  }

  word(value: string | StagedText | FileLike): string {
    return isFileLike(value) ? this.render([this.lowerer.file(value)]) : this.text(value as string | StagedText);
  }

  pairs(pairs: readonly Pair[]): readonly string[] {
    return pairs.map((pair) => this.text(pair));
  }

  unit(source: SupervisedUnit): UnitSpec {
    const made =
      "kind" in source
        ? source.kind === "container"
          ? this.#container(source)
          : this.#objects(source)
        : this.#program(source);
    const { place, ...rest } = made;
    return { ...rest, digest: unitDigest(rest), ...(place === undefined ? {} : { place }) };
  }

  #program(source: Unit): Omit<UnitSpec, "digest" | "place"> & { place: Place | undefined } {
    const [name = ""] = source.provision;
    const argv = source.start.map((word) => this.word(word));
    return {
      name,
      provision: source.provision,
      requirement: source.requirement,
      documentation: source.documentation,
      oneShot: source.oneShot || argv.length === 0,
      respawn: source.respawn,
      respawnLimit: source.respawnLimit,
      respawnDelay: source.respawnDelay,
      stopGrace: source.stopGrace,
      autoStart: source.autoStart,
      logFile: source.logFile ?? null,
      user: source.user ?? null,
      group: source.group ?? null,
      start:
        argv.length === 0
          ? { kind: "none" }
          : { kind: "program", argv, environment: this.pairs(source.environment), directory: source.directory },
      actions: source.actions.map((each) => this.#action(each)),
      place: placeOf(source),
    };
  }

  #action(each: Unit["actions"][number]): ActionSpec {
    return { name: each.name, documentation: each.documentation, argv: each.program.map((word) => this.word(word)) };
  }

  #cli(service: OciService): EngineCli {
    const extraArguments = service.runtimeExtraArguments.map((each) => this.text(each));
    return {
      engine: service.runtime,
      cli: service.runtimeCli ?? service.runtime,
      extraArguments,
      verbose: service.verbose,
    };
  }

  #container({
    container,
    service,
    requirement,
  }: ContainerUnit): Omit<UnitSpec, "digest" | "place"> & { place: Place | undefined } {
    const cli = this.#cli(service);
    const user = this.#home ? null : (container.user ?? service.user);
    const name = containerName(container, service.runtime);
    const place = placeOf(container);
    const image = this.#image(container.image, { user, cli, place });
    const { entrypoint } = container;
    const built = isRecord(container.image, "ociImage");
    const pull: ActionSpec[] = built
      ? []
      : [{ name: "pull", documentation: `Pulls the image ${image}.`, argv: pullArgv(cli, image) }];
    return {
      name,
      provision: [name],
      requirement: [...container.requirement, ...requirement],
      documentation: `${service.runtime === "podman" ? "Podman" : "Docker"} container of ${image}.`,
      oneShot: false,
      respawn: container.respawn,
      respawnLimit: container.respawnLimit,
      respawnDelay: container.respawnDelay,
      stopGrace: container.stopGrace,
      autoStart: container.autoStart,
      logFile: container.logFile ?? null,
      user,
      group: container.group ?? null,
      start: {
        kind: "container",
        cli,
        container: {
          engine: service.runtime,
          name,
          image,
          options: containerOptions(service.runtime, {
            entrypoint,
            environment: this.pairs(container.environment),
            network: container.network,
            containerUser: container.containerUser,
            workdir: container.workdir,
            ports: this.pairs(container.ports),
            volumes: this.pairs(container.volumes),
          }),
          extraArguments: container.extraArguments.map((each) => this.text(each)),
          command: commandArguments(service.runtime, entrypoint, container.command),
        },
        imageId: null,
        hostEnvironment: this.pairs(container.hostEnvironment),
      },
      actions: [
        ...pull,
        { name: "command-line", documentation: "Prints the command that starts the container.", argv: [] },
        ...container.actions.map((each) => this.#action(each)),
      ],
      place,
    };
  }

  #image(image: string | OciImage, use: { user: string | null; cli: EngineCli; place: Place | undefined }): string {
    const built = isRecord(image, "ociImage");
    const reference = built ? referenceOf(image as OciImage) : (image as string);
    const item = built ? this.lowerer.file(image as OciImage).ref : null;
    if (item !== null) this.roots.add(item);
    const key = JSON.stringify([reference, use.user, use.cli]);
    const place = (built ? placeOf(image) : undefined) ?? use.place;
    const known = this.images.get(key);
    if (known !== undefined && known.item !== item) {
      const hint = "give one of the two images another tag";
      report(
        new KnownError("duplicate-name", `two different images are called ${reference}`, {
          where: place,
          also: known.place,
          hint,
        }),
      );
    }
    this.images.set(key, { reference, item, user: use.user, cli: use.cli, ...(place ? { place } : {}) });
    return reference;
  }

  #objects(source: ObjectsUnit): Omit<UnitSpec, "digest" | "place"> & { place: Place | undefined } {
    const { service, object } = source;
    const cli = this.#cli(service);
    const user = this.#home ? null : service.user;
    const items = service[`${object}s`].map((each) => {
      const place = placeOf(each);
      this.objects.push({ object, name: each.name, user, cli, ...(place ? { place } : {}) });
      const fields: ObjectFields = {
        ...each,
        labels: [`${labels.owner}=${this.#owner}`, ...this.pairs(each.labels)],
        extraArguments: each.extraArguments.map((argument) => this.text(argument)),
      };
      return { name: each.name, argv: createArgv(cli, object, each.name, fields) };
    });
    return {
      name: source.name,
      provision: [source.name],
      requirement: source.requirement,
      documentation: `The ${object}s of ${service.runtime}, made where missing.`,
      oneShot: true,
      respawn: false,
      respawnLimit: 5,
      respawnDelay: 100,
      stopGrace: 5,
      autoStart: true,
      logFile: null,
      user,
      group: null,
      start: { kind: "objects", cli, object, items },
      actions: [],
      place: undefined,
    };
  }
}

export interface CompileOptions {
  /** Where the store will be: staged text names its items by their paths. */
  readonly storeDir: string;
  /** The value of the owner label. */
  readonly owner: string;
}

function userSpec(user: UserAccount, needed: boolean): UserSpec {
  const place = placeOf(user);
  return {
    name: user.name,
    uid: user.uid ?? null,
    group: user.group,
    supplementaryGroups: user.supplementaryGroups,
    comment: user.comment,
    home: user.homeDirectory ?? `/home/${user.name}`,
    createHome: user.createHomeDirectory,
    shell: user.shell,
    system: user.system,
    needed,
    ...(place ? { place } : {}),
  };
}

function subidSpec(range: SubidRange): SubidSpec {
  const place = placeOf(range);
  return { name: range.name, start: range.start ?? null, count: range.count, ...(place ? { place } : {}) };
}

/** What every operating system has: the unit that all that runs programs requires. */
const essential = simpleService("essential", supervisorServiceType as AnyServiceType, [
  unit({ provision: ["user-processes"], documentation: "The host can run users' processes." }),
]);

/** Folds and lowers a declaration; problems are reported to whoever collects them. */
export function compileSystem(declaration: OperatingSystem | HomeEnvironment, options: CompileOptions): Compiled {
  const home = isRecord(declaration, "homeEnvironment");
  const os = home ? undefined : (declaration as OperatingSystem);
  if (home) checkHome(declaration.services, [rootlessPodmanServiceType]);
  const sinks = [
    supervisorServiceType,
    accountServiceType,
    subidsServiceType,
    etcServiceType,
    pamLimitsServiceType,
    profileServiceType,
  ];
  // A service that extends nothing shipped still needs every sink to be there for folding.
  const anchor = simpleService("anchor", supervisorServiceType as AnyServiceType, []);
  const listed: Service[] = [...declaration.services, anchor, ...(home ? [] : [essential])];
  const services = withSinks(instantiateMissingServices(listed), sinks as readonly AnyServiceType[]);
  const fold = <T>(type: AnyServiceType): T => foldServices(services, type, { home }) as T;

  const writer = new Writer({ ...options, home });
  const units = fold<readonly SupervisedUnit[]>(supervisorServiceType as AnyServiceType).map((each) =>
    writer.unit(each),
  );
  const etc = home ? [] : fold<readonly EtcEntry[]>(etcServiceType as AnyServiceType);
  const files = etc.map(([path, content]) => ({
    path: `/etc/${path}`,
    source: writer.lowerer.content(path.split("/").at(-1) ?? path, content),
  }));
  const limits = home ? [] : fold<readonly PamLimitsEntry[]>(pamLimitsServiceType as AnyServiceType).map(formatLimit);
  if (limits.length > 0)
    files.push({ path: limitsFile, source: writer.lowerer.content("limits.conf", `${limits.join("\n")}\n`) });
  for (const file of files) writer.roots.add(file.source.ref);
  const accounts = home ? {} : fold<Partial<Accounts>>(accountServiceType as AnyServiceType);
  const subids = home ? {} : fold<Partial<Subids>>(subidsServiceType as AnyServiceType);
  const declared = [...(os?.users ?? []), ...(accounts.users ?? [])].map((user) => userSpec(user, false));
  const needed = (accounts.neededUsers ?? [])
    .filter((user, index, all) => all.findIndex((each) => each.name === user.name) === index)
    .filter((user) => !declared.some((each) => each.name === user.name))
    .map((user) => userSpec(user, true));
  const spec: SystemSpec = {
    version: 1,
    kind: home ? "home" : "system",
    hostName: os?.hostName ?? "localhost",
    units,
    files,
    groups: [...(os?.groups ?? []), ...(accounts.groups ?? [])].map((group) => {
      const place = placeOf(group);
      return { name: group.name, id: group.id ?? null, system: group.system, ...(place ? { place } : {}) };
    }),
    users: [...declared, ...needed],
    subuids: (subids.subuids ?? []).map(subidSpec),
    subgids: (subids.subgids ?? []).map(subidSpec),
    limits,
    programs: fold<readonly HostProgram[]>(profileServiceType as AnyServiceType),
    images: [...writer.images.values()],
    objects: writer.objects,
    roots: [...writer.roots].sort(),
  };
  checkSystem(spec);
  return { spec, derivations: [...writer.lowerer.derivations.values()] };
}

/** Adds the shipped sinks that nothing extends. */
function withSinks(services: readonly Service[], sinks: readonly AnyServiceType[]): readonly Service[] {
  const missing = sinks.filter((sink) => !services.some((each) => each.type === sink));
  return [...services, ...missing.map((sink) => ({ type: sink, value: sink.defaultValue?.(), place: undefined }))];
}
