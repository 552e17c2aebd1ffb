// Generated from the fields in account.ts by `npm run generate`.

/** What `userGroup({ … })` takes. A group of the host. */
export interface UserGroupInput {
  /**
   * The group's name.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   */
  readonly name: string;
  /**
   * Its number; the next free one where unset.
   * Takes a whole number from 0 to 4294967294.
   * @defaultValue unset
   */
  readonly id?: number | undefined;
  /**
   * Whether its number comes from the system's range.
   * @defaultValue `false`
   */
  readonly system?: boolean | undefined;
}

/** A checked, frozen `userGroup`. A group of the host. */
export interface UserGroup {
  /**
   * The group's name.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   */
  readonly name: string;
  /**
   * Its number; the next free one where unset.
   * Takes a whole number from 0 to 4294967294.
   * @defaultValue unset
   */
  readonly id?: number | undefined;
  /**
   * Whether its number comes from the system's range.
   * @defaultValue `false`
   */
  readonly system: boolean;
}

/** What `userAccount({ … })` takes. A user of the host. */
export interface UserAccountInput {
  /**
   * The user's name.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   */
  readonly name: string;
  /**
   * Its number; the next free one where unset.
   * Takes a whole number from 0 to 4294967294.
   * @defaultValue unset
   */
  readonly uid?: number | undefined;
  /**
   * The name of its primary group.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   */
  readonly group: string;
  /**
   * Further groups that it is a member of.
   * Takes a list, each element the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue `[]`
   */
  readonly supplementaryGroups?: readonly string[] | undefined;
  /**
   * What the account is for.
   * @defaultValue `""`
   */
  readonly comment?: string | undefined;
  /**
   * Its home; /home/NAME where unset.
   * Takes an absolute path.
   * @defaultValue unset
   */
  readonly homeDirectory?: string | undefined;
  /**
   * Whether the home is made.
   * @defaultValue `true`
   */
  readonly createHomeDirectory?: boolean | undefined;
  /**
   * Its login shell.
   * Takes an absolute path.
   * @defaultValue `"/usr/sbin/nologin"`
   */
  readonly shell?: string | undefined;
  /**
   * Whether its number comes from the system's range.
   * @defaultValue `false`
   */
  readonly system?: boolean | undefined;
}

/** A checked, frozen `userAccount`. A user of the host. */
export interface UserAccount {
  /**
   * The user's name.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   */
  readonly name: string;
  /**
   * Its number; the next free one where unset.
   * Takes a whole number from 0 to 4294967294.
   * @defaultValue unset
   */
  readonly uid?: number | undefined;
  /**
   * The name of its primary group.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   */
  readonly group: string;
  /**
   * Further groups that it is a member of.
   * Takes a list, each element the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue `[]`
   */
  readonly supplementaryGroups: readonly string[];
  /**
   * What the account is for.
   * @defaultValue `""`
   */
  readonly comment: string;
  /**
   * Its home; /home/NAME where unset.
   * Takes an absolute path.
   * @defaultValue unset
   */
  readonly homeDirectory?: string | undefined;
  /**
   * Whether the home is made.
   * @defaultValue `true`
   */
  readonly createHomeDirectory: boolean;
  /**
   * Its login shell.
   * Takes an absolute path.
   * @defaultValue `"/usr/sbin/nologin"`
   */
  readonly shell: string;
  /**
   * Whether its number comes from the system's range.
   * @defaultValue `false`
   */
  readonly system: boolean;
}
