/** What an editor shows while a declaration is written: asked of TypeScript's own language server, with the built types. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as lading from "../../src/index.ts";
import type { RecordType } from "../../src/record/index.ts";
import { root, Scratch } from "../support.ts";

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly items?: readonly unknown[] };
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** A language server on a pipe: JSON-RPC, each message behind its length. */
class LanguageServer {
  readonly #child: ChildProcess;
  readonly #waiting: Map<number, (message: Message) => void> = new Map();
  #buffer: Buffer = Buffer.alloc(0);
  #last = 0;
  #opened = 0;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    this.#child = spawn(process.execPath, [tsc, "--lsp", "--stdio"], {
      cwd: folder,
      stdio: ["pipe", "pipe", "ignore"],
    });
    this.#child.stdout?.on("data", (chunk: Buffer) => this.#read(chunk));
  }

  #read(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (;;) {
      const end = this.#buffer.indexOf("\r\n\r\n");
      const length = Number(/Content-Length: (\d+)/i.exec(this.#buffer.subarray(0, end).toString())?.[1]);
      if (end === -1 || this.#buffer.length < end + 4 + length) return;
      const message = JSON.parse(this.#buffer.subarray(end + 4, end + 4 + length).toString()) as Message;
      this.#buffer = this.#buffer.subarray(end + 4 + length);
      if (message.id === undefined) continue;
      // The server asks for settings and registrations as well: nothing is set.
      if (message.method !== undefined)
        this.#send({ id: message.id, result: message.params?.items?.map(() => null) ?? null });
      else this.#waiting.get(message.id)?.(message);
    }
  }

  #send(message: object): void {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.#child.stdin?.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  async ask<T>(method: string, params?: object): Promise<T> {
    this.#last += 1;
    const id = this.#last;
    const { result, error } = await new Promise<Message>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#send({ id, method, ...(params === undefined ? {} : { params }) });
    });
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result as T;
  }

  async start(): Promise<void> {
    const format = ["markdown"];
    const completion = { completionItem: { documentationFormat: format } };
    await this.ask("initialize", {
      processId: process.pid,
      rootUri: pathToFileURL(this.#folder).href,
      capabilities: { textDocument: { hover: { contentFormat: format }, completion } },
    });
    this.#send({ method: "initialized", params: {} });
  }

  /** Opens a file of this text, in which `|` is where the cursor stands. */
  open(text: string): { readonly textDocument: { readonly uri: string }; readonly position: object } {
    const before = text.slice(0, text.indexOf("|")).split("\n");
    this.#opened += 1;
    const uri = pathToFileURL(join(this.#folder, `opened-${this.#opened}.ts`)).href;
    const document = { uri, languageId: "typescript", version: 1, text: text.replace("|", "") };
    this.#send({ method: "textDocument/didOpen", params: { textDocument: document } });
    return { textDocument: { uri }, position: { line: before.length - 1, character: before.at(-1)?.length ?? 0 } };
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    await this.ask("shutdown");
    this.#send({ method: "exit" });
    await ended;
  }
}

interface Completion {
  readonly label: string;
  readonly documentation?: string | { readonly value: string };
}

const scratch = new Scratch();
let server: LanguageServer;

beforeAll(async () => {
  scratch.write({
    "package.json": '{ "type": "module" }\n',
    "tsconfig.json": JSON.stringify({
      compilerOptions: { target: "es2023", module: "nodenext", strict: true, noEmit: true, skipLibCheck: true },
    }),
  });
  mkdirSync(join(scratch.path, "node_modules"));
  symlinkSync(root, join(scratch.path, "node_modules/lading"));
  server = new LanguageServer(scratch.path);
  await server.start();
});

afterAll(async () => {
  await server.stop();
  scratch[Symbol.dispose]();
});

/** What is offered at the cursor: each name, with its documentation on one line. */
async function completions(text: string): Promise<ReadonlyMap<string, string>> {
  const at = server.open(text);
  const answer = await server.ask<{ readonly items?: readonly Completion[] } | readonly Completion[]>(
    "textDocument/completion",
    at,
  );
  const items = "items" in answer ? (answer.items ?? []) : (answer as readonly Completion[]);
  const resolved = await Promise.all(items.map((item) => server.ask<Completion>("completionItem/resolve", item)));
  return new Map(
    resolved.map(({ label, documentation }) => {
      const text = typeof documentation === "string" ? documentation : (documentation?.value ?? "");
      return [label.replace(/\?$/, ""), oneLine(text)];
    }),
  );
}

async function quickInfo(text: string): Promise<string> {
  const answer = await server.ask<{ readonly contents: { readonly value: string } }>(
    "textDocument/hover",
    server.open(text),
  );
  return oneLine(answer.contents.value);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

const constructors = Object.entries(lading).flatMap(([name, value]): readonly (readonly [string, RecordType])[] =>
  typeof value === "function" && "recordType" in value ? [[name, value.recordType as RecordType]] : [],
);

describe("an editor offers every field with its documentation", () => {
  test("in at least the records that every declaration has", () => {
    const names = constructors.map(([name]) => name);
    expect(names).toEqual(
      expect.arrayContaining(["ociContainer", "ociImage", "ociNetwork", "ociVolume", "operatingSystem", "unit"]),
    );
  });

  for (const [name, { fields }] of constructors) {
    test(`in ${name}({ })`, async () => {
      const offered = await completions(`import { ${name} } from "lading";\n${name}({ | });\n`);
      for (const [field, { doc }] of Object.entries(fields)) expect(offered.get(field), field).toContain(oneLine(doc));
    });
  }

  test("in the configuration of a service, and in records within records", async () => {
    const start = 'import { ociContainer, ociServiceType, service } from "lading";\n';
    for (const [text, record] of [
      ["service(ociServiceType, { | });", lading.ociService],
      ["service(ociServiceType, { containers: [{ | }] });", lading.ociContainer],
      ['ociContainer({ image: "x", health: { | } });', lading.ociHealth],
      ['ociContainer({ image: "x", ready: { | } });', lading.readiness],
      ['ociContainer({ image: "x", secrets: [{ | }] });', lading.secret],
      ['ociContainer({ image: "x", networks: [{ | }] });', lading.ociAttachment],
    ] as const) {
      const offered = await completions(`${start}${text}\n`);
      const fields = Object.entries(record.recordType.fields);
      for (const [field, { doc }] of fields) expect(offered.get(field), `${text} ${field}`).toContain(oneLine(doc));
    }
  });

  test("and the values that a field can have", async () => {
    const offered = await completions(
      'import { ociContainer } from "lading";\nociContainer({ image: "x", cgroups: "|" });\n',
    );
    expect([...offered.keys()].map((each) => each.replaceAll('"', "")).sort()).toEqual(
      expect.arrayContaining(["disabled", "enabled", "no-conmon", "split"]),
    );
  });
});

describe("under the pointer, a field says", () => {
  const field = (text: string): Promise<string> =>
    quickInfo(`import { ociContainer } from "lading";\nociContainer({ image: "x", ${text} });\n`);

  test("its meaning, its unit and its default", async () => {
    const grace = await field("|stopGrace: 3");
    expect(grace).toContain("Seconds between the request to end and the kill.");
    expect(grace).toContain("Takes a whole number from 0 to 3600.");
    expect(grace).toMatch(/@defaultValue.*`5`/);
  });

  test("the form of what it takes, by example", async () => {
    expect(await field('|memory: "1g"')).toMatch(/How much memory .*Takes a size such as "512m".*@defaultValue.*unset/);
    const deadline = await field('ready: { http: "http://x/", |deadline: "2m" }');
    expect(deadline).toMatch(/How long it may take.*Takes a duration such as "500ms".*@defaultValue.*`"1m"`/);
  });

  test("and a constructor says what it makes", async () => {
    const info = await quickInfo('import { ociContainer } from "lading";\n|ociContainer({ image: "x" });\n');
    expect(info).toContain("A container that runs as a unit.");
  });
});

describe("the JSON Schema", () => {
  interface Schema {
    readonly $defs: Readonly<
      Record<string, { readonly description: string; readonly properties: Readonly<Record<string, object>> }>
    >;
  }
  const { $defs } = JSON.parse(readFileSync(join(root, "docs/records.schema.json"), "utf8")) as Schema;

  test("has every record with every field, its meaning and its default", () => {
    for (const [, { name, doc, fields }] of constructors) {
      const definition = $defs[name];
      expect(definition?.description, name).toBe(doc);
      expect(Object.keys(definition?.properties ?? {}), name).toEqual(Object.keys(fields));
      for (const [field, declared] of Object.entries(fields)) {
        const property = definition?.properties[field];
        expect(property, `${name}.${field}`).toMatchObject({ description: declared.doc });
        if (["string", "number", "boolean"].includes(typeof declared.default))
          expect(property, `${name}.${field}`).toMatchObject({ default: declared.default });
      }
    }
  });
});
