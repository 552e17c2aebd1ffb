/** Variables of containers whose values come from nowhere. */
import type { ContainerView } from "./container-view.ts";
import type { Finding, Rule } from "./rule.ts";

/** A name alone is a promise that the engine's own environment has it. */
function unset({ name, place, environment, start }: ContainerView): readonly Finding[] {
  const given = start.hostEnvironment.map((each) => each.split("=", 1)[0]);
  const secrets = (start.secrets ?? []).map((each) => each.name);
  return environment
    .filter(([variable, value]) => value === null && !given.includes(variable) && !secrets.includes(variable))
    .map(([variable]) => ({
      message: `"${name}" takes the value of ${variable} from hostEnvironment, which does not have it: it stays unset`,
      where: place,
      field: "environment",
      hint: `write ${variable}=value, or add it to \`hostEnvironment\``,
    }));
}

/** What Compose fills in as it reads its file, `${NAME}` and `${NAME:-word}`; here nobody does. */
function uninterpolated({ name, place, environment }: ContainerView): readonly Finding[] {
  return environment.flatMap(([variable, value]) => {
    const [text, wanted] = /\$\{([A-Za-z_]\w*)(?::?[-?+][^}]*)?\}/.exec(value ?? "") ?? [];
    if (text === undefined) return [];
    const message = `"${name}" has ${text} in its variable ${variable}, and nobody fills it in: it stays as it is written`;
    const hint = `TypeScript fills it in: \`\${process.env.${wanted} ?? ""}\`, between backquotes`;
    return [{ message, where: place, field: "environment", hint }];
  });
}

export const environmentSources: Rule = {
  code: "environment-unset",
  weight: "warning",
  check: ({ containers }) => containers.flatMap((each) => [...unset(each), ...uninterpolated(each)]),
};
