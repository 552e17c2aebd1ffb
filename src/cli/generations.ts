/** `lading generations` */
import { type Answer, type Context, table } from "./context.ts";

export async function run(context: Context): Answer {
  const { generations } = await context.host();
  const current = generations.current()?.number;
  const list = generations.numbers().map((number) => generations.read(number));
  if (context.json) {
    const shown = list.map(({ number, time, source, digest }) => ({
      number,
      time,
      source,
      digest,
      current: number === current,
    }));
    context.print(JSON.stringify({ version: 1, generations: shown }, null, 2));
  } else if (list.length === 0) context.print("There are no generations yet: `lading apply FILE` makes the first.");
  else {
    const rows = list.map((each) => [
      `${each.number === current ? "*" : " "} ${each.number}`,
      each.time,
      `${each.spec.units.filter((unit) => unit.start.kind === "container").length} containers`,
      each.source,
    ]);
    context.print(table(rows));
  }
  return undefined;
}
