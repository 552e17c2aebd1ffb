/** Values in error messages: short, quoted, without a control character. */

/** A value as an error message names it, cut where it gets long. */
export function showValue(value: unknown): string {
  return `${kindOf(value)}${textOf(value)}`;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined || Array.isArray(value)) return "";
  return typeof value === "object" || typeof value === "function" ? "" : `${typeof value} `;
}

function textOf(value: unknown): string {
  if (value === undefined) return "undefined";
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    return "a value that refers to itself";
  }
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
