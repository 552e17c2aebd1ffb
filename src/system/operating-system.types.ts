// Generated from the fields in operating-system.ts by `npm run generate`.
import type { Service } from "../service/index.ts";
import type { UserAccount, UserAccountInput, UserGroup, UserGroupInput } from "../services/index.ts";
import type { OwnRule, OwnRuleInput } from "./own-rule.types.ts";

/**
 * What `operatingSystem({ … })` takes. A declared host: its accounts, files, images, networks, volumes and
 * containers. Root switches it.
 */
export interface OperatingSystemInput {
  /**
   * What the declaration calls the host in its output; the host's own name is not changed.
   * Takes a host name of letters, digits, '-' and '.'.
   * @defaultValue `"localhost"`
   */
  readonly hostName?: string | undefined;
  /**
   * Users that the host must have.
   * @defaultValue `[]`
   */
  readonly users?: readonly UserAccountInput[] | undefined;
  /**
   * Groups that the host must have.
   * @defaultValue `[]`
   */
  readonly groups?: readonly UserGroupInput[] | undefined;
  /**
   * The group whose members may ask the supervisor for everything that root may. That is as good as being root.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue unset
   */
  readonly controlGroup?: string | undefined;
  /**
   * The group whose members may look: status, events, figures. Their socket is read.sock beside the control socket.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue unset
   */
  readonly readGroup?: string | undefined;
  /**
   * What the declaration consists of.
   * Takes a list, each element a service, such as service(ociServiceType, { … }).
   * @defaultValue `[]`
   */
  readonly services?: readonly Service[] | undefined;
  /**
   * Rules of the declaration's own, checked beside Lading's.
   * @defaultValue `[]`
   */
  readonly rules?: readonly OwnRuleInput[] | undefined;
}

/**
 * A checked, frozen `operatingSystem`. A declared host: its accounts, files, images, networks, volumes and
 * containers. Root switches it.
 */
export interface OperatingSystem {
  /**
   * What the declaration calls the host in its output; the host's own name is not changed.
   * Takes a host name of letters, digits, '-' and '.'.
   * @defaultValue `"localhost"`
   */
  readonly hostName: string;
  /**
   * Users that the host must have.
   * @defaultValue `[]`
   */
  readonly users: readonly UserAccount[];
  /**
   * Groups that the host must have.
   * @defaultValue `[]`
   */
  readonly groups: readonly UserGroup[];
  /**
   * The group whose members may ask the supervisor for everything that root may. That is as good as being root.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue unset
   */
  readonly controlGroup?: string | undefined;
  /**
   * The group whose members may look: status, events, figures. Their socket is read.sock beside the control socket.
   * Takes the name of a user or group: small letters, digits, '_' and '-', at most 32.
   * @defaultValue unset
   */
  readonly readGroup?: string | undefined;
  /**
   * What the declaration consists of.
   * Takes a list, each element a service, such as service(ociServiceType, { … }).
   * @defaultValue `[]`
   */
  readonly services: readonly Service[];
  /**
   * Rules of the declaration's own, checked beside Lading's.
   * @defaultValue `[]`
   */
  readonly rules: readonly OwnRule[];
}

/**
 * What `homeEnvironment({ … })` takes. A plain user's images, networks, volumes and containers, with no root
 * anywhere.
 */
export interface HomeEnvironmentInput {
  /**
   * What the declaration consists of.
   * Takes a list, each element a service, such as service(ociServiceType, { … }).
   * @defaultValue `[]`
   */
  readonly services?: readonly Service[] | undefined;
  /**
   * Rules of the declaration's own, checked beside Lading's.
   * @defaultValue `[]`
   */
  readonly rules?: readonly OwnRuleInput[] | undefined;
}

/**
 * A checked, frozen `homeEnvironment`. A plain user's images, networks, volumes and containers, with no root
 * anywhere.
 */
export interface HomeEnvironment {
  /**
   * What the declaration consists of.
   * Takes a list, each element a service, such as service(ociServiceType, { … }).
   * @defaultValue `[]`
   */
  readonly services: readonly Service[];
  /**
   * Rules of the declaration's own, checked beside Lading's.
   * @defaultValue `[]`
   */
  readonly rules: readonly OwnRule[];
}
