// Writes what derives from the source: the records' TypeScript types, and the reference pages and schemas in docs/: records,
// errors, commands, the control API. With --check, writes nothing and fails where a file is not what would be written.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { modules } from "./records.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const check = process.argv.includes("--check");
const scratch = mkdtempSync(join(root, "node_modules", ".lading-generate-"));

/** Where the types that fields mention come from, beside the generated ones. */
const shared = {
  SystemLike: "image",
  Pairs: "store",
  StagedText: "store",
  FileLike: "store",
  FileSource: "store",
  Service: "service",
  RuleCheck: "system/rules",
};

async function load() {
  const entry = [
    ...modules.map(({ module, records }) => `export { ${records.join(", ")} } from "./src/${module}.ts";`),
    'export { jsonSchemaOf, markdownOf, typescriptOf } from "./src/record/document.ts";',
    'export { codeGroups, codes } from "./src/base/index.ts";',
    'export { commands } from "./src/cli/commands.ts";',
    'export { commonOptions, examplesOf } from "./src/cli/help.ts";',
    'export { exitMeanings } from "./src/cli/exit-codes.ts";',
    'export { environmentVariables } from "./src/cli/environment.ts";',
    'export { openApi, operations } from "./src/supervisor/api-schema.ts";',
  ].join("\n");
  const outfile = join(scratch, "all.mjs");
  const stdin = { contents: entry, resolveDir: root, loader: "ts" };
  await build({
    stdin,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    outfile,
    packages: "external",
    logLevel: "error",
  });
  return import(pathToFileURL(outfile).href);
}

const pascal = (name) => name[0].toUpperCase() + name.slice(1);

function typesOf(lading, { module, records }) {
  const body = records.map((name) => lading.typescriptOf(lading[name].recordType)).join("\n\n");
  const folder = module.split("/")[0];
  const imports = new Map();
  const want = (name, from) => imports.set(from, [...(imports.get(from) ?? []), name]);
  for (const [name, from] of Object.entries(shared)) {
    if (new RegExp(`\\b${name}\\b`).test(body)) want(name, `../${from}/index.ts`);
  }
  for (const other of modules) {
    if (other.module === module) continue;
    const [otherFolder, file] = other.module.split("/");
    const from = otherFolder === folder ? `./${file}.types.ts` : `../${otherFolder}/index.ts`;
    for (const record of other.records) {
      for (const name of [pascal(record), `${pascal(record)}Input`]) {
        if (new RegExp(`(?<!["\`\\w])${name}(?!\\w|\`)`).test(body.replaceAll(/\/\*\*[\s\S]*?\*\//g, "")))
          want(name, from);
      }
    }
  }
  const lines = [...imports]
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(
      ([from, names]) =>
        `import type { ${[...names].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)).join(", ")} } from "${from}";`,
    );
  const note = `// Generated from the fields in ${module.split("/")[1]}.ts by \`npm run generate\`.`;
  return `${note}\n${lines.join("\n")}${lines.length > 0 ? "\n" : ""}\n${body}\n`;
}

const rank = (path) => (path.startsWith("../") ? 0 : 1);

const stale = [];
function put(path, content) {
  const full = join(root, path);
  if (existsSync(full) && readFileSync(full, "utf8") === content) return;
  stale.push(path);
  if (!check) writeFileSync(full, content);
}

try {
  const lading = await load();
  for (const each of modules) put(`src/${each.module}.types.ts`, typesOf(lading, each));
  const types = modules.flatMap(({ records }) => records.map((name) => lading[name].recordType));
  const intro =
    "# Records\n\nEvery record that a declaration can hold. Generated from the fields' declarations by `npm run generate`.\n";
  put("docs/records.md", `${intro}\n${types.map(lading.markdownOf).join("\n\n")}\n`);
  put("docs/records.schema.json", `${JSON.stringify(lading.jsonSchemaOf(types), null, 2)}\n`);
  const tables = lading.codeGroups.map(({ title, codes }) => {
    const rows = codes.map((code) => `| [\`${code}\`](errors/${code}.md) | ${lading.codes[code]} |`);
    return `## ${title}\n\n| code | meaning |\n|---|---|\n${rows.join("\n")}\n`;
  });
  const errors = `# Errors

Every error has a code that never changes its meaning, and a page with a wrong and a right example; \`lading explain CODE\`
prints it. Generated from \`src/base/codes.ts\` by \`npm run generate\`.
`;
  put("docs/errors.md", `${errors}\n${tables.join("\n")}`);
  const manual = lading.commands.map((entry) => {
    const { name, description, options = [] } = entry;
    const examples = lading.examplesOf(entry).map((line) => `    ${line}\n`);
    const list = options.map(([flags, about]) => `- \`${flags}\`: ${about}`).join("\n");
    return `## \`lading ${name}\`\n\n${description[0].toUpperCase()}${description.slice(1)}.\n${list === "" ? "" : `\n${list}\n`}\n${examples.join("")}`;
  });
  const about = `# Commands

\`lading COMMAND --help\` and \`man lading-COMMAND\` say the same. Generated from \`src/cli/commands.ts\` by \`npm run generate\`.
Errors go to stderr as \`file:line:column: error CODE: message\`, with a hint; errors.md lists the codes.

Every command also takes:

${lading.commonOptions.map(([flags, meaning]) => `- \`${flags}\`: ${meaning}`).join("\n")}

| exit code | meaning |
|---|---|
${lading.exitMeanings.map(([code, meaning]) => `| ${code} | ${meaning} |`).join("\n")}

An action exits with its program's status.

| variable | meaning |
|---|---|
${lading.environmentVariables.map(([name, meaning]) => `| \`${name}\` | ${meaning} |`).join("\n")}

Long work shows on a terminal, on stderr, what goes on, in place: bytes, rate, time, and what it waits for. Elsewhere it is a line at
its begin, and one now and then. Ctrl-C stops at the next point from which nothing is lost, and says what is in force and what to run
next; a second one ends at once, and the next command that changes the host puts right what is left.
`;
  const calls = lading.operations.map(({ method, path, summary, body, answer, type }) => {
    const members = Object.entries(body ?? {}).map(([name, meaning]) => `- \`${name}\`: ${meaning}`);
    const answers = `Answers: ${answer}${type === undefined ? "" : ` (${type})`}.`;
    return [
      `## ${method.toUpperCase()} ${path}`,
      summary,
      ...(members.length > 0 ? [members.join("\n")] : []),
      answers,
    ].join("\n\n");
  });
  const api = `# Control API

The supervisor speaks HTTP with JSON over a unix socket: /run/lading/control.sock for root, $XDG_RUNTIME_DIR/lading/control.sock for
a plain user. Only its owner can open it (mode 0600), and the members of a declared \`controlGroup\`. Those of a \`readGroup\` have
read.sock beside it, which answers GET and nothing else. A request that is refused is answered with 400 and errors, as \`--json\` prints them.
openapi.json says the same for programs. Generated from \`src/supervisor/api-schema.ts\` by \`npm run generate\`.

    curl --unix-socket /run/lading/control.sock http://lading/v1/status
`;
  put("docs/api.md", `${api}\n${calls.join("\n\n")}\n`);
  put("docs/openapi.json", `${JSON.stringify(lading.openApi(), null, 2)}\n`);
  put("docs/commands.md", `${about}\n${manual.join("\n")}`);
} finally {
  rmSync(scratch, { recursive: true });
}
if (check && stale.length > 0) {
  console.error(`not up to date, run \`npm run generate\`: ${stale.map((path) => relative(".", path)).join(", ")}`);
  process.exitCode = 1;
}
