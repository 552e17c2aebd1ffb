/** What starts the supervisor at boot, for the inits that hosts have. Pure. */
import { shellQuote } from "../base/index.ts";

export type Init = "systemd" | "openrc" | "runit";

/** The command that is run, with what of its environment says where things are. */
export interface BootCommand {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface BootFile {
  readonly path: string;
  readonly mode: number;
  readonly content: string;
  /** The link that puts it in force, and what it points at. */
  readonly link: readonly [path: string, target: string];
}

/** Where the file goes. */
export interface BootPlace {
  /** The home of a user whose own systemd starts it; null for the host's. */
  readonly home: string | null;
  /** The folder that runit scans. */
  readonly serviceFolder: string;
}

/** systemd splits at white space and expands "%" and "$" (systemd.service(5), "COMMAND LINES"). */
function systemdQuote(word: string): string {
  const escaped = word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%").replaceAll("$", "$$$$");
  return `"${escaped}"`;
}

/**
 * The supervisor's containers and programs outlive it (KillMode=process), and their control groups are its to make
 * (Delegate). It is no more than a second away when it fails, or when it is not heard of for a minute (WatchdogSec).
 */
function systemdUnit({ argv, environment }: BootCommand, home: boolean): string {
  const variables = Object.entries(environment).map(
    ([key, value]) => `Environment=${systemdQuote(`${key}=${value}`)}\n`,
  );
  const wants = home ? "" : "Wants=network-online.target\nAfter=network-online.target local-fs.target\n";
  return `[Unit]
Description=Declared containers, supervised by Lading
${wants}
[Service]
Type=notify
NotifyAccess=all
TimeoutStartSec=300
WatchdogSec=60
${variables.join("")}ExecStart=${argv.map(systemdQuote).join(" ")}
KillMode=process
Delegate=yes
Restart=on-failure
RestartSec=1

[Install]
WantedBy=${home ? "default.target" : "multi-user.target"}
`;
}

function openrcScript({ argv, environment }: BootCommand): string {
  const [program = "", ...args] = argv;
  const variables = Object.entries(environment).map(([key, value]) => `export ${key}=${shellQuote(value)}\n`);
  return `#!/sbin/openrc-run
description="Declared containers, supervised by Lading"
${variables.join("")}command=${shellQuote(program)}
command_args="${args.map(shellQuote).join(" ")}"
command_background=yes
pidfile=/run/lading.pid
output_log=/var/log/lading.log
error_log=/var/log/lading.log

depend() {
  need localmount
  after net
}
`;
}

function runitScript({ argv, environment }: BootCommand): string {
  const variables = Object.entries(environment).map(([key, value]) => shellQuote(`${key}=${value}`));
  return `#!/bin/sh
exec 2>&1
exec env ${[...variables, ...argv.map(shellQuote)].join(" ")}
`;
}

/** The file that starts the supervisor under an init. */
export function bootFile(init: Init, command: BootCommand, { home, serviceFolder }: BootPlace): BootFile {
  switch (init) {
    case "systemd": {
      const folder = home === null ? "/etc/systemd/system" : `${home}/.config/systemd/user`;
      const target = home === null ? "multi-user.target.wants" : "default.target.wants";
      const path = `${folder}/lading.service`;
      return {
        path,
        mode: 0o644,
        content: systemdUnit(command, home !== null),
        link: [`${folder}/${target}/lading.service`, path],
      };
    }
    case "openrc": {
      const path = "/etc/init.d/lading";
      return { path, mode: 0o755, content: openrcScript(command), link: ["/etc/runlevels/default/lading", path] };
    }
    case "runit":
      return {
        path: "/etc/sv/lading/run",
        mode: 0o755,
        content: runitScript(command),
        link: [`${serviceFolder}/lading`, "/etc/sv/lading"],
      };
  }
}
