/** The environment variables that the command reads: the help, the manual and the pages of man(1) say it from here. */

export const environmentVariables: readonly (readonly [name: string, meaning: string])[] = [
  ["LADING_STATE", "folder of the state (default: /var/lib/lading for root, else $XDG_STATE_HOME/lading)"],
  ["LADING_RUNTIME", "folder of the control socket (default: /run/lading for root, else $XDG_RUNTIME_DIR/lading)"],
  ["LADING_ENGINE_DEADLINE", "seconds that an engine may take to answer a question (default: 60)"],
  [
    "LADING_PROGRESS",
    "live, plain or none: how progress is shown on stderr (default: live on a terminal, plain elsewhere and where CI is set)",
  ],
  ["NO_COLOR", "where it is not empty, nothing is coloured"],
  ["FORCE_COLOR", "where it is not empty, all is coloured, terminal or not; 0 or false: nothing is"],
  [
    "COLUMNS",
    "columns of the terminal (default: as the terminal says); in a pipe, of help and of errors' source lines, as tables and lines are left whole there",
  ],
  ["XDG_STATE_HOME", "where a plain user's state lies (default: ~/.local/state)"],
  ["XDG_RUNTIME_DIR", "where a plain user's sockets lie"],
  ["XDG_CONFIG_HOME", "where a plain user's credentials and certificates for registries lie (default: ~/.config)"],
  ["REGISTRY_AUTH_FILE", "file of credentials for registries, and then no other"],
  ["DOCKER_CONFIG", "folder of Docker's credentials (default: ~/.docker)"],
  ["SSL_CERT_FILE", "certificates of the authorities that are trusted (default: the host's)"],
  ["HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "proxies for registries and archives, and what goes through none"],
];
