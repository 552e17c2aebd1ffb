// Generated from the fields in pam-limits.ts by `npm run generate`.

/** What `pamLimitsEntry({ … })` takes. One line of the limits file. */
export interface PamLimitsEntryInput {
  /** Whom it is for: a user, `@group`, or `*` for all. */
  readonly domain: string;
  /** Which of the two limits it sets. */
  readonly type: "soft" | "hard" | "both";
  /** What is limited, such as nofile. */
  readonly item: string;
  /**
   * The limit.
   * Takes a whole number from 0 to 9007199254740991, or "unlimited".
   */
  readonly value: number | "unlimited";
}

/** A checked, frozen `pamLimitsEntry`. One line of the limits file. */
export interface PamLimitsEntry {
  /** Whom it is for: a user, `@group`, or `*` for all. */
  readonly domain: string;
  /** Which of the two limits it sets. */
  readonly type: "soft" | "hard" | "both";
  /** What is limited, such as nofile. */
  readonly item: string;
  /**
   * The limit.
   * Takes a whole number from 0 to 9007199254740991, or "unlimited".
   */
  readonly value: number | "unlimited";
}
