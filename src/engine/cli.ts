/** An engine's command line, run as its user: what both engines' implementations have in common. */
import { KnownError } from "../base/index.ts";
import { lastWords, type RunResult } from "../sys/index.ts";
import type { EngineCli } from "./container-spec.ts";
import type { TransferOptions } from "./engine.ts";
import { type Identity, runAs } from "./identity.ts";

/** Milliseconds that an engine may take to answer a question; LADING_ENGINE_DEADLINE gives other seconds. Default: 60 s. */
export function answerDeadline(): number {
  const seconds = Number(process.env.LADING_ENGINE_DEADLINE ?? "");
  return seconds > 0 ? seconds * 1000 : 60_000;
}

export abstract class EngineProgram {
  readonly cli: EngineCli;
  readonly identity: Identity;

  constructor(cli: EngineCli, identity: Identity) {
    this.cli = cli;
    this.identity = identity;
  }

  protected argv(args: readonly string[]): readonly string[] {
    return [this.cli.cli, ...this.cli.extraArguments, ...args];
  }

  /** Runs a subcommand that may take its time. */
  protected run(args: readonly string[], signal?: AbortSignal): Promise<RunResult> {
    return runAs(this.identity, this.argv(args), { signal });
  }

  /** Runs a subcommand that should answer at once. */
  protected ask(args: readonly string[], deadline: number = answerDeadline()): Promise<RunResult> {
    return runAs(this.identity, this.argv(args), { deadline }).catch((error: unknown) => {
      if (!(error instanceof KnownError) || !error.message.includes("did not end within")) throw error;
      const hint = `see what it does with: ps -u ${this.identity.user}; \`lading doctor\` checks what it needs`;
      throw new KnownError("engine-failed", `${this.cli.engine} ${args.slice(0, 2).join(" ")} does not answer`, {
        cause: error,
        hint,
      });
    });
  }

  /** What a subcommand prints, which must succeed. */
  protected async text(args: readonly string[]): Promise<string> {
    const result = await this.ask(args);
    if (result.status !== 0) throw this.failure(args, result);
    return result.stdout;
  }

  /** The JSON that a subcommand prints. */
  protected async json<T>(args: readonly string[]): Promise<T> {
    return this.parse(args, (await this.text(args)).trim() || "[]");
  }

  /** What a subcommand printed, as the JSON that it must be. */
  protected parse<T>(args: readonly string[], text: string): T {
    try {
      return (JSON.parse(text) ?? []) as T;
    } catch (error) {
      const hint = `try it: ${this.argv(args).join(" ")}`;
      const message = `${this.cli.engine} ${args[0]} answered with something that is no JSON`;
      throw new KnownError("engine-failed", message, { cause: error, hint });
    }
  }

  protected failure(
    args: readonly string[],
    result: RunResult,
    code: "engine-failed" | "image-not-found" = "engine-failed",
  ): KnownError {
    return new KnownError(code, `${this.cli.engine} ${args.slice(0, 2).join(" ")} failed: ${lastWords(result)}`, {
      hint: "`lading doctor` checks what an engine needs",
    });
  }

  /** Runs a removal; what is gone already is no failure. */
  protected async remove(args: readonly string[]): Promise<void> {
    const result = await this.run(args);
    const gone = /no such|not found|not known|no container with name/i;
    if (result.status !== 0 && !gone.test(result.stderr)) throw this.failure(args, result);
  }

  async pull(reference: string, { signal, onProgress }: TransferOptions = {}): Promise<void> {
    const onLine = tellingOfLayers(onProgress);
    const result = await runAs(this.identity, this.argv(["pull", reference]), { signal, onLine });
    if (result.status !== 0) throw notPulled(reference, lastWords(result));
  }

  /** The answer to "which version are you?", or why there is none. */
  protected async requireVersion(
    args: readonly string[],
    {
      name,
      oldest,
      hint,
    }: { readonly name: string; readonly oldest: readonly [number, number]; readonly hint: string },
  ): Promise<string> {
    const result = await this.ask(args).catch((error: unknown) => {
      if (!(error instanceof KnownError) || error.code !== "command-failed") throw error;
      return undefined;
    });
    const version = /version (\d+)\.(\d+)\S*/.exec(result?.stdout ?? "");
    if (result === undefined || version === null) {
      const said = result === undefined ? "" : `: ${lastWords(result)}`;
      throw new KnownError("engine-missing", `"${this.cli.cli}" is not a ${name} that can be run here${said}`, {
        hint,
      });
    }
    const [text, major, minor] = version;
    if (Number(major) < oldest[0] || (Number(major) === oldest[0] && Number(minor) < oldest[1])) {
      throw new KnownError("engine-too-old", `${name} ${major}.${minor} is too old`, {
        hint: `install ${name} ${oldest.join(".")} or newer`,
      });
    }
    return text.replace("version ", "");
  }

  async createObject(argv: readonly string[]): Promise<void> {
    const made = await runAs(this.identity, argv);
    if (made.status !== 0) throw this.failure(argv.slice(1 + this.cli.extraArguments.length), made);
  }

  removeObject(object: "network" | "volume", name: string): Promise<void> {
    return this.remove([object, "rm", name]);
  }

  kill(name: string): Promise<void> {
    return this.remove(["kill", name]);
  }
}

/** Without a terminal Podman and skopeo print a line as a layer begins, and Docker one as it is complete. */
export function tellingOfLayers(onProgress: TransferOptions["onProgress"]): (line: string) => void {
  return (line) => {
    const begun = /^Copying blob (?:sha256:)?([0-9a-f]{12})\w*(.*)$/.exec(line);
    const complete = /^([0-9a-f]{12}): (Pull complete|Already exists)$/.exec(line);
    const [, layer, how = ""] = begun ?? complete ?? [];
    if (layer !== undefined) onProgress?.({ waitsFor: `layer ${layer} ${how.trim()}`.trimEnd() });
  };
}

/** An image that cannot be had, with the engine's own words. */
export function notPulled(reference: string, words: string): KnownError {
  const hint =
    "check the name and that the registry can be reached; an image of this host needs its full name, such as localhost/web:latest";
  return new KnownError("image-not-found", `the image "${reference}" is not here and cannot be pulled: ${words}`, {
    hint,
  });
}
