/** Users inside containers that cannot be. */
import type { Rule } from "./rule.ts";

/** The largest id that the kernel has: the one after it stands for none (credentials(7)). */
const lastId = 4_294_967_294;

function isPossible(part: string): boolean {
  if (/^\d+$/.test(part)) return Number(part) <= lastId;
  return /^[A-Za-z_][\w.-]*\$?$/.test(part);
}

export const containerUsers: Rule = {
  code: "user-invalid",
  weight: "refused",
  check: ({ containers }) =>
    containers.flatMap(({ name, place, options }) =>
      options("--user")
        .filter((user) => {
          const parts = user.split(":");
          return parts.length > 2 || !parts.every((part, index) => (index === 0 && part === "") || isPossible(part));
        })
        .map((user) => ({
          message: `"${name}" runs as ${JSON.stringify(user)}, which no user can be called`,
          where: place,
          field: "containerUser",
          hint: "expected user[:group], each a name or a number",
        })),
    ),
};
