/** What commands exit with, and what that means: the help, the manual and the pages of man(1) say it from here. */

export const exitCodes = { done: 0, failed: 1, usage: 2, notRunning: 3, wouldChange: 4, interrupted: 130 } as const;

export const exitMeanings: readonly (readonly [code: number, meaning: string])[] = [
  [exitCodes.done, "done; for plan, diff and --dry-run: nothing would change"],
  [exitCodes.failed, "failed; the error is on stderr"],
  [exitCodes.usage, "the command line is not right; nothing was done"],
  [exitCodes.notRunning, "the supervisor is not running"],
  [exitCodes.wouldChange, "something would change, or differs (plan, diff, image diff, --dry-run)"],
  [exitCodes.interrupted, "interrupted, or not confirmed; what had been begun was undone"],
];
