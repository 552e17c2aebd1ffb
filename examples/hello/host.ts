// A whole host: rootless Podman, and the containers of one unprivileged user. Root applies it.
import { operatingSystem, rootlessPodmanServiceType, service } from "lading";
import { containers } from "./services.ts";

export default operatingSystem({
  hostName: "hello",
  services: [service(rootlessPodmanServiceType, {}), containers({ logFile: "/var/log/hello/web.log" })],
});
