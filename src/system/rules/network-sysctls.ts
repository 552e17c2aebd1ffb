/** Kernel parameters of a network that is not the container's own. */
import { networkMode } from "./container-view.ts";
import type { Rule } from "./rule.ts";

export const networkSysctls: Rule = {
  code: "sysctl-forbidden",
  weight: "refused",
  check: ({ containers }) =>
    containers.flatMap((container) => {
      const mode = networkMode(container);
      if (mode === undefined || mode === "none") return [];
      const { name, place, options } = container;
      return options("--sysctl")
        .filter((each) => each.startsWith("net."))
        .map((each) => ({
          message: `"${name}" sets ${each}, but its network is ${mode}: the parameter is not the container's own`,
          where: place,
          field: "sysctls",
          hint: `leave it out, or set it where that network is${mode === "host" ? ": on the host, in /etc/sysctl.d" : ""}`,
        }));
    }),
};
