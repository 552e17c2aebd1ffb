/** Secrets that their container's user cannot read: as files they are root's, and its alone, where nothing is said. */
import type { ContainerView } from "./container-view.ts";
import type { Finding, Rule } from "./rule.ts";

/** A user of a container as the engine is told, `user[:group]`; the numbers where it is told numbers. */
interface Reader {
  readonly text: string;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

const numberOf = (part: string | undefined): number | undefined =>
  part !== undefined && /^\d+$/.test(part) ? Number(part) : undefined;

/** Who the container runs as, where that is declared and is not root. */
function readerOf({ options }: ContainerView): Reader | undefined {
  const text = options("--user").at(-1) ?? "";
  const [user = "", group] = text.split(":");
  if (user === "" || user === "root" || numberOf(user) === 0) return undefined;
  return { text, uid: numberOf(user), gid: group === "root" ? 0 : numberOf(group) };
}

export const secretReaders: Rule = {
  code: "secret-unreadable",
  weight: "warning",
  check: ({ containers }) =>
    containers.flatMap((container): readonly Finding[] => {
      const reader = readerOf(container);
      if (reader === undefined) return [];
      return (container.start.secrets ?? []).flatMap((secret): readonly Finding[] => {
        if (secret.as !== "file") return [];
        const { name, target, uid, gid, mode } = secret;
        // Of a name, or of groups that are the image's to say, nothing is known: what was set for them is believed.
        const isOwner = reader.uid === undefined ? uid !== 0 : uid === reader.uid;
        const mayBeInGroup = reader.gid === undefined || reader.gid === 0 || gid !== 0;
        const canRead = isOwner ? (mode & 0o400) !== 0 : (mode & 0o004) !== 0 || (mayBeInGroup && (mode & 0o040) !== 0);
        if (canRead) return [];
        const shown = mode.toString(8).padStart(3, "0");
        const message = `"${container.name}" runs as ${reader.text}, but ${target} is user ${uid}'s with mode ${shown}: it cannot read the secret "${name}"`;
        // Where ids are mapped in another way, a secret can have no owner.
        const isMapped = ["--userns", "--uidmap"].some((option) => container.options(option).length > 0);
        const hint =
          isOwner || reader.uid === undefined || isMapped
            ? `write its mode: secrets: [{ name: "${name}", mode: 0o444, … }], or its uid as the image numbers users`
            : `write its owner: secrets: [{ name: "${name}", uid: ${reader.uid}, … }]`;
        return [{ message, where: container.place, field: "secrets", hint }];
      });
    }),
};
