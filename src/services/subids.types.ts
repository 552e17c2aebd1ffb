// Generated from the fields in subids.ts by `npm run generate`.

/** What `subidRange({ … })` takes. A range of subordinate ids that a user may map. */
export interface SubidRangeInput {
  /**
   * Whose range it is.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   */
  readonly name: string;
  /**
   * Its first id; after the highest range in use where unset.
   * Takes a whole number from 100000 to 4294967294.
   * @defaultValue unset
   */
  readonly start?: number | undefined;
  /**
   * How many ids it has.
   * Takes a whole number from 1 to 4294867295.
   * @defaultValue `65536`
   */
  readonly count?: number | undefined;
}

/** A checked, frozen `subidRange`. A range of subordinate ids that a user may map. */
export interface SubidRange {
  /**
   * Whose range it is.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   */
  readonly name: string;
  /**
   * Its first id; after the highest range in use where unset.
   * Takes a whole number from 100000 to 4294967294.
   * @defaultValue unset
   */
  readonly start?: number | undefined;
  /**
   * How many ids it has.
   * Takes a whole number from 1 to 4294867295.
   * @defaultValue `65536`
   */
  readonly count: number;
}
