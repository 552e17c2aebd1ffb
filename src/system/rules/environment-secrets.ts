/** Variables of containers that look like secrets, by their names or by their values. */
import type { ContainerView } from "./container-view.ts";
import type { Rule } from "./rule.ts";

const secretName =
  /(?:^|[_.-])(?:pass(?:word|wd|phrase)?|pwd|secret|token|api_?key|private_?key|access_?key|credentials?)(?:$|[_.-](?!file|path|dir|url|name|id|expir|ttl|length|policy|header|type|min|max))|(?:password|passwd|secret)$/i;

/** Values that no setting looks like: keys of well-known services, signed tokens, private keys, addresses with passwords. */
const secretValue =
  /^(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{30,}|glpat-[\w-]{20,}|xox[abpr]-[\w-]{10,}|sk_live_\w{10,}|eyJ[\w-]+\.eyJ[\w-]+\..*|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*|[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:[^\s/@]+@\S+)$/;

const isPath = (value: string): boolean => /^\/[\w./-]+$/.test(value);
const isSwitch = (value: string): boolean => /^(?:|true|false|yes|no|on|off|none|null|\d{1,3})$/i.test(value);

/** Variables about secrets that hold none: their last word says what they hold. */
const aboutSecrets =
  /(?:file|path|dir|url|uri|endpoint|host|port|name|user|id|issuer|store|expir\w*|ttl|length|policy|header|type|min|max|through|size|count|interval|timeout|enabled|required)$/i;

function looksSecret([variable, value]: ContainerView["environment"][number]): boolean {
  if (value === null || isSwitch(value) || isPath(value)) return false;
  return (secretName.test(variable) && !aboutSecrets.test(variable)) || secretValue.test(value);
}

export const environmentSecrets: Rule = {
  code: "secret-in-environment",
  weight: "warning",
  check: ({ containers }) =>
    containers.flatMap(({ name, place, environment }) =>
      environment.filter(looksSecret).map(([variable]) => ({
        message: `"${name}" has what looks like a secret in the variable ${variable}: it stands in generations, in \`podman inspect\` and in this file`,
        where: place,
        field: "environment",
        hint: `declare it as a secret: secrets: [{ name: "${variable}", as: "environment", file: join(import.meta.dirname, "${variable.toLowerCase()}") }]`,
      })),
    ),
};
