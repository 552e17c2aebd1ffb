/** `lading init [DIR]`: a declaration that checks, with what an editor needs to complete it. */
import { join, resolve } from "node:path";
import { KnownError } from "../base/index.ts";
import { ensureFolder, existsSync, writeFileAtomic } from "../sys/index.ts";
import type { Answer, Context } from "./context.ts";

function declaration(home: boolean): string {
  const kind = home ? "homeEnvironment" : "operatingSystem";
  const rootless = home
    ? ""
    : "    // What the host needs so that a plain user can run Podman.\n    service(rootlessPodmanServiceType, {}),\n";
  const names = [
    kind,
    "localTree",
    "manifest",
    "ociContainer",
    "ociImage",
    "ociServiceType",
    ...(home ? [] : ["rootlessPodmanServiceType"]),
    "service",
  ].sort();
  return `import {
${names.map((name) => `  ${name},`).join("\n")}
} from "lading";

// An image made of files: no Dockerfile, no daemon, the same digest on every machine.
const site = ociImage({
  repository: "hello",
  value: manifest([
    localTree("/bin/busybox", { target: "/bin/busybox" }),
    localTree("./site", { target: "/www" }),
  ]),
  packOptions: {
    entryPoint: ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"],
  },
});

export default ${kind}({
  services: [
${rootless}    service(ociServiceType, {
      containers: [
        ociContainer({
          provision: "web",
          image: site,
          ports: [["127.0.0.1:8080", "8080"]],
          respawn: true,
        }),
      ],
    }),
  ],
});
`;
}

const tsconfig = `{
  "compilerOptions": {
    "target": "es2023",
    "module": "nodenext",
    "strict": true,
    "noEmit": true,
    "skipLibCheck": true
  }
}
`;

function readme(home: boolean): string {
  return `# A container host, declared

\`host.ts\` says what runs ${home ? "for this user" : "on this host"}. Edit it, then:

    npx lading check host.ts     # every problem, with its place
    npx lading plan host.ts      # what would change here, and why
    npx lading apply host.ts     # switch to it
    npx lading status
    npx lading rollback          # back to what ran before

The image needs a static busybox (Debian: busybox-static) at /bin/busybox.
`;
}

export async function run(
  context: Context,
  [dir = "."]: readonly (string | undefined)[],
  options: { readonly home?: boolean },
): Answer {
  const folder = resolve(dir);
  const home = options.home === true;
  const files = {
    "host.ts": declaration(home),
    "tsconfig.json": tsconfig,
    "LADING.md": readme(home),
    "site/index.html": "<!doctype html>\n<title>Hello</title>\n<h1>Hello from Lading</h1>\n",
  };
  const present = Object.keys(files).filter((name) => name !== "tsconfig.json" && existsSync(join(folder, name)));
  if (present.length > 0) {
    const hint = "choose an empty folder, or move the file away";
    throw new KnownError("file-exists", `${join(folder, present[0] ?? "")} exists already; nothing was written`, {
      hint,
    });
  }
  const written = Object.entries(files).filter(([name]) => !existsSync(join(folder, name)));
  for (const [name, content] of written) {
    ensureFolder(join(folder, name, ".."));
    writeFileAtomic(join(folder, name), content);
  }
  if (context.json) context.print(JSON.stringify({ version: 1, folder, files: written.map(([name]) => name) }));
  else
    context.print(
      `wrote ${written.map(([name]) => name).join(", ")} in ${folder}\nnext: lading check ${join(dir, "host.ts")}`,
    );
  return undefined;
}
