/** Arguments that say again, or otherwise, what a field of the record says. */
import { fieldOfOption } from "../../engine/index.ts";
import type { Rule } from "./rule.ts";

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

export const extraArguments: Rule = {
  code: "argument-repeats-field",
  weight: "error",
  check: ({ containers }) =>
    containers.flatMap(({ name, place, typed, extra }) =>
      extra.flatMap(([option, value]) => {
        const field = fieldOfOption[option];
        const said = typed.find(
          ([each, other]) =>
            each === option && (!repeatable.has(option) || keyOf(option, other) === keyOf(option, value)),
        );
        if (field === undefined || said === undefined) return [];
        const how = said[1] === value ? "repeats" : "contradicts";
        const message = `"${name}" has ${option} ${value} in extraArguments, which ${how} the field \`${field}\` (${said[1]})`;
        return [{ message, where: place, field: "extraArguments", hint: `say it once, in \`${field}\`` }];
      }),
    ),
};
