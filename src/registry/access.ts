/** Everything of this host that decides how registries are reached. */
import { certificatesOf, proxyOf } from "../sys/index.ts";
import type { RegistryOptions } from "./client.ts";
import { type CredentialsPlaces, credentialsOf } from "./credentials.ts";

/** Credentials, certificates and proxies of the user whose environment this is: options for a push or a pull. */
export function accessOf(
  places: CredentialsPlaces,
): Required<Pick<RegistryOptions, "credentials" | "certificates" | "proxy">> {
  const { environment } = places;
  return {
    credentials: credentialsOf(places),
    certificates: certificatesOf(environment),
    proxy: proxyOf(environment),
  };
}
