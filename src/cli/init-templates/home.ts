/** For a plain user: a site, what it wrote on a volume, and a program of the user's own that runs once a day. */
import { busyboxNote, siteContainer, siteImage, siteNames, sitePage } from "./site.ts";
import { dailySteps, importOf, type Rendered, readme, type Settings } from "./template.ts";

export function home(given: Settings): Rendered {
  const settings: Settings = { ...given, home: true };
  const names = [
    ...siteNames,
    ...["homeEnvironment", "ociServiceType", "programFile", "service", "sh", "simpleService"],
    ...["supervisorServiceType", "unit"],
  ];
  const declaration = `${importOf(names)}
${siteImage(settings)}
${siteContainer(settings)}
// A program of this machine, supervised as containers are. It runs with this user's HOME, PATH and rights.
const snapshot = unit({
  provision: ["snapshot"],
  documentation: "Keeps what the site served today.",
  // Not before the site is up.
  requirement: ["web"],
  // It does its work and ends.
  oneShot: true,
  // systemd's form; cron's, "30 2 * * *", is taken as well. A time that was missed is made up for.
  schedule: { calendar: ["daily"] },
  start: [
    programFile(
      "snapshot",
      sh\`set -eu
mkdir -p "$HOME/snapshots"
cd "$HOME/snapshots"
${settings.busybox} wget -q -O "site-$(date +%F).html" http://127.0.0.1:${settings.port}/
echo "kept site-$(date +%F).html"\`,
    ),
  ],
});

export default homeEnvironment({
  services: [
    // Rootless Podman, with this user's own images, networks, volumes and containers.
    service(ociServiceType, { containers: [web] }),
    // A service of one's own contributes to another: here units, to the supervisor.
    simpleService("snapshots", supervisorServiceType, [snapshot]),
  ],
});
`;
  const notes = `${busyboxNote}Once it runs, the site is at <http://127.0.0.1:${settings.port}/>, and \`lading start snapshot\` keeps a copy of it at once.
No root is needed; \`lading doctor host.ts\` says what the machine lacks for rootless containers.
`;
  return {
    files: {
      "host.ts": { content: declaration },
      "LADING.md": { content: readme(settings, { steps: dailySteps, notes }) },
      "site/index.html": sitePage,
    },
    next: ["lading check host.ts", "lading apply host.ts"],
    needsBusybox: true,
  };
}
