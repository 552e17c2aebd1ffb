/** The other end of the control API. */
import { dirname } from "node:path";
import { type ErrorReport, hasErrno, KnownError, Problems, type ProgressStep } from "../base/index.ts";
import { requestSocket } from "../sys/index.ts";
import type { ActionResult, Verb } from "./api.ts";
import { readSocket } from "./doors.ts";
import type { StatusReport, UnitHistory } from "./report.ts";

/** Milliseconds between two looks at what is on its way. */
const lookInterval = 500;

export class SupervisorClient {
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
  }

  async #request<T>(method: "GET" | "POST", url: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    return JSON.parse(await this.#text(method, url, body, signal)) as T;
  }

  async #text(method: "GET" | "POST", url: string, body?: unknown, signal?: AbortSignal): Promise<string> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const ask = async (socket: string): Promise<{ readonly status: number; readonly answer: string }> => {
      const message = await requestSocket(socket, {
        method,
        url,
        ...(text === undefined ? {} : { body: text }),
        ...(signal === undefined ? {} : { signal }),
      });
      const chunks: Buffer[] = [];
      for await (const chunk of message) chunks.push(chunk as Buffer);
      return { status: message.statusCode ?? 0, answer: Buffer.concat(chunks).toString("utf8") };
    };
    let answered: Awaited<ReturnType<typeof ask>>;
    try {
      answered = await ask(this.#socket).catch((error: unknown) => {
        if (!hasErrno(error, "EACCES")) throw error;
        // Who may only look has another door.
        return ask(readSocket({ runtime: dirname(this.#socket) }));
      });
    } catch (error) {
      if (hasErrno(error, "EACCES", "EPERM")) {
        const hint = "run the command as root, or be a member of the declared controlGroup or readGroup";
        throw new KnownError("needs-root", "the supervisor does not speak to this user", { hint, cause: error });
      }
      if (!hasErrno(error, "ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE")) throw error;
      const hint = "`lading apply FILE` starts it, and so does `lading daemon`";
      throw new KnownError("daemon-not-running", "the supervisor is not running", { hint, cause: undefined });
    }
    const { status, answer } = answered;
    if (status === 200) return answer;
    const value = JSON.parse(answer) as { readonly errors?: readonly ErrorReport[] };
    throw new Problems(
      (value.errors ?? []).map((each) => new KnownError(each.code, each.message, { hint: each.hint })),
    );
  }

  status(): Promise<StatusReport> {
    return this.#request("GET", "/v1/status");
  }

  /** Resolves when nothing is on its way any more; tells now and then of what is. */
  async settled(signal?: AbortSignal, tell?: (step: ProgressStep) => void): Promise<StatusReport> {
    const look = async (): Promise<void> => {
      const waiting = (await this.status()).units.filter(
        ({ status }) => status === "starting" || status === "stopping",
      );
      if (waiting.length > 0) tell?.({ waitsFor: waiting.map(({ name, status }) => `${name} (${status})`).join(", ") });
    };
    const timer = tell === undefined ? undefined : setInterval(() => void look().catch(() => undefined), lookInterval);
    try {
      for (;;) {
        const status = await this.#request<StatusReport>("GET", "/v1/settled", undefined, signal);
        if (status.settled) return status;
      }
    } finally {
      clearInterval(timer);
    }
  }

  /** Puts the units of a generation's file in force. */
  load(path: string): Promise<StatusReport> {
    return this.#request("POST", "/v1/load", { path });
  }

  /** Figures in Prometheus' text format. */
  metrics(): Promise<string> {
    return this.#text("GET", "/v1/metrics");
  }

  unit(name: string): Promise<UnitHistory> {
    return this.#request("GET", `/v1/units/${encodeURIComponent(name)}`);
  }

  act(verb: Verb, unit: string): Promise<StatusReport> {
    return this.#request("POST", `/v1/units/${encodeURIComponent(unit)}/${verb}`);
  }

  action(unit: string, action: string, given: readonly string[]): Promise<ActionResult> {
    const url = `/v1/units/${encodeURIComponent(unit)}/actions/${encodeURIComponent(action)}`;
    return this.#request("POST", url, { arguments: given });
  }

  /** Ends the supervisor; with `stop`, everything that it supervises first. */
  shutdown(stop: boolean): Promise<StatusReport> {
    return this.#request("POST", "/v1/shutdown", { stop });
  }
}
