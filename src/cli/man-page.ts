/** The manual's pages in the language of man(7), which groff and mandoc read alike. They carry no date: they follow the source. */
import type { CommandEntry } from "./command-entry.ts";
import { shapeOf } from "./command-shape.ts";
import { environmentVariables } from "./environment.ts";
import { exitMeanings } from "./exit-codes.ts";
import { examplesOf } from "./help.ts";

/** Text as it stands: a backslash, a dash that is one, and what would be a request at the begin of a line. */
function plain(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("`", "\\(ga")
    .replaceAll("~", "\\(ti")
    .replaceAll("^", "\\(ha")
    .replace(/^[.']/, "\\&$&");
}

function header(title: string, version: string): string {
  return `.\\" Made by \`lading man\`.\n.TH ${plain(title.toUpperCase())} 1 "" "Lading ${plain(version)}" "Lading"`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function section(title: string, lines: readonly string[]): string {
  return [`.SH ${title}`, ...lines].join("\n");
}

function entries(list: readonly (readonly [name: string, meaning: string])[]): readonly string[] {
  return list.flatMap(([name, meaning]) => [".TP", `.B ${name}`, plain(meaning)]);
}

const exitStatus = (): string =>
  section("EXIT STATUS", entries(exitMeanings.map(([code, meaning]) => [String(code), sentence(meaning)])));

const environment = (): string =>
  section("ENVIRONMENT", entries(environmentVariables.map(([name, meaning]) => [plain(name), sentence(meaning)])));

function examples(lines: readonly string[]): string {
  return section("EXAMPLES", [".nf", ...lines.map(plain), ".fi"]);
}

function references(names: readonly string[]): string {
  return section("SEE ALSO", [
    names.map((name, index) => `.BR ${plain(name)} (1)${index < names.length - 1 ? "," : ""}`).join("\n"),
  ]);
}

function verbOf({ name }: CommandEntry): string {
  return name.split(" ")[0] ?? "";
}

/** lading(1). */
export function programPage(commands: readonly CommandEntry[], version: string): string {
  const about =
    "One TypeScript file declares a container host; lading checks it, builds its images, switches the host to it as one unit, supervises what runs, and rolls it back.";
  return `${[
    header("lading", version),
    section("NAME", ["lading \\- a container host declared in one TypeScript file"]),
    section("SYNOPSIS", [".B lading", ".I command", "[arguments] [options]"]),
    section("DESCRIPTION", [plain(about)]),
    section("COMMANDS", entries(commands.map((entry) => [plain(`lading ${entry.name}`), sentence(entry.description)]))),
    exitStatus(),
    environment(),
    section(
      "FILES",
      entries([
        ["/var/lib/lading", "State, where root is the caller: store, generations, journal, logs."],
        ["/run/lading/control.sock", "The supervisor's control API, where root is the caller."],
      ]),
    ),
    examples([
      "lading init my-host",
      "lading plan host.ts",
      "lading apply host.ts",
      "lading status",
      "lading rollback",
    ]),
    references(commands.map((entry) => `lading-${verbOf(entry)}`)),
  ].join("\n")}\n`;
}

/** lading-COMMAND(1). */
export function commandPage(entry: CommandEntry, version: string): string {
  const { verb, options } = shapeOf(entry);
  const parameters = entry.name.split(" ").slice(1);
  return `${[
    header(`lading-${verb}`, version),
    section("NAME", [`lading\\-${verb} \\- ${plain(entry.description.split(/[;:]/)[0] ?? "")}`]),
    section("SYNOPSIS", [
      `.B lading ${verb}`,
      ...(parameters.length > 0 ? [`.I ${plain(parameters.join(" "))}`] : []),
      "[options]",
    ]),
    section("DESCRIPTION", [plain(sentence(entry.description))]),
    section(
      "OPTIONS",
      entries(
        options.map(({ flags, description, value }) => [
          plain(`${flags.join(", ")}${value === undefined ? "" : ` <${value.name}>`}`),
          sentence(description),
        ]),
      ),
    ),
    exitStatus(),
    environment(),
    examples(examplesOf(entry)),
    references(["lading"]),
  ].join("\n")}\n`;
}
