/** What happened to units, numbered, so that a reader who lost the connection can go on where it was. */
import type { UnitReport } from "./report.ts";

export interface NumberedEvent {
  /** Of this supervisor alone: another begins anew, under another prefix. */
  readonly id: string;
  readonly report: UnitReport;
}

/** How many events a reader may be behind. */
const most = 2_000;

export class EventLog {
  readonly #prefix: string;
  readonly #events: NumberedEvent[] = [];
  readonly #listeners = new Set<(event: NumberedEvent) => void>();
  #count = 0;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  add(report: UnitReport): void {
    this.#count += 1;
    const event = { id: `${this.#prefix}-${this.#count}`, report };
    this.#events.push(event);
    if (this.#events.length > most) this.#events.shift();
    for (const listener of this.#listeners) listener(event);
  }

  /** The last events, oldest first. */
  get kept(): readonly NumberedEvent[] {
    return this.#events;
  }

  /** The identifier of the last event. */
  get last(): string {
    return `${this.#prefix}-${this.#count}`;
  }

  /** The events after one that a reader has seen; undefined where they are not all there any more. */
  after(id: string): readonly NumberedEvent[] | undefined {
    if (id === this.last) return [];
    const index = this.#events.findIndex((each) => each.id === id);
    if (index !== -1) return this.#events.slice(index + 1);
    return id === `${this.#prefix}-0` && this.#count <= most ? [...this.#events] : undefined;
  }

  /** Calls `listener` with each event from now on, until the returned function is called. */
  listen(listener: (event: NumberedEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
