/** Subnets of networks that this host reaches in another way. */
import { parseSubnet, subnetsOverlap } from "../../sys/index.ts";
import type { HostRule } from "./rule.ts";

/** Devices of networks that an engine or a bridge of its own made: they may well be those that are declared. */
const engineDevice = /^(?:podman|cni-|docker|br-|veth|virbr)/;

export const hostRoutes: HostRule = {
  code: "subnet-overlap",
  weight: "error",
  check: (system, { routes }) =>
    system.objects.flatMap(({ object, name, fields, place }) => {
      const subnet = parseSubnet(fields.subnet ?? "");
      if (object !== "network" || subnet === undefined) return [];
      const route = routes.find((each) => {
        const taken = parseSubnet(each.subnet);
        return !engineDevice.test(each.device) && taken !== undefined && subnetsOverlap(subnet, taken);
      });
      if (route === undefined) return [];
      const message = `network "${name}": its subnet ${fields.subnet} overlaps ${route.subnet}, which this host reaches through ${route.device}`;
      return [{ message, where: place, hint: "choose another subnet: `ip route` lists those that are taken" }];
    }),
};
