/** `lading inspect FILE`: the folded declaration, in the shape that other tools test against (version 1). */
import { shellLine } from "../base/index.ts";
import { removeArgv } from "../engine/index.ts";
import { type Derivation, renderText, type TextParts } from "../store/index.ts";
import { containerArgv, type UnitSpec } from "../supervisor/index.ts";
import type { SystemSpec } from "../system/index.ts";
import { type Answer, type Context, table } from "./context.ts";

/** Only the names: values of hostEnvironment are secrets. */
function names(pairs: readonly string[]): readonly string[] {
  return pairs.map((pair) => pair.split("=", 1)[0] ?? pair);
}

function describeUnit(unit: UnitSpec, context: Context): object {
  const { start } = unit;
  const container = start.kind === "container" ? start.container : null;
  const argv =
    start.kind === "container" ? containerArgv(context.paths, unit, start) : start.kind === "program" ? start.argv : [];
  return {
    provision: unit.provision,
    requirement: unit.requirement,
    documentation: unit.documentation,
    oneShot: unit.oneShot,
    respawn: unit.respawn,
    autoStart: unit.autoStart,
    logFile: unit.logFile,
    user: unit.user,
    group: unit.group,
    hostEnvironment: start.kind === "container" ? names(start.hostEnvironment) : [],
    container,
    start: { argv, ...(start.kind === "objects" ? { each: start.items.map((item) => item.argv) } : {}) },
    stop: { argv: start.kind === "container" ? removeArgv(start.cli, start.container.name, unit.stopGrace) : [] },
    actions: unit.actions.map((action) => ({ ...action, argv: action.name === "command-line" ? argv : action.argv })),
  };
}

/** The content of a managed file, where it does not have to be built first. */
function contentOf(derivation: Derivation | undefined, storeDir: string): string | null {
  if (derivation?.recipe.builder !== "write") return null;
  return renderText((derivation.recipe.args as { parts: TextParts }).parts, storeDir);
}

function describe(spec: SystemSpec, derivations: readonly Derivation[], context: Context): object {
  return {
    version: 1,
    units: spec.units.map((unit) => describeUnit(unit, context)),
    etc: spec.files.map(({ path, source, onlyUnder }) => ({
      path: path.replace(/^\/etc\//, ""),
      content: contentOf(
        derivations.find((each) => each.item === source.ref),
        context.paths.store,
      ),
      ...(onlyUnder === undefined ? {} : { onlyUnder }),
    })),
    groups: spec.groups.map(({ place: _, ...group }) => group),
    users: spec.users.map(({ place: _, ...user }) => user),
    subuids: spec.subuids.map(({ place: _, ...range }) => range),
    subgids: spec.subgids.map(({ place: _, ...range }) => range),
    limits: spec.limits,
    images: spec.images.map(({ reference, item }) => ({ reference, built: item !== null })),
    networks: spec.objects.filter((each) => each.object === "network").map((each) => each.name),
    volumes: spec.objects.filter((each) => each.object === "volume").map((each) => each.name),
  };
}

export async function run(context: Context, [file = ""]: readonly (string | undefined)[]): Answer {
  const { spec, derivations } = await context.load(file);
  if (context.json) {
    context.print(JSON.stringify(describe(spec, derivations, context), null, 2));
    return undefined;
  }
  const rows = spec.units.map((unit) => [
    unit.name,
    unit.start.kind,
    unit.requirement.join(" ") || "-",
    unit.documentation,
  ]);
  context.print(table([["UNIT", "KIND", "REQUIRES", "WHAT"], ...rows], context.columns()));
  for (const unit of spec.units) {
    if (unit.start.kind === "container")
      context.print(`\n${unit.name}:\n  ${shellLine(containerArgv(context.paths, unit, unit.start))}`);
  }
  const list = (title: string, lines: readonly string[]): void => {
    if (lines.length > 0) context.print(`\n${title}:\n${lines.map((line) => `  ${line}`).join("\n")}`);
  };
  list(
    "files",
    spec.files.map((each) => each.path),
  );
  list(
    "users",
    spec.users.map((user) => `${user.name} (${[user.group, ...user.supplementaryGroups].join(", ")})`),
  );
  list(
    "groups",
    spec.groups.map((group) => group.name),
  );
  list(
    "images",
    spec.images.map((image) => `${image.reference}${image.item === null ? ", pulled" : ", built"}`),
  );
  list(
    "networks and volumes",
    spec.objects.map((each) => `${each.object} ${each.name}`),
  );
  return undefined;
}
