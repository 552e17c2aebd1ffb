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

/** The program, the site, one unprivileged user: an image of three parts, from files. */
const hello = ociImage({
  repository: "hello",
  value: manifest([
    localTree("/bin/busybox", { target: "/bin/busybox" }),
    localTree("./site", { target: "/www" }),
    { target: "/etc/passwd", source: plainFile("passwd", "web:x:1000:1000:web:/data:/bin/sh\n") },
    { target: "/data", user: 1000, group: 1000 },
  ]),
  packOptions: { symlinks: [["/bin/sh", "busybox"]], user: "web" },
});

/** Asks `web` every two seconds, and keeps the last answer on the volume that both share. */
const ask = `while :; do
  printf 'GET /about.html HTTP/1.0\\r\\n\\r\\n' | busybox nc web 8080 > /data/answer.tmp &&
    mv /data/answer.tmp /data/answer && echo "$GREETING: web answered"
  busybox sleep 2
done`;

export function containers(): Service {
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
        respawn: true,
        extraArguments: ["--init"],
      }),
      ociContainer({
        provision: "probe",
        image: hello,
        entrypoint: ["/bin/sh", "-c"],
        command: [ask.replaceAll("mv ", "busybox mv ")],
        environment: { GREETING: "hello" },
        requirement: ["web"],
        network: "hello",
        volumes: [["hello-data", "/data"]],
        extraArguments: ["--init"],
      }),
    ],
  });
}
