/**
 * `lading init [DIR]`: a declaration that checks, with what an editor needs to complete it. On a terminal, and without
 * flags, it asks which; a file that is there is never overwritten, and what cannot be written whole leaves nothing.
 */
import { randomBytes } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import { KnownError } from "../base/index.ts";
import { accountName } from "../services/index.ts";
import { ensureFolder, existsSync, findProgram, rmSync, statSync, writeFileAtomic } from "../sys/index.ts";
import type { Answer, Context } from "./context.ts";
import { askChoice, type Choice, type Rules } from "./init-questions.ts";
import { isTemplateName, type TemplateFile, templates } from "./init-templates/index.ts";
import { version } from "./version.ts";

interface InitOptions {
  readonly template?: string;
  readonly home?: boolean;
  readonly user?: string;
  readonly port?: string;
  readonly yes?: boolean;
}

const tsconfig = `{
  "compilerOptions": {
    "target": "es2023",
    "module": "nodenext",
    "strict": true,
    "noEmit": true,
    "skipLibCheck": true
  }
}
`;

/** For editors and for the types of \`lading\`; the command itself needs no installed package beside the declaration. */
const manifest = `{
  "private": true,
  "type": "module",
  "devDependencies": {
    "lading": "${version}",
    "typescript": ">=5.8"
  }
}
`;

/** What the folder may have already: it is left as it is. */
const shared: Readonly<Record<string, TemplateFile>> = {
  "tsconfig.json": { content: tsconfig },
  "package.json": { content: manifest },
};

/** Below, ports are root's on most hosts (ip_unprivileged_port_start). */
const lowestPort = 1024;

const rules: Rules = {
  user: (text) => (accountName.check(text).ok ? undefined : `expected ${accountName.expected}`),
  port: (text) =>
    /^\d{1,5}$/.test(text) && Number(text) >= lowestPort && Number(text) <= 65_535
      ? undefined
      : `expected a port from ${lowestPort} to 65535, which any user may open`,
};

/** What flags say, the rest as where only Enter is pressed. */
function choiceOf({ template = "hello", home, user = "oci-container", port = "8080" }: InitOptions): Choice {
  const refuse = (flag: string, given: string, expected: string): never => {
    throw new KnownError("usage", `${flag}: ${expected}, not "${given}"`);
  };
  if (!isTemplateName(template))
    return refuse("--template", template, `expected one of ${Object.keys(templates).join(", ")}`);
  const wrongUser = rules.user(user);
  if (wrongUser !== undefined) refuse("--user", user, wrongUser);
  const wrongPort = rules.port(port);
  if (wrongPort !== undefined) refuse("--port", port, wrongPort);
  return { template, home: home === true || templates[template].homeOnly === true, user, port: Number(port) };
}

/** Writes all of the files or, where one cannot be written, none. */
function writeAll(folder: string, files: readonly (readonly [name: string, file: TemplateFile])[]): void {
  const made: string[] = [];
  /** The topmost folder that is missing goes again with all that is in it. */
  const makeFolder = (path: string): void => {
    if (existsSync(path)) return;
    let top = path;
    while (!existsSync(dirname(top))) top = dirname(top);
    made.push(top);
    ensureFolder(path);
  };
  try {
    for (const [name, { content, mode }] of files) {
      const path = join(folder, name);
      makeFolder(dirname(path));
      made.push(path);
      writeFileAtomic(path, content, mode);
    }
  } catch (error) {
    for (const path of made.reverse()) rmSync(path, { recursive: true, force: true });
    throw error;
  }
}

/** Whether something that is no folder stands where one is needed. */
function isInTheWay(folder: string, name: string): boolean {
  const path = join(folder, name);
  return existsSync(path) && !statSync(path).isDirectory();
}

export async function run(
  context: Context,
  [dir = "."]: readonly (string | undefined)[],
  options: InitOptions,
): Answer {
  const folder = resolve(dir);
  const { template, home, user, port, yes } = options;
  const isSaid = [template, home, user, port, yes].some((each) => each !== undefined);
  const isAsked = !isSaid && !context.json && process.stdin.isTTY === true && process.stderr.isTTY === true;
  const choice = isAsked
    ? await askChoice({
        defaults: { ...choiceOf(options), home: process.getuid?.() !== 0 },
        rules,
        signal: context.signal,
      })
    : choiceOf(options);
  const found = existsSync("/bin/busybox") ? "/bin/busybox" : findProgram("busybox");
  const rendered = templates[choice.template].render({
    ...choice,
    folder,
    busybox: found ?? "/bin/busybox",
    randomSecret: () => randomBytes(24).toString("base64url"),
  });
  const present = Object.keys(rendered.files)
    .flatMap((name) => (isInTheWay(folder, dirname(name)) ? [dirname(name)] : [name]))
    .find((name) => existsSync(join(folder, name)));
  if (present !== undefined) {
    const hint = "choose an empty folder, or move the file away";
    throw new KnownError("file-exists", `${join(folder, present)} exists already; nothing was written`, { hint });
  }
  const missing = Object.entries(shared).filter(([name]) => !existsSync(join(folder, name)));
  const files = [...Object.entries<TemplateFile>(rendered.files), ...missing];
  writeAll(folder, files);

  const names = files.map(([name]) => name);
  if (context.json) context.print(JSON.stringify({ version: 1, folder, files: names }));
  else {
    context.print(`wrote ${names.join(", ")} in ${folder}`);
    if (rendered.needsBusybox && found === undefined)
      context.print("first: install a static busybox (Debian: busybox-static), which the image is made of");
    const steps = rendered.next.map((command) => command.replace("host.ts", join(dir, "host.ts")));
    context.print(`next: ${steps.join(", then ")}`);
  }
  return undefined;
}
