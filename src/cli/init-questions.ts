/** What `lading init` asks on a terminal. Questions go to stderr; nothing is written before the last is answered. */
import { KnownError } from "../base/index.ts";
import { type TemplateName, templates } from "./init-templates/index.ts";

/** What the answers, or flags, settle. */
export interface Choice {
  readonly template: TemplateName;
  readonly home: boolean;
  readonly user: string;
  readonly port: number;
}

/** Checks what may be typed; a sentence where it is refused. */
export interface Rules {
  readonly user: (text: string) => string | undefined;
  readonly port: (text: string) => string | undefined;
}

interface Asked {
  /** What is chosen where only Enter is pressed. */
  readonly defaults: Choice;
  readonly rules: Rules;
  readonly signal: AbortSignal;
}

/** Asks for the template, for whom it is, and for the user or the port. */
export async function askChoice({ defaults, rules, signal }: Asked): Promise<Choice> {
  const { cancel, intro, isCancel, select, text } = await import("@clack/prompts");
  // A serial console tells no size; the prompts would wrap every letter.
  if (process.stderr.columns === 0) Object.assign(process.stderr, { columns: 80, rows: 24 });
  const shared = { output: process.stderr, signal };
  const answered = <T>(answer: T): Exclude<T, symbol> => {
    if (!isCancel(answer)) return answer as Exclude<T, symbol>;
    cancel("Nothing was written.", { output: process.stderr });
    throw new KnownError("interrupted", "not answered; nothing was written");
  };
  const names = Object.keys(templates) as TemplateName[];

  intro("A declaration to begin with", { output: process.stderr });
  const template = answered(
    await select<TemplateName>({
      ...shared,
      message: "What shall it declare?",
      options: names.map((value) => ({ value, label: templates[value].label, hint: templates[value].about })),
      initialValue: defaults.template,
    }),
  );
  const home =
    templates[template].homeOnly === true ||
    answered(
      await select<boolean>({
        ...shared,
        message: "For whom?",
        options: [
          { value: false, label: "A whole host", hint: "operatingSystem: root applies it" },
          { value: true, label: "A plain user", hint: "homeEnvironment: no root anywhere" },
        ],
        initialValue: defaults.home,
      }),
    );
  if (home) {
    const typed = await text({
      ...shared,
      message: "On which port of this machine shall it answer?",
      initialValue: String(defaults.port),
      validate: (given) => rules.port(given ?? ""),
    });
    return { ...defaults, template, home, port: Number(answered(typed)) };
  }
  const typed = await text({
    ...shared,
    message: "Which unprivileged user shall the containers belong to? It is made where missing.",
    initialValue: defaults.user,
    validate: (given) => rules.user(given ?? ""),
  });
  return { ...defaults, template, home, user: answered(typed) };
}
