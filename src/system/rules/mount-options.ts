/** Kinds of mounts, and options of volumes, that no engine has. */
import { nearest } from "../../base/index.ts";
import { fieldOfMount, parseVolume } from "./container-view.ts";
import type { Finding, Rule } from "./rule.ts";

/** podman-run(1) of Podman 5, and docker-run(1), `--mount`. */
const mountTypes: readonly string[] = "artifact bind cluster devpts glob image npipe ramfs tmpfs volume".split(" ");

/** podman-run(1), `--volume`; the last three are Docker Desktop's, and both engines pass over them elsewhere. */
const volumeOptions: readonly string[] =
  "rw ro z Z O U copy nocopy dev nodev exec noexec suid nosuid bind rbind shared rshared slave rslave private rprivate unbindable runbindable idmap upperdir workdir consistent cached delegated".split(
    " ",
  );

function hintFor(word: string, known: readonly string[]): string {
  const close = nearest(word, known);
  return close === undefined || close === word ? `expected one of ${known.join(", ")}` : `did you mean "${close}"?`;
}

export const mountOptions: Rule = {
  code: "invalid-value",
  weight: "refused",
  check: ({ containers }) =>
    containers.flatMap(({ name, place, options }): readonly Finding[] => [
      ...options("--mount").flatMap((text) => {
        const type = /(?:^|,)type=([^,]*)/.exec(text)?.[1] ?? "volume";
        if (mountTypes.includes(type)) return [];
        const message = `"${name}" mounts "${text}": there is no mount of type "${type}"`;
        return [{ message, where: place, field: fieldOfMount.mount, hint: hintFor(type, mountTypes) }];
      }),
      ...options("-v").flatMap((text) =>
        parseVolume(text)
          .options.filter((option) => !volumeOptions.includes(option.split("=", 1)[0] ?? ""))
          .map((option) => ({
            message: `"${name}" mounts "${text}": a volume has no option "${option}"`,
            where: place,
            field: fieldOfMount.volume,
            hint: hintFor(option, volumeOptions),
          })),
      ),
    ]),
};
