/** Names and labels that are longer than what has to carry them. */
import type { Finding, Rule } from "./rule.ts";

/** One label of a name in the DNS (RFC 1035): by it, containers on a network find each other. */
const dnsLabel = 63;

/** A file's name (NAME_MAX), of which the engines take some bytes for endings of their own. */
const fileName = 240;

/** One argument of a program, with its end (MAX_ARG_STRLEN, execve(2)). */
const argument = 131_071;

const bytes = (text: string): number => Buffer.byteLength(text);

export const lengths: Rule = {
  code: "name-too-long",
  weight: "refused",
  check: ({ containers, objects }) => {
    const found: Finding[] = [];
    for (const { name, place, networks, options } of containers) {
      const tell = (message: string, hint: string): void => void found.push({ message, where: place, hint });
      if (bytes(name) > fileName)
        tell(`the name of "${name.slice(0, 40)}…" has ${bytes(name)} bytes, and ${fileName} is the most`, "shorten it");
      else if (networks.length > 0 && name.length > dnsLabel)
        tell(
          `the name "${name}" has ${name.length} characters: others on its network cannot find it by a name of more than ${dnsLabel}`,
          "shorten it with `provision`",
        );
      for (const option of ["--label", "--annotation", "--env"]) {
        const long = options(option).find((value) => bytes(value) > argument);
        if (long !== undefined)
          tell(
            `"${name}" has a ${option.slice(2)} "${long.slice(0, 40)}…" of ${bytes(long)} bytes, and the kernel passes on ${argument}`,
            "put long values into a file and mount it",
          );
      }
    }
    for (const { object, name, place } of objects)
      if (bytes(name) > fileName)
        found.push({
          message: `the name of the ${object} "${name.slice(0, 40)}…" has ${bytes(name)} bytes, and ${fileName} is the most`,
          where: place,
          hint: "shorten it",
        });
    return found;
  },
};
