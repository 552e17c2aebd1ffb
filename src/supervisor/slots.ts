/** Work that waits for its turn: so many at once, in order. */
export class Slots {
  readonly #most: number;
  readonly #queue: (() => Promise<void>)[] = [];
  #busy = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get isIdle(): boolean {
    return this.#busy === 0 && this.#queue.length === 0;
  }

  /** `work` must not reject. */
  add(work: () => Promise<void>): void {
    this.#queue.push(work);
    this.#next();
  }

  #next(): void {
    const work = this.#busy < this.#most ? this.#queue.shift() : undefined;
    if (work === undefined) return;
    this.#busy += 1;
    const done = (): void => {
      this.#busy -= 1;
      this.#next();
    };
    void work().then(done, done);
  }
}
