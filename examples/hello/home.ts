// The same containers for a plain user who has Podman: no root anywhere.
import { homedir } from "node:os";
import { homeEnvironment } from "lading";
import { containers } from "./services.ts";

export default homeEnvironment({ services: [containers({ logFile: `${homedir()}/hello/web.log` })] });
