/**
 * The number by which OpenSSL looks for a certificate in a folder: of its subject, so that it finds whoever signed.
 *
 * It is the start of the SHA-1 of the name in a canonical form (OpenSSL, crypto/x509/x_name.c): each relative name as DER,
 * one after the other without the sequence around them, with text as UTF-8 in small letters (of ASCII only), with one space
 * for several and none at the ends; values that are no text stay as they are.
 */
import { createHash } from "node:crypto";

interface Element {
  readonly tag: number;
  /** With tag and length. */
  readonly whole: Buffer;
  readonly content: Buffer;
}

const tags = { integer: 0x02, objectId: 0x06, utf8: 0x0c, sequence: 0x30, set: 0x31, version: 0xa0 };

/** How the text of a value is written, by its tag; X.690 8.23 calls them by their alphabets. */
const texts: ReadonlyMap<number, (bytes: Buffer) => string> = new Map([
  [tags.utf8, (bytes: Buffer) => bytes.toString("utf8")],
  // PrintableString, T61String, IA5String, VisibleString: a byte for each character.
  ...[0x13, 0x14, 0x16, 0x1a].map((tag) => [tag, (bytes: Buffer) => bytes.toString("latin1")] as const),
  // BMPString and UniversalString.
  [0x1e, (bytes: Buffer) => wide(bytes, 2)],
  [0x1c, (bytes: Buffer) => wide(bytes, 4)],
]);

/** Eight digits, for a certificate as DER; a RangeError, where it is none. */
export function subjectHash(certificate: Buffer): string {
  const canonical = Buffer.concat(children(subjectOf(certificate)).map(canonicalRelativeName));
  const hash = createHash("sha1").update(canonical).digest();
  return hash.readUInt32LE(0).toString(16).padStart(8, "0");
}

/** RFC 5280, 4.1: version (explicit, optional), serial number, algorithm, issuer, validity, subject. */
function subjectOf(certificate: Buffer): Element {
  const [toBeSigned] = children(expect(readElement(certificate, 0), tags.sequence));
  const fields = children(expect(toBeSigned, tags.sequence));
  return expect(fields[fields[0]?.tag === tags.version ? 5 : 4], tags.sequence);
}

function canonicalRelativeName(name: Element): Buffer {
  const attributes = children(expect(name, tags.set)).map((attribute) => {
    const [type, value] = children(expect(attribute, tags.sequence));
    return encode(tags.sequence, [expect(type, tags.objectId).whole, canonicalValue(value)]);
  });
  // The elements of a set are in the order of their bytes.
  return encode(tags.set, attributes.sort(Buffer.compare));
}

function canonicalValue(value: Element | undefined): Buffer {
  if (value === undefined) throw new RangeError("a name's attribute has no value");
  const text = texts.get(value.tag)?.(value.content);
  if (text === undefined) return value.whole;
  const words = text.replace(/[ \t-\r]+/g, " ").replace(/^ | $/g, "");
  const small = words.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return encode(tags.utf8, [Buffer.from(small)]);
}

function wide(bytes: Buffer, width: 2 | 4): string {
  if (bytes.length % width !== 0) throw new RangeError("a text ends within a character");
  let text = "";
  for (let at = 0; at < bytes.length; at += width) text += String.fromCodePoint(bytes.readUIntBE(at, width));
  return text;
}

function expect(element: Element | undefined, tag: number): Element {
  if (element?.tag !== tag) throw new RangeError("a part of the certificate is missing");
  return element;
}

function children({ content }: Element): readonly Element[] {
  const found: Element[] = [];
  for (let at = 0; at < content.length; ) {
    const element = readElement(content, at);
    found.push(element);
    at += element.whole.length;
  }
  return found;
}

/** X.690: a tag of one byte, a length of up to four bytes more, and the content. */
function readElement(bytes: Buffer, at: number): Element {
  const [tag, first] = [bytes.readUInt8(at), bytes.readUInt8(at + 1)];
  const more = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || more > 4) throw new RangeError("a length is not as DER has it");
  const start = at + 2 + more;
  const end = start + (more === 0 ? first : bytes.readUIntBE(at + 2, more));
  if (end > bytes.length) throw new RangeError("the certificate ends too early");
  return { tag, whole: bytes.subarray(at, end), content: bytes.subarray(start, end) };
}

function encode(tag: number, parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const digits: number[] = [];
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  const length = content.length < 0x80 ? [content.length] : [0x80 | digits.length, ...digits];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
