/** Mappings of ids that contradict each other. */
import type { Finding, Rule } from "./rule.ts";

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
                field: "userNamespace",
                hint: "keep one of the two",
              },
            ]
          : [];
      const owned = (start.secrets ?? []).find((each) => each.as === "file" && (each.uid !== 0 || each.gid !== 0));
      if (owned === undefined || modes.length + options("--uidmap").length === 0) return both;
      const message = `"${name}": the secret "${owned.name}" has an owner, but its ids are mapped in another way`;
      return [
        ...both,
        { message, where: place, field: "secrets", hint: "leave out the secret's uid and gid, or the mapping" },
      ];
    }),
};
