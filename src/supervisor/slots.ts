/** Work that waits for its turn: so many at once, in order. An engine that hangs over some of it holds up the rest only for a while. */

/** Milliseconds after which work that still runs keeps no other waiting. */
const patience = 5_000;

export class Slots {
  readonly #most: number;
  readonly #queue: (() => Promise<void>)[] = [];
  /** Work that runs, and how much of it keeps other work waiting. */
  #running = 0;
  #busy = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get isIdle(): boolean {
    return this.#running === 0 && this.#queue.length === 0;
  }

  /** `work` must not reject. */
  add(work: () => Promise<void>): void {
    this.#queue.push(work);
    this.#next();
  }

  #next(): void {
    const work = this.#busy < this.#most ? this.#queue.shift() : undefined;
    if (work === undefined) return;
    this.#running += 1;
    this.#busy += 1;
    let holds = true;
    const release = (): void => {
      if (holds) this.#busy -= 1;
      holds = false;
      this.#next();
    };
    const timer = setTimeout(release, patience);
    const done = (): void => {
      clearTimeout(timer);
      this.#running -= 1;
      release();
    };
    void work().then(done, done);
  }
}
