/** Published ports that are none. */
import { parsePublished } from "../ports.ts";
import type { ContainerView } from "./container-view.ts";
import type { Finding, Rule } from "./rule.ts";

/** What is wrong with a published port, if anything. */
function problemOf(engine: ContainerView["engine"], published: string): Pick<Finding, "message" | "hint"> | undefined {
  const port = parsePublished(published);
  if (port === undefined) {
    return {
      message: "which is no port",
      hint: "expected [[address:]host:]container[/protocol], with ports or ranges from 1 to 65535",
    };
  }
  const { host, count } = port;
  if (engine === "docker" || host === undefined || host.last - host.first + 1 === count) return undefined;
  return {
    message: `a range of ${host.last - host.first + 1} ports of the host for ${count} of the container`,
    hint: "Podman takes ranges that are as long as each other: choose one port of the host, or publish as many of the container",
  };
}

export const portSyntax: Rule = {
  code: "invalid-value",
  weight: "refused",
  check: ({ containers }) =>
    containers.flatMap(({ name, engine, place, ports }) =>
      ports.flatMap((published) => {
        const problem = problemOf(engine, published);
        if (problem === undefined) return [];
        const { message, hint } = problem;
        return [{ message: `"${name}" publishes "${published}", ${message}`, where: place, field: "ports", hint }];
      }),
    ),
};
