/** The site that two templates serve: its page, and the image that is made of it. */
import type { Settings, TemplateFile } from "./template.ts";

/** Names that `siteImage` needs. */
export const siteNames: readonly string[] = ["localTree", "manifest", "ociContainer", "ociImage"];

export const sitePage: TemplateFile = {
  content: `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>Hello</title>
  <h1>Hello from Lading</h1>
  <p>Edit site/index.html, then run <code>lading apply host.ts</code>: one layer changes, and one container restarts.</p>
</html>
`,
};

/** The declaration of the image, as source text. */
export function siteImage({ busybox }: Settings): string {
  return `// An image made of files: no Dockerfile, no daemon, the same digest on every machine. Each entry is a layer.
const site = ociImage({
  repository: "site",
  value: manifest([
    // A web server in one static program (Debian: busybox-static).
    localTree(${JSON.stringify(busybox)}, { target: "/bin/busybox" }),
    // The pages, from the folder beside this file.
    localTree("./site", { target: "/www" }),
  ]),
  packOptions: {
    entryPoint: ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"],
  },
});
`;
}

/** The declaration of the container, as source text. */
export function siteContainer({ port }: Settings): string {
  return `const web = ociContainer({
  // The name of the unit and of the container: \`lading status web\`, \`lading logs web\`.
  provision: "web",
  image: site,
  // Port ${port} of this machine alone. Leave the address out to be reached from elsewhere.
  ports: [["127.0.0.1:${port}", "8080"]],
  // It counts as up once it answers; until then a switch waits.
  ready: { http: "http://127.0.0.1:${port}/" },
  // Started again when it ends by itself.
  respawn: true,
  // Nothing in it needs to write, or any privilege.
  readOnly: true,
  dropCapabilities: ["ALL"],
  noNewPrivileges: true,
});
`;
}

export const busyboxNote = `The image is made of a static busybox (Debian: busybox-static) and the pages in \`site/\`.
`;
