/** Words of `extraArguments` that are no option of an engine. */
import { readExtra } from "./extra-words.ts";
import type { Finding, Rule } from "./rule.ts";

export const argumentSyntax: Rule = {
  code: "invalid-value",
  weight: "refused",
  check: ({ containers }) =>
    containers.flatMap(({ name, place, start }): readonly Finding[] => {
      const { strays, joined } = readExtra(start.container.extraArguments);
      const tell = (problem: string, hint: string): Finding => ({
        message: `"${name}" has ${problem}`,
        where: place,
        field: "extraArguments",
        hint,
      });
      return [
        ...strays.map((word) =>
          tell(
            `${JSON.stringify(word)} in extraArguments, which is neither an option nor the value of one: the engine would take it for the image`,
            'expected options such as "--ipc=host"; what the image\'s program is given stands in `command`',
          ),
        ),
        ...joined.map((word) => {
          const [option = "", value = ""] = word.split(/\s+(.*)/s);
          return tell(
            `${JSON.stringify(word)} in extraArguments, which the engine reads as one word`,
            `write two: ${JSON.stringify(option)}, ${JSON.stringify(value)}`,
          );
        }),
      ];
    }),
};
