/** From a declaration to a system: services are folded, file-likes lowered, and every unit written out as data. */
import { isRecord, placeOf, report } from "../record/index.ts";
import {
  type AnyServiceType,
  describeServices,
  foldServices,
  instantiateMissingServices,
  type Service,
  simpleService,
} from "../service/index.ts";
import {
  type Accounts,
  accountServiceType,
  type EtcEntry,
  engineFileProblem,
  etcServiceType,
  formatLimit,
  type HostProgram,
  type PamLimitsEntry,
  pamLimitsServiceType,
  profileServiceType,
  rootlessPodmanServiceType,
  type SubidRange,
  type Subids,
  type SupervisedUnit,
  subidsServiceType,
  supervisorServiceType,
  type UserAccount,
  unit,
} from "../services/index.ts";
import { fileInvalid } from "./file-invalid.ts";
import { pinImages } from "./lock-file.ts";
import { checkHome } from "./operating-system.ts";
import type { HomeEnvironment, OperatingSystem } from "./operating-system.types.ts";
import { asRule } from "./own-rule.ts";
import { checkedSystem, checkSystem } from "./rules/index.ts";
import type { Compiled, FileSpec, SubidSpec, SystemSpec, UserSpec } from "./spec.ts";
import { type CompileOptions, UnitWriter } from "./unit-writer.ts";

/** Where the limits of `pamLimits` go. */
const limitsFile = "/etc/security/limits.d/50-lading.conf";

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
  const instances = instantiateMissingServices(listed);
  const services = withSinks(instances, sinks as readonly AnyServiceType[]);
  const fold = <T>(type: AnyServiceType): T => foldServices(services, type, { home }) as T;

  const writer = new UnitWriter({ ...options, home, compile: compileSystem });
  const folded = fold<readonly SupervisedUnit[]>(supervisorServiceType as AnyServiceType);
  const units = [...folded, ...(home ? [] : hostDaemon(folded))].map((each) => writer.unit(each));
  const etc = home ? [] : fold<readonly EtcEntry[]>(etcServiceType as AnyServiceType);
  const files = etc.map(([path, content, { place, onlyUnder } = {}]): FileSpec => {
    const source = writer.lowerer.content(path.split("/").at(-1) ?? path, content);
    const text = writer.knownText(source);
    const problem = text === undefined ? undefined : engineFileProblem(path, text);
    if (problem !== undefined) {
      const where = (typeof content === "object" && "place" in content ? content.place : undefined) ?? place;
      report(fileInvalid(`/etc/${path}`, problem, where));
    }
    return { path: `/etc/${path}`, source, ...(onlyUnder === undefined ? {} : { onlyUnder }) };
  });
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
  const declaredSpec: SystemSpec = {
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
    ...(os?.controlGroup === undefined && os?.readGroup === undefined
      ? {}
      : { access: { control: os.controlGroup ?? null, read: os.readGroup ?? null } }),
    roots: [...writer.roots].sort(),
  };
  const spec = pinImages(declaredSpec, options.lock);
  const findings = checkSystem(checkedSystem(spec), declaration.rules.map(asRule));
  return {
    spec,
    derivations: [...writer.lowerer.derivations.values()],
    requests: writer.packages.asked,
    services: describeServices(
      instances.filter((each) => each !== anchor),
      declaration.services,
    ),
    findings,
  };
}

/** Docker's daemon is the host's own affair, unless a unit runs it: then one that asks whether it answers stands for it. */
function hostDaemon(units: readonly SupervisedUnit[]): readonly SupervisedUnit[] {
  const service = units.flatMap((each) =>
    "kind" in each && each.service.runtime === "docker" ? [each.service] : [],
  )[0];
  const isDeclared = units.some((each) => !("kind" in each) && each.provision.includes("dockerd"));
  if (service === undefined || isDeclared) return [];
  const start = [service.runtimeCli ?? "docker", ...service.runtimeExtraArguments, "version"];
  return [
    unit({
      provision: ["dockerd"],
      documentation: "Docker's daemon, which the host runs, answers.",
      oneShot: true,
      start,
    }),
  ];
}

/** Adds the shipped sinks that nothing extends. */
function withSinks(services: readonly Service[], sinks: readonly AnyServiceType[]): readonly Service[] {
  const missing = sinks.filter((sink) => !services.some((each) => each.type === sink));
  return [...services, ...missing.map((sink) => ({ type: sink, value: sink.defaultValue?.(), place: undefined }))];
}
