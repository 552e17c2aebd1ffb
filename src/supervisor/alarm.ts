/** One alarm at a time. What is due is due, also where the clock was set back meanwhile. */

/** Milliseconds that are waited at most: a clock that was set back far must not put anything off. */
const longestWait = 3_600_000;

export class Alarm {
  readonly #ring: (now: number) => void;
  #timer: NodeJS.Timeout | undefined;

  /** `ring` hears the time that it is, or was to be, whichever is later. */
  constructor(ring: (now: number) => void) {
    this.#ring = ring;
  }

  /** Instead of the alarm before; `at` is in milliseconds since 1970. */
  set(at: number): void {
    clearTimeout(this.#timer);
    const wait = Math.min(Math.max(0, at - Date.now()), longestWait);
    this.#timer = setTimeout(() => this.#ring(Math.max(Date.now(), at)), wait);
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
