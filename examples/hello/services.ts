// What runs: a small static site and a probe that asks it, whoever they run for.
import {
  localTree,
  manifest,
  ociContainer,
  ociImage,
  ociNetwork,
  ociServiceType,
  ociVolume,
  plainFile,
  type Service,
  service,
} from "lading";

/** The program and one unprivileged user, with a folder that is theirs: the layers that both images share. */
const base = [
  localTree("/bin/busybox", { target: "/bin/busybox" }),
  { target: "/etc/passwd", source: plainFile("passwd", "web:x:1000:1000:web:/data:/bin/sh\n") },
  { target: "/data", user: 1000, group: 1000 },
];
const packOptions = { symlinks: [["/bin/sh", "busybox"]] as const, user: "web" };

/** The site is one more layer: an edited page changes this image and what runs from it, and nothing else. */
const hello = ociImage({
  repository: "hello",
  value: manifest([...base, localTree("./site", { target: "/www" })]),
  packOptions,
});
const tools = ociImage({ repository: "hello", tag: "tools", value: manifest(base), packOptions });

/** Asks `web` every two seconds, and keeps the last answer on the volume that both share. */
const ask = `while :; do
  printf 'GET /about.html HTTP/1.0\\r\\n\\r\\n' | busybox nc web 8080 > /data/answer.tmp &&
    busybox mv /data/answer.tmp /data/answer && echo "$GREETING: web answered"
  busybox sleep 2
done`;

/** `logFile` is where the site's log is kept: a host and a home have different places for that. */
export function containers({ logFile }: { readonly logFile: string }): Service {
  return service(ociServiceType, {
    networks: [ociNetwork({ name: "hello" })],
    volumes: [ociVolume({ name: "hello-data" })],
    containers: [
      ociContainer({
        provision: "web",
        image: hello,
        entrypoint: ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"],
        network: "hello",
        ports: [["127.0.0.1:8080", "8080"]],
        volumes: [["hello-data", "/data"]],
        logFile,
        respawn: true,
        extraArguments: ["--init"],
      }),
      ociContainer({
        provision: "probe",
        image: tools,
        entrypoint: ["/bin/sh", "-c"],
        command: [ask],
        environment: { GREETING: "hello" },
        requirement: ["web"],
        network: "hello",
        volumes: [["hello-data", "/data"]],
        extraArguments: ["--init"],
      }),
    ],
  });
}
