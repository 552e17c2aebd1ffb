/** A web application with its database: two pulled images, a network of their own, volumes, a secret, readiness. */
import { join } from "node:path";
import {
  dailySteps,
  engineService,
  importOf,
  kindNames,
  kindOf,
  type Rendered,
  readme,
  type Settings,
  userField,
} from "./template.ts";

const secretFile = "secrets/database-password";

export function webDatabase(settings: Settings): Rendered {
  const { folder, port } = settings;
  const names = [
    ...kindNames(settings),
    ...["ociContainer", "ociNetwork", "ociServiceType", "ociVolume", "secret", "service"],
  ];
  const declaration = `${importOf(names)}
// Pulled images, by their full names. \`lading lock host.ts\` pins each to what its registry has now; without a lock a
// tag may mean another image tomorrow.
const databaseImage = "docker.io/library/postgres:17";
const webImage = "docker.io/gitea/gitea:1.24";

// The password stands in this file alone: it reaches the containers as /run/secrets/database-password, and is in no
// argument, no log and no report. The path is one of the host that applies this.
const password = secret({
  name: "database-password",
  file: ${JSON.stringify(join(folder, secretFile))},
});

// The two reach each other by name here, and nothing else is on it.
const network = ociNetwork({ name: "app" });

// Volumes outlive their containers, and \`apply\` never removes one.
const databaseData = ociVolume({ name: "app-database" });
const webData = ociVolume({ name: "app-web" });

const database = ociContainer({
  provision: "database",
  image: databaseImage,
  network: network.name,
  environment: {
    POSTGRES_DB: "app",
    POSTGRES_USER: "app",
    POSTGRES_PASSWORD_FILE: "/run/secrets/database-password",
  },
  secrets: [password],
  volumes: [[databaseData.name, "/var/lib/postgresql/data"]],
  // Asked in the container, every ten seconds; failures of the first half minute do not count.
  health: {
    command: ["pg_isready", "--quiet", "--username", "app", "--dbname", "app"],
    interval: "10s",
    timeout: "5s",
    startPeriod: "30s",
    onFailure: "restart",
  },
  // It counts as up once its health check succeeds; what requires it starts then.
  ready: { healthy: true, deadline: "2m" },
  // Seconds to end by itself when it is stopped: a database has to write down what it holds.
  stopGrace: 60,
  respawn: true,
});

const web = ociContainer({
  provision: "web",
  image: webImage,
  // Starts once the database is ready, and stops before it.
  requirement: ["database"],
  network: network.name,
  environment: {
    GITEA__database__DB_TYPE: "postgres",
    // The name of the other container is its name on the network.
    GITEA__database__HOST: "database:5432",
    GITEA__database__NAME: "app",
    GITEA__database__USER: "app",
    GITEA__database__PASSWD__FILE: "/run/secrets/database-password",
    GITEA__server__ROOT_URL: "http://127.0.0.1:${port}/",
  },
  secrets: [password],
  volumes: [[webData.name, "/data"]],
  // Port ${port} of this machine alone. Leave the address out to be reached from elsewhere.
  ports: [["127.0.0.1:${port}", "3000"]],
  // It counts as up once it answers; until then a switch waits, and goes back where it never does.
  ready: { http: "http://127.0.0.1:${port}/", deadline: "3m" },
  respawn: true,
});

export default ${kindOf(settings)}({
  services: [
${engineService(settings)}    service(ociServiceType, {
${userField(settings)}      networks: [network],
      volumes: [databaseData, webData],
      containers: [database, web],
    }),
  ],
});
`;
  const notes = `Once it runs, the application is at <http://127.0.0.1:${port}/>.

\`${secretFile}\` was made with a random password, readable by its owner only. Git leaves the folder out; keep a copy where
you keep such things. The database takes the password when it is first made, so a later change has to be told to it too.
`;
  const steps = ["lading lock host.ts      # pin the images to what their registries have now", ...dailySteps];
  return {
    files: {
      "host.ts": { content: declaration },
      "LADING.md": { content: readme(settings, { steps, notes }) },
      // No line feed: some programs take one for a part of the password.
      [secretFile]: { content: settings.randomSecret(), mode: 0o600 },
      "secrets/.gitignore": { content: "*\n" },
    },
    next: ["lading lock host.ts", "lading check host.ts", "lading apply host.ts"],
    needsBusybox: false,
  };
}
