/** The two things that a declaration can be: a whole host, or a plain user's part of one. */
import { KnownError } from "../base/index.ts";
import {
  defineRecord,
  type FieldType,
  listOf,
  pass,
  type RecordConstructor,
  recordOf,
  refuse,
  report,
  stringWhere,
} from "../record/index.ts";
import { isService, type Service } from "../service/index.ts";
import { accountName, userAccount, userGroup } from "../services/index.ts";
import type {
  HomeEnvironment,
  HomeEnvironmentInput,
  OperatingSystem,
  OperatingSystemInput,
} from "./operating-system.types.ts";
import { ownRule } from "./own-rule.ts";

const serviceField: FieldType<Service> = {
  expected: "a service, such as service(ociServiceType, { … })",
  ts: "Service",
  jsonSchema: { type: "object" },
  check: (value) => (isService(value) ? pass(value) : refuse(serviceField.expected, value)),
};

const hostName = stringWhere("a host name of letters, digits, '-' and '.'", (text) =>
  /^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,62})$/.test(text),
);

const rules = {
  type: listOf(recordOf(ownRule)),
  default: [],
  doc: "Rules of the declaration's own, checked beside Lading's.",
};
const services = { type: listOf(serviceField), default: [], doc: "What the declaration consists of." };

/** A whole host, switched by root. */
export const operatingSystem: RecordConstructor<OperatingSystemInput, OperatingSystem> = defineRecord(
  "operatingSystem",
  "A declared host: its accounts, files, images, networks, volumes and containers. Root switches it.",
  {
    hostName: {
      type: hostName,
      default: "localhost",
      doc: "What the declaration calls the host in its output; the host's own name is not changed.",
    },
    users: { type: listOf(recordOf(userAccount)), default: [], doc: "Users that the host must have." },
    groups: { type: listOf(recordOf(userGroup)), default: [], doc: "Groups that the host must have." },
    controlGroup: {
      type: accountName,
      optional: true,
      doc: "The group whose members may ask the supervisor for everything that root may. That is as good as being root.",
    },
    readGroup: {
      type: accountName,
      optional: true,
      doc: "The group whose members may look: status, events, figures. Their socket is read.sock beside the control socket.",
    },
    services,
    rules,
  },
);

/** A plain user's containers, with no root anywhere. */
export const homeEnvironment: RecordConstructor<HomeEnvironmentInput, HomeEnvironment> = defineRecord(
  "homeEnvironment",
  "A plain user's images, networks, volumes and containers, with no root anywhere.",
  { services, rules },
);

/** The services of a record, each of a type that makes sense there. */
export function checkHome(list: readonly Service[], rootOnly: readonly unknown[]): void {
  for (const each of list) {
    if (!rootOnly.includes(each.type)) continue;
    const hint = "declare it in an operatingSystem, which root applies once; leave it out here";
    report(
      new KnownError("needs-root", `a homeEnvironment cannot have a service of type "${each.type.name}"`, {
        where: each.place,
        hint,
      }),
    );
  }
}
