import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Problems } from "../../src/base/index.ts";
import { jsonSchemaOf, markdownOf, typescriptOf } from "../../src/record/document.ts";
import {
  boolean,
  collectingProblems,
  defineRecord,
  integer,
  listOf,
  pass,
  placeOf,
  recordOf,
  refuse,
  string,
} from "../../src/record/index.ts";
import { pairs } from "../../src/store/index.ts";

interface Point {
  readonly name: string;
  readonly count: number;
  readonly tags: readonly string[];
  readonly on: boolean;
}

const point = defineRecord<Partial<Record<keyof Point, unknown>>, Point>("point", "A point.", {
  name: { type: string, doc: "Its name." },
  count: { type: integer(0, 9), default: 1, doc: "How many." },
  tags: { type: listOf(string), default: [], doc: "Its tags." },
  on: { type: boolean, default: false, doc: "Whether it is on." },
});

async function problemsOf(body: () => unknown): Promise<readonly string[]> {
  const error = await collectingProblems(body).catch((thrown: unknown) => thrown);
  if (!(error instanceof Problems)) throw new Error("no problems were found");
  return error.problems.map((each) => `${each.code}: ${each.message} (${each.hint ?? "no hint"})`);
}

describe("records", () => {
  test("defaults are filled in, and the record is frozen", () => {
    const made = point({ name: "a" });
    expect(made).toEqual({ name: "a", count: 1, tags: [], on: false });
    expect(Object.isFrozen(made)).toBe(true);
    expect(Object.isFrozen(made.tags)).toBe(true);
  });

  test("all problems are reported together, each with what was expected and what was there", async () => {
    expect(
      await problemsOf(() => {
        point({ count: 10, tags: ["a", 1] });
        point({ nmae: "a" } as never);
      }),
    ).toEqual([
      'missing-field: point: the field "name" is missing: expected a string (Its name.)',
      'invalid-value: point: field "count": expected a whole number from 0 to 9, got number 10 (How many.)',
      'invalid-value: point: field "tags[1]": expected a string, got number 1 (Its tags.)',
      'unknown-field: point has no field "nmae" (did you mean "name"?)',
      'missing-field: point: the field "name" is missing: expected a string (Its name.)',
    ]);
  });

  test("without a collector, the first problem is thrown", () => {
    expect(() => point({ name: 1 })).toThrow('field "name"');
  });

  test("a constructor that is given no object says so", () => {
    expect(() => point(null as never)).toThrow("point: expected an object with the record's fields, got null");
    expect(() => point([] as never)).toThrow("point: expected an object");
  });

  test("spreading leaves type and place behind, and the constructor checks again", () => {
    const base = point({ name: "a" });
    expect(placeOf(base)).toBeDefined();
    expect(placeOf({ ...base })).toBeUndefined();
    expect(() => point({ ...base, count: -1 })).toThrow('field "count"');
  });

  test("a value that refers to itself, or is a function, can be named in an error", () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(() => point({ name: loop })).toThrow("refers to itself");
    expect(() => point({ name: () => 1 })).toThrow("a function");
  });

  test("a NUL in a text is refused: it could not become an argument", () => {
    expect(() => point({ name: "a\0b" })).toThrow('field "name"');
  });

  test("whatever is passed, it is a record or a KnownError, never anything else", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        try {
          point(value as never);
        } catch (error) {
          expect(error).toHaveProperty("code");
        }
      }),
    );
  });

  test("a record made of a record's fields is equal to it", () => {
    const fields = fc.record({
      name: fc.string().filter((text) => !text.includes("\0")),
      count: fc.integer({ min: 0, max: 9 }),
      on: fc.boolean(),
    });
    fc.assert(
      fc.property(fields, (input) => {
        const once = point(input);
        expect(point({ ...once })).toEqual(once);
      }),
    );
  });

  test("a record inside a record may be written as plain fields, and is checked as such", () => {
    const line = defineRecord<{ readonly ends: unknown }, { readonly ends: readonly Point[] }>("line", "A line.", {
      ends: { type: listOf(recordOf(point)), doc: "Its ends." },
    });
    expect(line({ ends: [point({ name: "a" }), { name: "b" }] }).ends[1]).toEqual(point({ name: "b" }));
    expect(() => line({ ends: [{ name: 2 }] })).toThrow('line: field "ends[0].name"');
  });
});

describe("a sanitizer", () => {
  const even = defineRecord<{ readonly size: number }, { readonly size: number }>("box", "A box.", {
    size: {
      type: integer(0, 99),
      doc: "Its size.",
      sanitize: (size: number) => (size % 2 === 0 ? pass(size / 2) : refuse("an even number", size)),
    },
  });

  test("normalises what the type accepts, and refuses with its own words", () => {
    expect(even({ size: 8 })).toEqual({ size: 4 });
    expect(() => even({ size: 7 })).toThrow('box: field "size": expected an even number, got number 7');
    expect(() => even({ size: 100 })).toThrow("a whole number from 0 to 99");
  });
});

describe("pairs", () => {
  const environment = pairs("=");
  const word = fc
    .string({ minLength: 1 })
    .filter((text) => !text.includes("\0") && !/^\d+$/.test(text) && text !== "__proto__");

  test("an object, a list of pairs and joined strings mean the same", () => {
    const expected = { ok: true, value: ["A=1", "B=2"] };
    expect(environment.check({ A: "1", B: "2" })).toEqual(expected);
    expect(environment.check([["A", "1"], "B=2"])).toEqual(expected);
  });

  test("joined pairs are taken as they are: checking twice changes nothing", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word)), (list) => {
        const once = environment.check(list);
        expect(once.ok && environment.check(once.value)).toEqual(once);
      }),
    );
  });

  test("no text of a value is lost or changed", () => {
    fc.assert(
      fc.property(word, word, (key, value) => {
        expect(environment.check({ [key]: value })).toEqual({ ok: true, value: [`${key}=${value}`] });
      }),
    );
  });
});

describe("what is generated from fields", () => {
  test("the reference page has a row for each field", () => {
    const page = markdownOf(point.recordType);
    for (const [name, field] of Object.entries(point.recordType.fields)) {
      expect(page).toContain(`| \`${name}\` |`);
      expect(page).toContain(field.doc);
    }
  });

  test("the types say what may be left out", () => {
    const types = typescriptOf(point.recordType);
    expect(types).toContain("readonly name: string;");
    expect(types).toContain("readonly count?: number | undefined;");
  });

  test("the JSON Schema says what is required, and refuses what is not a field", () => {
    expect(jsonSchemaOf([point.recordType])).toMatchObject({
      $defs: { point: { required: ["name"], additionalProperties: false, properties: { count: { default: 1 } } } },
    });
  });
});
