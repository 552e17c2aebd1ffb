/** Names that are declared twice, with both places. */
import type { Place } from "../../base/index.ts";
import type { Finding, Rule } from "./rule.ts";

interface Named {
  readonly name: string;
  readonly place?: Place;
  readonly hint?: string;
}

/** Networks and volumes are units that nobody names. */
const oneService = "declare one service for each user, and add to it with `simpleService` and `ociExtension`";

function twice(what: string, named: readonly Named[]): readonly Finding[] {
  const seen = new Map<string, Place | undefined>();
  return named.flatMap(({ name, place, hint = "give one of them another name" }) => {
    const known = seen.has(name);
    const also = seen.get(name);
    if (!known) seen.set(name, place);
    return known ? [{ message: `${what} "${name}" is declared twice`, where: place, also, hint }] : [];
  });
}

export const names: Rule = {
  code: "duplicate-name",
  weight: "refused",
  check: ({ units, objects, users, groups }) => {
    const provisions = units.flatMap((unit) =>
      unit.provision.map(
        (name): Named => ({
          name,
          ...(unit.place ? { place: unit.place } : {}),
          ...(unit.start.kind === "objects" ? { hint: oneService } : {}),
        }),
      ),
    );
    // Each user's engine has its own.
    const owners = [...new Set(objects.map(({ user, cli }) => `${user} ${cli.engine}`))];
    const ofKind = (kind: "network" | "volume"): readonly Finding[] =>
      owners.flatMap((owner) =>
        twice(
          kind,
          objects.filter(({ object, user, cli }) => object === kind && owner === `${user} ${cli.engine}`),
        ),
      );
    return [
      ...twice("unit", provisions),
      ...ofKind("network"),
      ...ofKind("volume"),
      ...twice("user", users),
      ...twice("group", groups),
    ];
  },
};
