/** The fields of a tar header's block, and the records of a pax header (pax(1), "ustar Interchange Format"; GNU tar's). */

/** Thrown for what is no tar; its reader says of which archive. */
export class TarProblem extends Error {}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** How the bytes of a name become text. */
export type DecodeName = (bytes: Uint8Array) => string;

/** Names are UTF-8: what is not could not be told apart, nor written again. */
export function decodeName(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    throw new TarProblem(`a name in it is not UTF-8: ${JSON.stringify(Buffer.from(bytes).toString("latin1"))}`);
  }
}

/** For names that are only shown: what is not UTF-8 stands as U+FFFD. */
export function decodeAnyName(bytes: Uint8Array): string {
  return lenient.decode(bytes);
}

/** A text field, which a NUL ends unless it is full. */
export function textField(header: Buffer, offset: number, width: number, decode: DecodeName): string {
  const field = header.subarray(offset, offset + width);
  const end = field.indexOf(0);
  return decode(end === -1 ? field : field.subarray(0, end));
}

/** A number: octal digits between spaces and NULs, or, with the first bit set, the bytes themselves (GNU's base 256). */
export function numberField(header: Buffer, offset: number, width: number): number {
  const field = header.subarray(offset, offset + width);
  const first = field[0] ?? 0;
  if (first === 0xff) throw new TarProblem("a number in it is negative");
  if (first === 0x80) {
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    return safe(value);
  }
  const digits = field.toString("latin1").replace(/^[ \0]+|[ \0].*$/gs, "");
  if (!/^[0-7]*$/.test(digits)) throw new TarProblem(`a number in it is none: ${JSON.stringify(digits)}`);
  return safe(digits === "" ? 0 : Number.parseInt(digits, 8));
}

function safe(value: number): number {
  if (!Number.isSafeInteger(value)) throw new TarProblem("a number in it is too large");
  return value;
}

/** The sum of a header's bytes with its own field as spaces; some old writers took the bytes as signed. */
export function hasRightSum(header: Buffer): boolean {
  const own = numberField(header, 148, 8);
  let [unsigned, signed] = [0, 0];
  for (let at = 0; at < 512; at += 1) {
    const byte = at >= 148 && at < 156 ? 32 : (header[at] ?? 0);
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  return own === unsigned || own === signed;
}

/** The records `LENGTH KEY=VALUE\n`; an empty value takes back an earlier one. */
export function paxRecords(body: Buffer): ReadonlyMap<string, Buffer> {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const digits = space === -1 ? "" : body.toString("latin1", at, space);
    const end = at + Number(digits);
    const equals = body.indexOf(0x3d, space);
    if (!/^[1-9]\d{0,7}$/.test(digits) || end > body.length || body[end - 1] !== 0x0a)
      throw new TarProblem("a pax header in it has a record of the wrong length");
    if (equals === -1 || equals >= end) throw new TarProblem("a pax header in it has a record without a value");
    records.set(decodeName(body.subarray(space + 1, equals)), body.subarray(equals + 1, end - 1));
    at = end;
  }
  return records;
}

/** A pax number. Fractions, which only times have, are no use here. */
export function paxNumber(value: Buffer): number {
  const text = value.toString("latin1");
  if (!/^\d{1,16}$/.test(text)) throw new TarProblem(`a number in a pax header is none: ${JSON.stringify(text)}`);
  return safe(Number(text));
}
