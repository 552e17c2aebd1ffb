/** Values of JSON that others wrote, of which nothing is known yet. */

export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is an object with members. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
