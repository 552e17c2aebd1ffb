/** Every command: its line in the help, its options, an example, and the file that carries it out when it is called. */
import type { CommandEntry } from "./command-entry.ts";
import type { Answer, Context } from "./context.ts";

export type { CommandEntry } from "./command-entry.ts";

type Arguments = readonly (string | undefined)[];
type Module<O> = { readonly run: (context: Context, given: Arguments, options: O) => Answer };

/** Loads a command's file only when the command is called: a start reads what it needs and no more. */
function lazy<O>(load: () => Promise<Module<O>>): CommandEntry["run"] {
  return async (context, given, options) => (await load()).run(context, given, options);
}

const strict = ["--strict", "count warnings as errors"] as const;
const yes = ["-y, --yes", "do it without asking"] as const;
const replaceVolume = [
  "--replace-volume <names>",
  "make these volumes anew, without their data, where they were made with other options (names, separated by commas)",
] as const;

const onFailure = [
  "--on-failure <what>",
  "when a unit does not start or is not healthy: rollback (default), stop (keep the switch, stop the unit) or keep",
] as const;

export const commands: readonly CommandEntry[] = [
  {
    name: "init [dir]",
    description:
      "write a commented host.ts, and what an editor needs, to begin with; asks on a terminal, unless flags say",
    options: [
      [
        "--template <name>",
        "hello: a static site (default); web-database: a web application with its database; home: for a plain user",
      ],
      ["--home", "a plain user's home environment instead of a whole host"],
      ["--user <name>", "whom a whole host's containers belong to (default oci-container)"],
      ["--port <number>", "the port of this machine that it answers on (default 8080)"],
      ["-y, --yes", "ask nothing"],
    ],
    example: "lading init my-host --template web-database",
    examples: ["lading init --home", "lading init my-host --user web --port 8081 --yes"],
    values: { "--template": ["hello", "web-database", "home"] },
    run: lazy(() => import("./init.ts")),
  },
  {
    name: "check <file>",
    description:
      "find every problem of a declaration, and of this host as the one that is to have it; nothing is changed",
    options: [
      strict,
      ["--format <form>", "text (default), json, github (workflow commands) or sarif, on standard output"],
    ],
    example: "lading check host.ts",
    examples: ["lading check host.ts --strict --format sarif > check.sarif", "lading check host.ts --deadline 120"],
    values: { form: ["text", "json", "github", "sarif"] },
    run: lazy(() => import("./check.ts")),
  },
  {
    name: "explain [code]",
    description: "tell what an error code means, with a wrong and a right example; without a code, list all",
    example: "lading explain missing-field",
    run: lazy(() => import("./explain.ts")),
  },
  {
    name: "inspect <file>",
    description: "show what a declaration folds to: units with their commands, files, accounts, images",
    example: "lading inspect host.ts --json",
    examples: ["lading inspect host.ts --json | jq -r '.units[].provision[0]'"],
    run: lazy(() => import("./inspect.ts")),
  },
  {
    name: "plan <file>",
    description: "show what apply would do here, and why; exit 0 for nothing, 4 for something",
    options: [
      strict,
      replaceVolume,
      ["--exit-code", "exit with 4 where something would change (the default)"],
      ["--no-exit-code", "exit with 0 even where something would change"],
    ],
    example: "lading plan host.ts --json > plan.json",
    examples: ["lading plan host.ts", "lading plan host.ts --no-exit-code"],
    run: lazy(() => import("./plan.ts")),
  },
  {
    name: "apply [file]",
    description: "build, show the plan, switch, and wait until everything runs",
    options: [
      yes,
      strict,
      ["--dry-run", "stop after the plan"],
      ["--plan <plan>", "carry out exactly this plan, as `plan --json` printed it, or refuse"],
      ["-m, --message <text>", "what the generation is for"],
      onFailure,
      replaceVolume,
    ],
    example: "lading apply host.ts --yes",
    examples: [
      "lading apply host.ts",
      "lading apply --plan plan.json",
      "lading apply host.ts --yes --message 'new certificate' --on-failure stop",
    ],
    values: { what: ["rollback", "stop", "keep"] },
    run: lazy(() => import("./apply.ts")),
  },
  {
    name: "rollback [number]",
    description: "go back to the generation before, or to the one with this number",
    options: [yes, onFailure, replaceVolume],
    example: "lading rollback --yes",
    examples: ["lading rollback 3"],
    values: { what: ["rollback", "stop", "keep"] },
    run: lazy(() => import("./rollback.ts")),
  },
  {
    name: "switch <number>",
    description: "go to the generation with this number",
    options: [yes, onFailure, replaceVolume],
    example: "lading switch 3 --yes",
    examples: ["lading switch 3 --yes --on-failure keep"],
    values: { what: ["rollback", "stop", "keep"] },
    run: lazy(() => import("./rollback.ts")),
  },
  {
    name: "generations [verb]",
    description: "list the generations, the current one marked; prune: forget old ones",
    options: [
      [
        "--keep <count>",
        "how many of the newest prune keeps (default: 10); never fewer than the current and the one before",
      ],
      ["--dry-run", "only say what prune would forget"],
    ],
    example: "lading generations prune --keep 5",
    examples: ["lading generations", "lading generations prune --dry-run"],
    values: { verb: ["prune"] },
    run: lazy(() => import("./generations.ts")),
  },
  {
    name: "diff <from> [to]",
    description: "show what differs between two generations; exit 0 for nothing, 4 for something",
    example: "lading diff 3 4",
    examples: ["lading diff 3"],
    run: lazy(() => import("./diff.ts")),
  },
  {
    name: "status [unit]",
    description: "show the units and how they are; one unit with its last changes",
    options: [["-w, --watch", "show it again and again, until it is interrupted"]],
    example: "lading status web",
    examples: [
      "lading status",
      "lading status --watch",
      "lading status --json | jq '.units[] | select(.status == \"failed\").name'",
    ],
    run: lazy(() => import("./status.ts")),
  },
  {
    name: "metrics",
    description: "print the supervisor's figures in Prometheus' text format",
    example: "lading metrics > /var/lib/prometheus/node-exporter/lading.prom",
    run: lazy(() => import("./metrics.ts")),
  },
  {
    name: "start <unit>",
    description: "start a unit, and what it requires first",
    example: "lading start web",
    run: lazy(async () => (await import("./lifecycle.ts")).start),
  },
  {
    name: "stop <unit>",
    description: "stop a unit, and what requires it first",
    example: "lading stop web",
    run: lazy(async () => (await import("./lifecycle.ts")).stop),
  },
  {
    name: "restart <unit>",
    description: "stop a unit and what requires it, then start them again",
    example: "lading restart web",
    run: lazy(async () => (await import("./lifecycle.ts")).restart),
  },
  {
    name: "disable <unit>",
    description: "let nothing start a unit any more, not even a boot; where it runs, it goes on",
    example: "lading disable web",
    run: lazy(async () => (await import("./lifecycle.ts")).disable),
  },
  {
    name: "enable <unit>",
    description: "let a unit be started again; where it should run, it starts",
    example: "lading enable web",
    run: lazy(async () => (await import("./lifecycle.ts")).enable),
  },
  {
    name: "logs [units...]",
    description:
      "print the logs of units, or of all, in the order of time; of a unit that is gone, the log that it left",
    options: [
      ["-f, --follow", "go on with what comes"],
      ["-n, --tail <lines>", "only so many of the last lines (default: all)"],
      ["--since <time>", "only lines from this time on: 2026-11-25T10:00:00Z, or 10m for so long ago"],
      ["--until <time>", "only lines up to this time; what carries no time is left out by both"],
      ["--grep <pattern>", "only lines that match this regular expression"],
    ],
    example: "lading logs -f web db --since 10m",
    examples: [
      "lading logs web -n 100",
      "lading logs --since 2026-11-25T10:00:00Z --until 2026-11-25T11:00:00Z --grep error",
    ],
    run: lazy(() => import("./logs.ts")),
  },
  {
    name: "action <unit> <name> [arguments...]",
    description: "ask a unit to do something; `command-line` prints how its container is started",
    example: "lading action web command-line",
    examples: ["lading action web pull"],
    run: lazy(() => import("./action.ts")),
  },
  {
    name: "why <unit>",
    description: "explain why a unit is as it is: its state, what it waits for, how it ended, its last lines",
    example: "lading why web",
    run: lazy(() => import("./why.ts")),
  },
  {
    name: "image <verb> <file> [name] [destination]",
    description:
      "build images; push: put them into a registry, under their own names or a destination; inspect: what they hold; diff: how two differ; verify: hash every part again; sbom, provenance: what they are made of. All but build, push and provenance also take the path of a layout or archive",
    options: [
      ["-o, --output <path>", "write the image, the bill of materials or the statement there"],
      [
        "--format <format>",
        "build: oci-archive (default), docker-archive or oci-dir; sbom: spdx (default) or cyclonedx",
      ],
      ["--since <generation>", "inspect: also what changed since this generation's image"],
      ["--svg <path>", "inspect: draw where its bytes are"],
      ["--builder <uri>", "provenance, and what push attaches: who builds, such as the address of a CI's workflow"],
      ["--from <repositories>", "push: repositories of the registry that may have some layers (separated by commas)"],
      ["--authfile <file>", "push: look for credentials there only, not where podman login and docker login keep them"],
      [
        "--attach <documents>",
        "push: with spdx, cyclonedx or provenance, which refer to the image (separated by commas)",
      ],
      ["--insecure", "push: the registry may have any certificate, or none"],
    ],
    example: "lading image build host.ts web -o web.tar --format docker-archive",
    examples: [
      "lading image push host.ts web registry.example.org/team/web:1",
      "lading image inspect host.ts web --since 3",
      "lading image diff web.tar host.ts#web",
      "lading image sbom host.ts web --format cyclonedx -o web.cdx.json",
    ],
    values: {
      verb: ["build", "push", "inspect", "diff", "verify", "sbom", "provenance"],
      format: ["oci-archive", "docker-archive", "oci-dir", "spdx", "cyclonedx"],
      documents: ["spdx", "cyclonedx", "provenance"],
    },
    run: lazy(() => import("./image.ts")),
  },
  {
    name: "lock <file>",
    description:
      "pin every image that is pulled, and every package of images that are built, in a file beside the declaration",
    options: [
      ["--update", "pin anew what is pinned, and show what changes"],
      ["--security", "take security updates of what is pinned, for images with `grafts`, and nothing else"],
      ["--dry-run", "only show; exit 4 where something would change"],
    ],
    example: "lading lock host.ts --update",
    examples: ["lading lock host.ts", "lading lock host.ts --security --dry-run"],
    run: lazy(() => import("./lock.ts")),
  },
  {
    name: "graph <file>",
    description:
      "draw the units, what they require, and their networks, volumes and ports, as SVG, DOT or JSON; as text, what requires what",
    options: [
      ["--format <format>", "text (default), dot, svg or json; where left out, the ending of -o says"],
      ["--services", "draw the services instead, and which others they extend"],
      ["-o, --output <path>", "write it there"],
    ],
    example: "lading graph host.ts -o host.svg",
    examples: ["lading graph host.ts", "lading graph host.ts --services --format dot"],
    values: { format: ["text", "dot", "svg", "json"] },
    run: lazy(() => import("./graph.ts")),
  },
  {
    name: "store <verb>",
    description: "gc: delete what no generation needs; verify: hash every item again",
    options: [
      ["--dry-run", "only say what gc would delete"],
      ["--repair", "verify removes what was changed, so that it is built again"],
    ],
    example: "lading store gc --dry-run",
    examples: ["lading store verify --repair"],
    values: { verb: ["gc", "verify"] },
    run: lazy(() => import("./store.ts")),
  },
  {
    name: "doctor [file]",
    description: "say what rootless containers need of this host, what was found, and how to get there",
    options: [["--fix", "do of it what a plan would do, as root"]],
    example: "lading doctor host.ts",
    examples: ["lading doctor", "lading doctor host.ts --fix"],
    run: lazy(() => import("./doctor.ts")),
  },
  {
    name: "boot [verb]",
    description: "put right what a boot took away, then supervise; install: have the host's init do it; uninstall",
    options: [
      ["--init <name>", "systemd, openrc or runit; found out where left out"],
      ["--print", "only print what install would write"],
    ],
    example: "lading boot install",
    examples: ["lading boot install --init systemd --print", "lading boot uninstall"],
    values: { verb: ["install", "uninstall"], name: ["systemd", "openrc", "runit"] },
    run: lazy(() => import("./boot.ts")),
  },
  {
    name: "down",
    description: "take away what Lading made here; images stay, and volumes unless asked",
    options: [yes, ["--volumes", "also remove volumes and what is in them"]],
    example: "lading down --yes",
    examples: ["lading down --yes --volumes"],
    run: lazy(() => import("./down.ts")),
  },
  {
    name: "daemon",
    description: "run the supervisor in the foreground; apply starts it by itself",
    example: "lading daemon",
    run: lazy(() => import("./daemon.ts")),
  },
  {
    name: "completion <shell>",
    description: "print a script that has a shell complete commands, options, files, units and generations",
    example: "lading completion bash > /etc/bash_completion.d/lading",
    examples: [
      "lading completion zsh > /usr/local/share/zsh/site-functions/_lading",
      "lading completion fish > ~/.config/fish/completions/lading.fish",
    ],
    values: { shell: ["bash", "zsh", "fish"] },
    run: lazy(() => import("./completion.ts")),
  },
  {
    name: "man [command]",
    description: "print the manual's page of a command, or of lading itself, for man(1)",
    options: [["-o, --output <dir>", "write every page into this folder instead"]],
    example: "lading man apply | man -l -",
    examples: ["lading man -o /usr/local/share/man/man1"],
    run: lazy(() => import("./man.ts")),
  },
];
