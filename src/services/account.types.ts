// Generated from the fields in account.ts by `npm run generate`.

/** What `userGroup({ … })` takes. A group of the host. */
export interface UserGroupInput {
  /** The group's name. */
  readonly name: string;
  /** Its number; the next free one where unset. */
  readonly id?: number | undefined;
  /** Whether its number comes from the system's range. Default: `false`. */
  readonly system?: boolean | undefined;
}

/** A checked, frozen `userGroup`. A group of the host. */
export interface UserGroup {
  /** The group's name. */
  readonly name: string;
  /** Its number; the next free one where unset. */
  readonly id?: number | undefined;
  /** Whether its number comes from the system's range. Default: `false`. */
  readonly system: boolean;
}

/** What `userAccount({ … })` takes. A user of the host. */
export interface UserAccountInput {
  /** The user's name. */
  readonly name: string;
  /** Its number; the next free one where unset. */
  readonly uid?: number | undefined;
  /** The name of its primary group. */
  readonly group: string;
  /** Further groups that it is a member of. Default: `[]`. */
  readonly supplementaryGroups?: readonly string[] | undefined;
  /** What the account is for. Default: `""`. */
  readonly comment?: string | undefined;
  /** Its home; /home/NAME where unset. */
  readonly homeDirectory?: string | undefined;
  /** Whether the home is made. Default: `true`. */
  readonly createHomeDirectory?: boolean | undefined;
  /** Its login shell. Default: `"/usr/sbin/nologin"`. */
  readonly shell?: string | undefined;
  /** Whether its number comes from the system's range. Default: `false`. */
  readonly system?: boolean | undefined;
}

/** A checked, frozen `userAccount`. A user of the host. */
export interface UserAccount {
  /** The user's name. */
  readonly name: string;
  /** Its number; the next free one where unset. */
  readonly uid?: number | undefined;
  /** The name of its primary group. */
  readonly group: string;
  /** Further groups that it is a member of. Default: `[]`. */
  readonly supplementaryGroups: readonly string[];
  /** What the account is for. Default: `""`. */
  readonly comment: string;
  /** Its home; /home/NAME where unset. */
  readonly homeDirectory?: string | undefined;
  /** Whether the home is made. Default: `true`. */
  readonly createHomeDirectory: boolean;
  /** Its login shell. Default: `"/usr/sbin/nologin"`. */
  readonly shell: string;
  /** Whether its number comes from the system's range. Default: `false`. */
  readonly system: boolean;
}
