/** Limits that this host cannot enforce: a rootless engine without control groups of version 2 runs without them. */
import { limitOptions } from "../host-demand.ts";
import type { HostRule } from "./rule.ts";

export const limits: HostRule = {
  code: "limit-not-enforced",
  weight: "warning",
  check: ({ kind, containers }, { cgroups, isRoot }) =>
    cgroups === "v2" || (kind === "home" && isRoot)
      ? []
      : containers.flatMap(({ name, place, rootless, options }) => {
          const asked = limitOptions.filter((option) => options(option).length > 0);
          if (!rootless || asked.length === 0) return [];
          const fields = asked.map((option) => option.slice(2)).join(", ");
          const message = `"${name}" has limits (${fields}) that do not hold here: this host has ${
            cgroups === "none" ? "no control groups" : `control groups ${cgroups}`
          }, and a rootless engine limits by version 2 only`;
          const hint = "boot with systemd.unified_cgroup_hierarchy=1; `lading doctor` tells what is there";
          return [{ message, where: place, hint }];
        }),
};
