/** Users inside containers whose numbers their user namespace does not have. */
import type { ContainerView } from "./container-view.ts";
import type { CheckedSystem, Finding, HostRule } from "./rule.ts";

/** How many ids the user of a rootless container has: the declared range, or what shadow gives by default. */
function idsOf({ subuids }: CheckedSystem, { unit }: ContainerView): number {
  return subuids.find(({ name }) => name === unit.user)?.count ?? 65_536;
}

/** A number that the container runs as and that its user namespace does not have: the engine refuses to start it. */
export const mappedUsers: HostRule = {
  code: "id-not-mapped",
  weight: "error",
  check: (system, { isRoot }) =>
    (system.kind === "home" && isRoot ? [] : system.containers).flatMap((container): readonly Finding[] => {
      const { name, place, options, rootless } = container;
      const mode = options("--userns")[0] ?? "";
      if (!rootless || options("--uidmap").length > 0 || /^(?:host|auto)/.test(mode)) return [];
      const asked = Number(/^(\d+)/.exec(options("--user").at(-1) ?? "")?.[1] ?? 0);
      const last = idsOf(system, container);
      if (asked <= last) return [];
      const message = `"${name}" runs as user ${asked}, but its user namespace ends at ${last}`;
      const hint = "choose a smaller number, or declare a larger range with `subuidsRange`";
      return [{ message, where: place, field: "containerUser", hint }];
    }),
};
