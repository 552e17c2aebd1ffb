/** Arguments that say again, or otherwise, what a field of the record says, or what is Lading's own to say. */
import { fieldOfOption } from "../../engine/index.ts";
import type { ContainerView } from "./container-view.ts";
import type { Finding, Rule } from "./rule.ts";

/** Options by which Lading runs and knows a container, and what to do instead: with another value it would be lost to it. */
const ownOptions: Readonly<Record<string, string>> = {
  "--name": "say it in `provision`",
  "--restart": "say it in `respawn`; Lading starts it again itself",
  "--rm": "leave it out: Lading sets it itself",
  "--replace": "leave it out: Lading sets it itself",
  "--detach": "leave it out: Lading sets it itself, and `lading logs` shows the output",
  "--attach": "leave it out: Lading runs it detached, and `lading logs` shows the output",
  "--interactive": "leave it out: units have no terminal",
  "--tty": "leave it out: units have no terminal",
  "--pull": "leave it out: Lading pulls images before the switch, and sets it itself",
  "--rmi": "leave it out: the image is needed for the next start",
  "--cidfile": "leave it out: Lading knows the container by its name, which is `provision`",
  "--conmon-pidfile": "leave it out: Lading knows the container by its name, which is `provision`",
};

function ownArguments({ name, place, extra }: ContainerView): readonly Finding[] {
  return extra.flatMap(([option, value]) => {
    const hint = Object.hasOwn(ownOptions, option) ? ownOptions[option] : undefined;
    if (hint === undefined) return [];
    const shown = value === "true" ? option : `${option} ${value}`;
    const message = `"${name}" has ${shown} in extraArguments, which is Lading's own to say`;
    return [{ message, where: place, field: "extraArguments", hint }];
  });
}

/** Options that may be given any number of times. */
const repeatable = new Set(
  "--env -p -v --network --network-alias --ulimit --sysctl --cap-add --cap-drop --security-opt --uidmap --gidmap --group-add --tmpfs --mount --device --add-host --dns --dns-search --dns-option --expose --label --annotation --env-file --log-opt".split(
    " ",
  ),
);

/** What two values of a repeatable option must not share: a variable's name, a label's key, a mount's target. */
function keyOf(option: string, value: string): string {
  if (option === "-v") return value.split(":")[1] ?? value;
  return ["--env", "--label", "--annotation", "--sysctl", "--ulimit", "--log-opt"].includes(option)
    ? (value.split("=", 1)[0] ?? value)
    : value;
}

function repeatedArguments({ name, place, typed, extra }: ContainerView): readonly Finding[] {
  return extra.flatMap(([option, value]) => {
    const field = fieldOfOption[option];
    const said = typed.find(
      ([each, other]) => each === option && (!repeatable.has(option) || keyOf(option, other) === keyOf(option, value)),
    );
    if (field === undefined || said === undefined) return [];
    const how = said[1] === value ? "repeats" : "contradicts";
    const message = `"${name}" has ${option} ${value} in extraArguments, which ${how} the field \`${field}\` (${said[1]})`;
    return [{ message, where: place, field: "extraArguments", hint: `say it once, in \`${field}\`` }];
  });
}

export const extraArguments: Rule = {
  code: "argument-repeats-field",
  weight: "error",
  check: ({ containers }) => containers.flatMap((each) => [...repeatedArguments(each), ...ownArguments(each)]),
};
