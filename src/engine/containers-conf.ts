/** What containers.conf(5) tells Podman's command line and its API overlooks. */
import { join } from "node:path";
import { parse } from "smol-toml";
import { existsSync, readdirSync, readForeign } from "../sys/index.ts";
import type { Identity } from "./identity.ts";

export interface OverlookedDefaults {
  /** `name=soft[:hard]`, for a container that is given no limit of its own. */
  readonly limits: readonly string[];
  /** Whether Podman is given proxies, which its command line passes on to containers. */
  readonly proxies: boolean;
}

/** The files that a user's Podman reads; what stands in a later one wins. */
function filesOf(identity: Identity): readonly string[] {
  const folders = ["/usr/share/containers", "/etc/containers", join(identity.home, ".config/containers")];
  return folders.flatMap((folder) => {
    const more = join(folder, "containers.conf.d");
    const names = existsSync(more) ? readdirSync(more).filter((name) => name.endsWith(".conf")) : [];
    return [join(folder, "containers.conf"), ...names.sort().map((name) => join(more, name))];
  });
}

/** Throws for a file that is no TOML. */
export function overlookedDefaults(identity: Identity): OverlookedDefaults {
  let limits: readonly string[] = [];
  let proxies = false;
  for (const text of filesOf(identity).map((path) => readForeign(path, { follow: true }) ?? "")) {
    const { containers, engine } = parse(text) as {
      readonly containers?: { readonly default_ulimits?: readonly string[]; readonly http_proxy?: boolean };
      readonly engine?: { readonly env?: readonly string[] };
    };
    limits = containers?.default_ulimits ?? limits;
    proxies ||= engine?.env?.some((each) => /^\w+_proxy=/i.test(each)) ?? false;
  }
  return { limits, proxies };
}
