/** Type checks every block of TypeScript in the pages, and puts fragments into files that can be checked. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as lading from "../../src/index.ts";
import { exec, type Ran, root, type Scratch } from "../support.ts";
import { isDeclaration } from "./examples.ts";
import type { Block, Page } from "./page.ts";

/** What a record of which a fragment shows some fields needs beside them. */
const required: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  ociContainer: { image: "docker.io/library/alpine:3.20" },
  ociService: {},
  ociImage: {},
  unit: { provision: ["example"] },
  rootlessPodmanConfiguration: {},
  operatingSystem: {},
};

/** An import of those of our names that the code uses and does not have. */
function importsFor(code: string): string {
  const bare = code.replace(/"(?:[^"\\\n]|\\.)*"|\/\/.*/g, "");
  const isUsed = (name: string): boolean => new RegExp(`(?<![.\\w])${name}\\b(?! *:)`).test(bare);
  const isOwn = (name: string): boolean => new RegExp(`\\b(?:const|function) ${name}\\b`).test(bare);
  const names = Object.keys(lading).filter((name) => isUsed(name) && !isOwn(name));
  return names.length === 0 || /from "lading"/.test(code) ? "" : `import { ${names.join(", ")} } from "lading";\n`;
}

/** A fragment as a module of its own: as it is, or as the fields of the record that `of` names. */
export function fragmentModule({ code, marks, line }: Block): string {
  const { of } = marks;
  if (of === undefined) return `${importsFor(code)}${code}export {};\n`;
  const more = required[of];
  if (more === undefined) throw new Error(`line ${line}: no record "${of}" to show fields of`);
  const fields = Object.entries(more).map(([key, value]) => `${key}: ${JSON.stringify(value)},`);
  return `${importsFor(`${of}({${code}`)}${of}({\n${fields.join("\n")}\n${code}\n});\nexport {};\n`;
}

const isFragment = (block: Block): boolean =>
  block.language === "ts" && !isDeclaration(block) && block.marks.title === undefined;

export const isTypeChecked = ({ language, marks }: Block): boolean =>
  language === "ts" && marks["not-run"] === undefined && marks.faulty === undefined;

/** The page's fragments, each as a module. */
export function fragmentsOf({ blocks }: Page): readonly { readonly line: number; readonly code: string }[] {
  return blocks
    .filter((block) => isFragment(block) && isTypeChecked(block))
    .map((block) => ({ line: block.line, code: fragmentModule(block) }));
}

/** Writes each block of each page, beside the files of its page so far, and runs the compiler over all of them. */
export async function checkTypes(scratch: Scratch, pages: readonly Page[]): Promise<Ran> {
  const put = (path: string, content: string): void => {
    mkdirSync(dirname(join(scratch.path, path)), { recursive: true });
    writeFileSync(join(scratch.path, path), content);
  };
  for (const page of pages) {
    const files = new Map<string, string>();
    for (const block of page.blocks.filter(isTypeChecked)) {
      const folder = `${page.path}/line-${block.line}`;
      if (isFragment(block)) put(`${folder}/fragment.ts`, fragmentModule(block));
      else {
        files.set(block.marks.title ?? "host.ts", block.code);
        for (const [name, code] of files) if (name.endsWith(".ts")) put(`${folder}/${name}`, code);
      }
    }
  }
  const compilerOptions = {
    target: "es2023",
    module: "nodenext",
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
    paths: { lading: [join(root, "dist/index.d.ts")] },
  };
  put("package.json", '{ "type": "module" }');
  put("tsconfig.json", JSON.stringify({ compilerOptions, include: ["**/*.ts"] }));
  return exec([process.execPath, join(root, "node_modules/typescript/bin/tsc"), "-p", scratch.path], {
    cwd: scratch.path,
  });
}
