/** Writes units out as data: their file-likes lowered, their staged text rendered, their commands settled. */
import { digestOfJson, fieldPlace, KnownError, type Place } from "../base/index.ts";
import {
  commandArguments,
  containerOptions,
  createArgv,
  type EngineCli,
  type FurtherFields,
  labels,
  laterNetworks,
  type ObjectFields,
  pullArgv,
  unsupportedFields,
} from "../engine/index.ts";
import { imageLowerer, type OciImage, referenceOf } from "../image/index.ts";
import { LockedSets, lowerNpmModules } from "../packages/index.ts";
import { isRecord, placeOf, report } from "../record/index.ts";
import {
  type ContainerUnit,
  containerName,
  type ObjectsUnit,
  type OciContainer,
  type OciNetwork,
  type OciService,
  type OciVolume,
  type Secret,
  type SupervisedUnit,
  type Unit,
} from "../services/index.ts";
import {
  type FileLike,
  type ItemName,
  isFileLike,
  Lowerer,
  type Pair,
  type Reference,
  referencesIn,
  renderText,
  type StagedText,
  type TextParts,
} from "../store/index.ts";
import type { ActionSpec, SecretSpec, StartSpec, UnitSpec } from "../supervisor/index.ts";
import { readTextIfExists, statSync } from "../sys/index.ts";
import { imagePaths, systemParts } from "./image-of-system.ts";
import type { LockFile } from "./lock-file.ts";
import type { OperatingSystem } from "./operating-system.types.ts";
import { parseVolume } from "./rules/index.ts";
import { type Compiled, type ImageSpec, type ObjectSpec, unitDigest } from "./spec.ts";
import { healthArgv, healthSpec, logLimits, readinessSpec, scheduleSpec } from "./unit-times.ts";

export interface CompileOptions {
  /** Where the store will be: staged text names its items by their paths. */
  readonly storeDir: string;
  /** The value of the owner label. */
  readonly owner: string;
  /** What the lock file says of images and packages. */
  readonly lock: LockFile | undefined;
}

interface UnitWriterOptions extends CompileOptions {
  readonly home: boolean;
  /** Compiles the system of an image. */
  readonly compile: (system: OperatingSystem, options: CompileOptions) => Compiled;
}

/** Collects what units need beside themselves while they are written out. */
export class UnitWriter {
  readonly lowerer: Lowerer;
  /** The answers to what images ask of packages, and what they asked. */
  readonly packages: LockedSets;
  readonly images: Map<string, ImageSpec> = new Map();
  readonly objects: ObjectSpec[] = [];
  readonly roots: Set<ItemName> = new Set();
  readonly #storeDir: string;
  readonly #owner: string;
  readonly #home: boolean;

  constructor({ storeDir, owner, lock, home, compile }: UnitWriterOptions) {
    this.packages = new LockedSets(lock?.packages ?? []);
    this.lowerer = new Lowerer(
      [
        imageLowerer({
          sets: this.packages,
          system: (system, platform, lowerer) =>
            systemParts(
              system,
              compile(system as OperatingSystem, { storeDir: imagePaths.store, owner: imagePaths.owner, lock }),
              platform,
              lowerer,
            ),
        }),
        lowerNpmModules,
      ],
      storeDir,
    );
    this.#storeDir = storeDir;
    this.#owner = owner;
    this.#home = home;
  }

  /** A text with its store paths written out; what it names becomes a root. */
  render(parts: TextParts): string {
    for (const item of referencesIn(parts)) this.roots.add(item);
    return renderText(parts, this.#storeDir);
  }

  /** The text of a file that does not have to be built to be known. */
  knownText({ ref }: Reference): string | undefined {
    const derivation = this.lowerer.derivations.get(ref);
    if (derivation?.recipe.builder === "write")
      return renderText((derivation.recipe.args as { parts: TextParts }).parts, this.#storeDir);
    const source = derivation?.recipe.builder === "copy" ? derivation.origins.source : undefined;
    return source === undefined || !statSync(source).isFile() ? undefined : readTextIfExists(source);
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
      requirement: [...new Set([...source.requirement, ...source.restartWith])],
      restartWith: source.restartWith,
      documentation: source.documentation,
      oneShot: source.oneShot || source.schedule !== undefined || argv.length === 0,
      respawn: source.respawn,
      respawnLimit: source.respawnLimit,
      respawnDelay: source.respawnDelay,
      stopGrace: source.stopGrace,
      autoStart: source.autoStart,
      ...(source.transient ? { transient: true as const } : {}),
      ...readinessSpec(source, (word) => this.word(word)),
      ...scheduleSpec(source),
      ...logLimits(source),
      logFile: source.logFile ?? null,
      user: source.user ?? null,
      group: source.group ?? null,
      start: argv.length === 0 ? { kind: "none" } : this.#programStart(source, argv),
      actions: source.actions.map((each) => this.#action(each)),
      place: placeOf(source),
    };
  }

  #programStart(source: Unit, argv: readonly string[]): StartSpec {
    const { supplementaryGroups: groups, umask, directory, health } = source;
    if (this.#home && groups !== undefined) {
      const hint = "leave out `supplementaryGroups`, or declare an operatingSystem";
      const message = "a plain user's programs have the user's own groups";
      report(new KnownError("needs-root", message, { where: placeOf(source), hint }));
    }
    const limits = this.pairs(source.limits);
    const stopSignal = `SIG${source.stopSignal.replace(/^SIG/, "")}` as NodeJS.Signals;
    return {
      ...{ kind: "program", argv, environment: this.pairs(source.environment), directory },
      ...(groups === undefined ? {} : { groups }),
      ...(umask === undefined ? {} : { umask }),
      ...(limits.length === 0 ? {} : { limits }),
      ...(stopSignal === "SIGTERM" ? {} : { stopSignal }),
      ...(health === undefined ? {} : { health: { ...healthSpec(health, null), argv: healthArgv(health) } }),
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
    const further = this.#further(container);
    for (const { field, hint } of unsupportedFields(service.runtime, further)) {
      const message = `ociContainer "${name}": ${service.runtime} has nothing for the field "${field}"`;
      report(new KnownError("unsupported-field", message, { where: fieldPlace(place, ...field.split(".")), hint }));
    }
    if (container.network !== undefined && container.networks.length > 0) {
      const message = `"${name}": it has \`network\` (${container.network}) and \`networks\``;
      const hint = "keep one of the two; `networks` takes several, each with names and addresses";
      report(new KnownError("fields-contradict", message, { where: fieldPlace(place, "network"), hint }));
    }
    const connect = laterNetworks(service.runtime, further.networks);
    const secrets = container.secrets.map((each) => this.#secret(each));
    const shared = /^container:(.+)$/.exec(container.network ?? "")?.[1];
    const restartWith = [...new Set([...container.restartWith, ...(shared === undefined ? [] : [shared])])];
    const pull: ActionSpec[] = built
      ? []
      : [{ name: "pull", documentation: `Pulls the image ${image}.`, argv: pullArgv(cli, image) }];
    return {
      name,
      provision: [name],
      requirement: [...new Set([...container.requirement, ...restartWith, ...requirement])],
      restartWith,
      documentation: `${service.runtime === "podman" ? "Podman" : "Docker"} container of ${image}.`,
      oneShot: container.oneShot,
      respawn: container.respawn,
      respawnLimit: container.respawnLimit,
      respawnDelay: container.respawnDelay,
      stopGrace: container.stopGrace,
      autoStart: container.autoStart,
      ...readinessSpec(container, (word) => this.word(word)),
      ...scheduleSpec(container),
      ...logLimits(container),
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
          options: containerOptions(
            service.runtime,
            {
              entrypoint,
              environment: this.pairs(container.environment),
              network: container.network,
              containerUser: container.containerUser,
              workdir: container.workdir,
              ports: this.pairs(container.ports),
              volumes: this.pairs(container.volumes),
            },
            further,
          ),
          extraArguments: container.extraArguments.map((each) => this.text(each)),
          command: commandArguments(service.runtime, entrypoint, container.command),
        },
        imageId: null,
        hostEnvironment: this.pairs(container.hostEnvironment),
        ...usedObjects(container, service, (text) => this.text(text)),
        ...(connect.length > 0 ? { connect } : {}),
        ...(secrets.length > 0 ? { secrets } : {}),
        ...(container.health === undefined ? {} : { health: healthSpec(container.health, service.runtime) }),
      },
      actions: [
        ...pull,
        { name: "command-line", documentation: "Prints the command that starts the container.", argv: [] },
        ...container.actions.map((each) => this.#action(each)),
      ],
      place,
    };
  }

  #further(container: OciContainer): FurtherFields {
    return {
      ...container,
      ulimits: this.pairs(container.ulimits),
      sysctls: this.pairs(container.sysctls),
      tmpfs: this.pairs(container.tmpfs),
      hosts: this.pairs(container.hosts),
      labels: this.pairs(container.labels),
      annotations: this.pairs(container.annotations),
      logOptions: this.pairs(container.logOptions),
      securityOptions: container.securityOptions.map((each) => this.text(each)),
      mounts: container.mounts.map((each) => this.text(each)),
      environmentFiles: container.environmentFiles.map((each) => this.text(each)),
    };
  }

  #secret(secret: Secret): SecretSpec {
    const { name, as, uid, gid, mode, file, command, ageFile, ageIdentity } = secret;
    const given = [file, command, ageFile].filter((each) => each !== undefined);
    if (given.length !== 1) {
      const hint = "declare exactly one of file, command and ageFile";
      const message = `secret "${name}" has ${given.length === 0 ? "no source" : "several sources"}`;
      report(new KnownError("invalid-value", message, { where: placeOf(secret), hint }));
    }
    if (as === "environment" && !/^[A-Za-z_]\w*$/.test(name)) {
      const hint = "letters, digits and '_', not beginning with a digit";
      const message = `secret "${name}" cannot be the name of a variable`;
      report(new KnownError("invalid-value", message, { where: placeOf(secret), hint }));
    }
    const source: SecretSpec["source"] =
      ageFile !== undefined
        ? { kind: "age", path: this.word(ageFile), identity: ageIdentity }
        : command !== undefined
          ? { kind: "command", argv: command.map((each) => this.word(each)) }
          : { kind: "file", path: file ?? "" };
    return { name, as, target: secret.target ?? `/run/secrets/${name}`, uid, gid, mode, source };
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
    this.images.set(key, { reference, item, pin: null, user: use.user, cli: use.cli, ...(place ? { place } : {}) });
    return reference;
  }

  #objects(source: ObjectsUnit): Omit<UnitSpec, "digest" | "place"> & { place: Place | undefined } {
    const { service, object } = source;
    const cli = this.#cli(service);
    const user = this.#home ? null : service.user;
    const items = service[`${object}s`].map((each) => {
      const place = placeOf(each);
      const { name } = each;
      const fields = objectFields(each, (text) => this.text(text));
      const digest = objectDigest(object, fields);
      this.objects.push({ object, name, user, cli, fields, digest, ...(place ? { place } : {}) });
      const own = [`${labels.owner}=${this.#owner}`, `${labels.spec}=${digest}`];
      const argv = createArgv(cli, object, name, { ...fields, labels: [...own, ...fields.labels] });
      return { name, argv, digest };
    });
    return {
      name: source.name,
      provision: [source.name],
      requirement: source.requirement,
      restartWith: [],
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
      // Of the first of them: a service that others add to is made anew, and has none.
      place: placeOf(service[`${object}s`][0]),
    };
  }
}

function objectFields(
  { name: _, ...declared }: OciNetwork | OciVolume,
  render: (text: string | StagedText) => string,
): ObjectFields {
  return { ...declared, labels: declared.labels.map(render), extraArguments: declared.extraArguments.map(render) };
}

/** Of what it is made with. A volume's labels do not count: it is not made anew for them. */
function objectDigest(object: "network" | "volume", { labels, ...fields }: ObjectFields): string {
  return digestOfJson(object === "network" ? { ...fields, labels } : fields);
}

/**
 * The declared networks and volumes that a container uses, with what they are made of: it is replaced when they are.
 */
function usedObjects(
  { network, networks, volumes }: OciContainer,
  service: OciService,
  render: (text: string | StagedText) => string,
): { readonly uses?: Readonly<Record<string, string>> } {
  const joined = new Set([...(network === undefined ? [] : [network]), ...networks.map((each) => each.network)]);
  const mounted = new Set(volumes.map((volume) => parseVolume(render(volume)).source));
  const uses = Object.fromEntries([
    ...service.networks
      .filter(({ name }) => joined.has(name))
      .map((each) => [`network ${each.name}`, objectDigest("network", objectFields(each, render))]),
    ...service.volumes
      .filter(({ name, extraArguments }) => mounted.has(name) && extraArguments.length > 0)
      .map((each) => [`volume ${each.name}`, objectDigest("volume", objectFields(each, render))]),
  ]);
  return Object.keys(uses).length > 0 ? { uses } : {};
}
