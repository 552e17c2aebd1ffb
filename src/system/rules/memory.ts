/** Limits of memory that contradict each other. */
import { parseSize } from "../../base/index.ts";
import type { Finding, Rule } from "./rule.ts";

export const memory: Rule = {
  code: "fields-contradict",
  weight: "refused",
  check: ({ containers }) =>
    containers.flatMap(({ name, place, options }) => {
      const found: Finding[] = [];
      const contradict = (field: string, message: string, hint: string): void =>
        void found.push({ message: `"${name}": ${message}`, where: place, field, hint });
      const [limit, swap, reservation] = ["--memory", "--memory-swap", "--memory-reservation"].map((option) =>
        parseSize(options(option)[0] ?? ""),
      );
      if (swap !== undefined && limit === undefined)
        contradict("memorySwap", "memorySwap is declared without memory", "declare `memory` as well");
      if (limit !== undefined && swap !== undefined && swap < limit)
        contradict("memorySwap", "memorySwap is less than memory", "it counts memory and swap together");
      if (limit !== undefined && reservation !== undefined && reservation > limit)
        contradict("memoryReservation", "memoryReservation is more than memory", "lower it");
      return found;
    }),
};
