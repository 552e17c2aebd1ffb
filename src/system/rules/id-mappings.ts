/** Mappings of ids that contradict each other, or lack an id that the container is to use. */
import type { ContainerView } from "./container-view.ts";
import type { CheckedSystem, Finding, Rule } from "./rule.ts";

export const idMappings: Rule = {
  code: "fields-contradict",
  weight: "refused",
  check: ({ containers }) =>
    containers.flatMap(({ name, place, options, start }): readonly Finding[] => {
      const own = options("--uidmap").length + options("--gidmap").length > 0;
      const modes = options("--userns");
      const both =
        modes.length > 0 && own
          ? [
              {
                message: `"${name}": it has userNamespace and a mapping of its own`,
                where: place,
                hint: "keep one of the two",
              },
            ]
          : [];
      const owned = (start.secrets ?? []).find((each) => each.as === "file" && (each.uid !== 0 || each.gid !== 0));
      if (owned === undefined || modes.length + options("--uidmap").length === 0) return both;
      const message = `"${name}": the secret "${owned.name}" has an owner, but its ids are mapped in another way`;
      return [...both, { message, where: place, hint: "leave out the secret's uid and gid, or the mapping" }];
    }),
};

/** How many ids the user of a rootless container has: the declared range, or what shadow gives by default. */
function idsOf({ subuids }: CheckedSystem, { unit }: ContainerView): number {
  return subuids.find(({ name }) => name === unit.user)?.count ?? 65_536;
}

/** A number that the container runs as and that its user namespace does not have: the engine refuses to start it. */
export const mappedUsers: Rule = {
  code: "id-not-mapped",
  weight: "refused",
  check: (system) =>
    system.containers.flatMap((container): readonly Finding[] => {
      const { name, place, options, rootless } = container;
      const mode = options("--userns")[0] ?? "";
      if (!rootless || options("--uidmap").length > 0 || /^(?:host|auto)/.test(mode)) return [];
      const asked = Number(/^(\d+)/.exec(options("--user").at(-1) ?? "")?.[1] ?? 0);
      const last = idsOf(system, container);
      if (asked <= last) return [];
      const message = `"${name}" runs as user ${asked}, but its user namespace ends at ${last}`;
      const hint = "choose a smaller number, or declare a larger range with `subuidsRange`";
      return [{ message, where: place, hint }];
    }),
};
