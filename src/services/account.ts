/** Users and groups. The service's value is what the host must have; creating it is the executor's work. */
import {
  absolutePath,
  boolean,
  defineRecord,
  integer,
  listOf,
  type RecordConstructor,
  string,
} from "../record/index.ts";
import { type ServiceType, serviceType } from "../service/index.ts";
import type { UserAccount, UserAccountInput, UserGroup, UserGroupInput } from "./account.types.ts";
import { accountName } from "./names.ts";

const id = integer(0, 0xfffffffe);

/** A group of the host. */
export const userGroup: RecordConstructor<UserGroupInput, UserGroup> = defineRecord(
  "userGroup",
  "A group of the host.",
  {
    name: { type: accountName, doc: "The group's name." },
    id: { type: id, optional: true, doc: "Its number; the next free one where unset." },
    system: { type: boolean, default: false, doc: "Whether its number comes from the system's range." },
  },
);

/** A user of the host. */
export const userAccount: RecordConstructor<UserAccountInput, UserAccount> = defineRecord(
  "userAccount",
  "A user of the host.",
  {
    name: { type: accountName, doc: "The user's name." },
    uid: { type: id, optional: true, doc: "Its number; the next free one where unset." },
    group: { type: accountName, doc: "The name of its primary group." },
    supplementaryGroups: { type: listOf(accountName), default: [], doc: "Further groups that it is a member of." },
    comment: { type: string, default: "", doc: "What the account is for." },
    homeDirectory: { type: absolutePath, optional: true, doc: "Its home; /home/NAME where unset." },
    createHomeDirectory: { type: boolean, default: true, doc: "Whether the home is made." },
    shell: { type: absolutePath, default: "/usr/sbin/nologin", doc: "Its login shell." },
    system: { type: boolean, default: false, doc: "Whether its number comes from the system's range." },
  },
);

/** Users and groups, each with whether an existing account of that name is good enough. */
export interface Accounts {
  readonly users: readonly UserAccount[];
  readonly groups: readonly UserGroup[];
  /** Users that a service needs: taken as they are where they exist or are declared. */
  readonly neededUsers: readonly UserAccount[];
}

/** An `Accounts` with only some of its parts. */
export type AccountsInput = Partial<Accounts>;

function mergeAccounts(parts: readonly AccountsInput[]): Accounts {
  return {
    users: parts.flatMap((part) => part.users ?? []),
    groups: parts.flatMap((part) => part.groups ?? []),
    neededUsers: parts.flatMap((part) => part.neededUsers ?? []),
  };
}

/** Users and groups of the host. */
export const accountServiceType: ServiceType<AccountsInput, AccountsInput> = serviceType<
  AccountsInput,
  AccountsInput,
  AccountsInput
>({
  name: "account",
  description: "Users and groups of the host.",
  compose: (contributions) => mergeAccounts([...contributions].reverse()),
  extend: (value, more: Accounts) => mergeAccounts([value, more]),
  defaultValue: {},
});
