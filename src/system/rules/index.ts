/** All rules, and what comes of them. */
import { type ErrorReport, type FindingCode, fieldPlaces, KnownError, type Place } from "../../base/index.ts";
import { report } from "../../record/index.ts";
import type { SystemSpec } from "../spec.ts";
import { addresses } from "./addresses.ts";
import { anonymousVolumes } from "./anonymous-volumes.ts";
import { argumentSyntax } from "./argument-syntax.ts";
import { capabilities } from "./capabilities.ts";
import { containerUsers } from "./container-users.ts";
import { containersOf } from "./container-view.ts";
import { cycles } from "./cycles.ts";
import { engineVersion } from "./engine-version.ts";
import { environmentFiles } from "./environment-files.ts";
import { environmentNames } from "./environment-names.ts";
import { environmentSecrets } from "./environment-secrets.ts";
import { environmentSources } from "./environment-sources.ts";
import { extraArguments } from "./extra-arguments.ts";
import { healthOfWork } from "./health-of-work.ts";
import { healthTimes } from "./health-times.ts";
import { hostRoutes } from "./host-routes.ts";
import { observeHostView } from "./host-view.ts";
import { idMappings } from "./id-mappings.ts";
import { imagePins } from "./image-pins.ts";
import { imageRegistries } from "./image-registries.ts";
import { lengths } from "./lengths.ts";
import { limits } from "./limits.ts";
import { localAddresses } from "./local-addresses.ts";
import { mappedUsers } from "./mapped-users.ts";
import { memory } from "./memory.ts";
import { mountOptions } from "./mount-options.ts";
import { mountOrder } from "./mount-order.ts";
import { mountSyntax } from "./mount-syntax.ts";
import { mountTargets } from "./mount-targets.ts";
import { names } from "./names.ts";
import { networkPorts } from "./network-ports.ts";
import { networkSysctls } from "./network-sysctls.ts";
import { neverUp } from "./never-up.ts";
import { objectsDeclared } from "./objects-declared.ts";
import { oneShot } from "./one-shot.ts";
import { portSyntax } from "./port-syntax.ts";
import { ports } from "./ports.ts";
import { privilegedPorts } from "./privileged-ports.ts";
import { readOnly } from "./read-only.ts";
import { requirements } from "./requirements.ts";
import type { CheckedSystem, Finding, HostRule, Rule } from "./rule.ts";
import { secretReaders } from "./secret-readers.ts";
import { secretSources } from "./secret-sources.ts";
import { secretsDeclared } from "./secrets-declared.ts";
import { type Suppressions, suppresses } from "./suppression.ts";
import { volumeSources } from "./volume-sources.ts";

export { parseVolume } from "./container-view.ts";
export type { CheckedSystem, Finding, Rule, RuleCheck } from "./rule.ts";
export { unsafeSecrets } from "./secret-sources.ts";
export { type ObservedSources, observeSources } from "./sources.ts";
export { type Suppressions, suppressionsIn } from "./suppression.ts";
export { missingSources } from "./volume-sources.ts";

export const rules: readonly Rule[] = [
  names,
  requirements,
  cycles,
  portSyntax,
  ports,
  mountSyntax,
  mountOptions,
  mountTargets,
  mountOrder,
  anonymousVolumes,
  capabilities,
  networkPorts,
  networkSysctls,
  idMappings,
  containerUsers,
  memory,
  healthTimes,
  healthOfWork,
  oneShot,
  neverUp,
  addresses,
  objectsDeclared,
  imageRegistries,
  imagePins,
  environmentNames,
  environmentSources,
  environmentFiles,
  environmentSecrets,
  secretsDeclared,
  secretReaders,
  readOnly,
  lengths,
  argumentSyntax,
  extraArguments,
];

export const hostRules: readonly HostRule[] = [
  volumeSources,
  secretSources,
  mappedUsers,
  privilegedPorts,
  localAddresses,
  hostRoutes,
  limits,
  engineVersion,
];

/** A finding, weighed: what `check`, `plan` and `apply` tell, and refuse where it is an error. */
export interface Weighed extends ErrorReport {
  readonly weight: "error" | "warning";
  /** The call that made what is wrong, where `where` is a place in it. */
  readonly call?: Place;
}

/** What was found of a declaration that can be, and what of it the declaration accepts. */
export interface Findings {
  readonly found: readonly Weighed[];
  readonly suppressed: readonly (Weighed & { readonly reason: string })[];
}

export function checkedSystem(spec: SystemSpec): CheckedSystem {
  return { ...spec, containers: containersOf(spec) };
}

/** Where a finding points to: the field where the source shows it, else the call that made the record. */
function placesOf({ where, field, also }: Finding): Pick<Finding, "where" | "also"> {
  const found = [field ?? []]
    .flat()
    .map((each) => fieldPlaces(where, [each]))
    .find((each) => each.where !== undefined && each.where !== where);
  return found === undefined ? { where, also } : { where: found.where, also: also ?? found.also };
}

function weigh(code: FindingCode, weight: Weighed["weight"], finding: Finding): Weighed {
  const { message, hint } = finding;
  const { where, also } = placesOf(finding);
  return {
    ...{ code, weight, message },
    ...(hint === undefined ? {} : { hint }),
    ...(where === undefined ? {} : { where }),
    ...(also === undefined ? {} : { also }),
    ...(finding.where === undefined || finding.where === where ? {} : { call: finding.where }),
  };
}

/** Reports what refuses a system, and returns what else Lading's rules and the declaration's own find. */
export function checkSystem(system: CheckedSystem, own: readonly Rule[]): readonly Weighed[] {
  return [...rules, ...own].flatMap((rule): readonly Weighed[] => {
    const { code, weight } = rule;
    const found = rule.check(system);
    if (weight !== "refused") return found.map((each) => weigh(code, weight, each));
    for (const each of found) report(new KnownError(code, each.message, { hint: each.hint, ...placesOf(each) }));
    return [];
  });
}

/** What rules find that ask this host. */
export async function checkOnHost(system: CheckedSystem): Promise<readonly Weighed[]> {
  const host = await observeHostView(system);
  return hostRules.flatMap((rule) => rule.check(system, host).map((each) => weigh(rule.code, rule.weight, each)));
}

/** Parts findings into those that stand and those that the declaration accepts; comments that accept nothing legible stand. */
export function sift(found: readonly Weighed[], { suppressions, invalid }: Suppressions): Findings {
  const reasonFor = (each: Weighed): string | undefined => suppressions.find((one) => suppresses(one, each))?.reason;
  const wrong = invalid.map((each): Weighed => weigh("suppression-invalid", "error", each));
  return {
    found: [...found.filter((each) => reasonFor(each) === undefined), ...wrong],
    suppressed: found.flatMap((each) => {
      const reason = reasonFor(each);
      return reason === undefined ? [] : [{ ...each, reason }];
    }),
  };
}

/** Suppressions of what nobody found. */
export function unusedSuppressions(found: readonly Weighed[], { suppressions }: Suppressions): readonly Weighed[] {
  return suppressions
    .filter((one) => !found.some((each) => suppresses(one, each)))
    .map(({ code, where }) => {
      const message = `nothing is suppressed here: there is no ${code} on that line`;
      return weigh("suppression-unused", "warning", { message, where, hint: "take the comment away" });
    });
}
