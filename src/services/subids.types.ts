// Generated from the fields in subids.ts by `npm run generate`.

/** What `subidRange({ … })` takes. A range of subordinate ids that a user may map. */
export interface SubidRangeInput {
  /** Whose range it is. */
  readonly name: string;
  /** Its first id; after the highest range in use where unset. */
  readonly start?: number | undefined;
  /** How many ids it has. Default: `65536`. */
  readonly count?: number | undefined;
}

/** A checked, frozen `subidRange`. A range of subordinate ids that a user may map. */
export interface SubidRange {
  /** Whose range it is. */
  readonly name: string;
  /** Its first id; after the highest range in use where unset. */
  readonly start?: number | undefined;
  /** How many ids it has. Default: `65536`. */
  readonly count: number;
}
