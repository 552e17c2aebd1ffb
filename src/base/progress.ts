/** What long work tells of itself while it goes on: plain data, which whoever listens shows as it fits. */

/** How far a piece of work is. */
export interface ProgressStep {
  /** Bytes so far. */
  readonly done?: number;
  /** Bytes in all, where that is known. */
  readonly total?: number;
  /** What it waits for, in words. */
  readonly waitsFor?: string;
}

export interface ProgressEvent extends ProgressStep {
  /** What is being done, in words that stay the same until its end. A "note" is a remark, and has no end. */
  readonly what: string;
  readonly state: "going" | "done" | "failed" | "note";
  /** Tells work apart that goes on at once under the same words. */
  readonly key?: string;
  /** How it ended, where that is worth a line. */
  readonly outcome?: string;
}

export type OnProgress = (event: ProgressEvent) => void;

/** Does a piece of work, and tells of its begin, of each step that it tells of itself, and of its end. */
export async function tracked<T>(
  onProgress: OnProgress | undefined,
  { what, key = what }: { readonly what: string; readonly key?: string },
  work: (tell: (step: ProgressStep) => void) => Promise<T>,
): Promise<T> {
  let hasEnded = false;
  const send = (state: ProgressEvent["state"], step: ProgressStep = {}): void => {
    // An answer that comes late must not bring back what has ended.
    if (!hasEnded) onProgress?.({ what, key, state, ...step });
  };
  const end = (state: "done" | "failed"): void => {
    send(state);
    hasEnded = true;
  };
  send("going");
  try {
    const result = await work((step) => send("going", step));
    end("done");
    return result;
  } catch (error) {
    end("failed");
    throw error;
  }
}
