/** Ports of the host that two containers want, across addresses, ranges and protocols. */
import { type HostPort, parsePublished, portsClash } from "../ports.ts";
import type { ContainerView } from "./container-view.ts";
import type { Finding, Rule } from "./rule.ts";

export const ports: Rule = {
  code: "port-published-twice",
  weight: "refused",
  check: ({ containers }) => {
    const taken: { readonly port: HostPort; readonly container: ContainerView }[] = [];
    const found: Finding[] = [];
    for (const container of containers) {
      for (const published of container.ports) {
        const port = parsePublished(published)?.host;
        if (port === undefined) continue;
        const other = taken.find((each) => portsClash(each.port, port))?.container;
        if (other !== undefined) {
          const message =
            other === container
              ? `"${container.name}" publishes ${published}, and that port of the host is published by it twice`
              : `"${container.name}" publishes ${published}, but "${other.name}" has that port of the host already`;
          const hint = "choose another port of the host for one of them";
          found.push({ message, where: container.place, field: "ports", also: other.place, hint });
        }
        taken.push({ port, container });
      }
    }
    return found;
  },
};
