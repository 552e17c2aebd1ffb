/** Requirements that are not met for long: on units that run at their times, and on the network of work that ends. */
import { isWork } from "../../supervisor/index.ts";
import { networkMode } from "./container-view.ts";
import type { Finding, Rule } from "./rule.ts";

export const neverUp: Rule = {
  code: "fields-contradict",
  weight: "refused",
  check: ({ units, containers }) => {
    const byName = new Map(units.flatMap((unit) => unit.provision.map((name) => [name, unit] as const)));
    const waiting = units.flatMap((unit): readonly Finding[] => {
      const required = unit.requirement.find((name) => byName.get(name)?.schedule !== undefined);
      if (required === undefined) return [];
      const also = byName.get(required)?.place;
      const message = `"${unit.name}" requires "${required}", which runs at its times and is at rest between them`;
      const hint = `leave out the requirement, or the \`schedule\` of "${required}"`;
      return [{ message, where: unit.place, field: "requirement", also, hint }];
    });
    const homeless = containers.flatMap((container): readonly Finding[] => {
      const owner = /^container:(.+)$/.exec(networkMode(container) ?? "")?.[1];
      const unit = byName.get(owner ?? "");
      if (unit === undefined || !isWork(unit)) return [];
      const message = `"${container.name}" is on the network of "${owner}", which is gone once its work is done`;
      const hint = "give it a network of its own, or one that both are on";
      return [{ message, where: container.place, field: "network", also: unit.place, hint }];
    });
    return [...waiting, ...homeless];
  },
};
