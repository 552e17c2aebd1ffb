/** Folding, against facts computed in Guile on Guix's own (gnu services); the names are the ids of those facts. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { KnownError } from "../../src/base/index.ts";
import {
  type AnyServiceType,
  extension,
  foldServices,
  instantiateMissingServices,
  modifyServices,
  type Service,
  type ServiceType,
  service,
  serviceType,
  simpleService,
} from "../../src/service/index.ts";
import { etcServiceType } from "../../src/services/index.ts";
import { operatingSystem } from "../../src/system/index.ts";

type List = readonly unknown[];
type T = ServiceType<unknown, unknown>;

/** A type whose contributions are concatenated and appended, as `T` in the facts. */
function type(
  name: string,
  extensions: readonly [AnyServiceType | T, (value: unknown) => unknown][] = [],
  more: object = {},
): T {
  return serviceType<unknown, unknown, unknown>({
    name,
    description: name,
    extensions: extensions.map(([target, compute]) => extension(target as AnyServiceType, compute)),
    compose: (contributions) => contributions.flat(),
    // Appending nothing to what is no list leaves it alone, as in Guile.
    extend: (value, composed: List) => (composed.length === 0 ? value : [...(value as List), ...composed]),
    ...more,
  });
}

const list = (value: unknown): List => [value];
const fold = (services: readonly Service[], target: T): unknown => foldServices(services, target as AnyServiceType);
const value = (each: Service): unknown => each.value;
const names = (services: readonly Service[]): readonly string[] => services.map((each) => each.type.name);

function errorOf(run: () => unknown): KnownError {
  try {
    run();
  } catch (error) {
    if (error instanceof KnownError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("folding", () => {
  const root = type("root");

  test("fold-001: one service without extensions is returned as it is", () => {
    const bare = serviceType<unknown>({ name: "a", description: "a" });
    expect(fold([service(bare, [1])], bare)).toEqual([1]);
  });

  test("fold-002: compose gets the list of computed values", () => {
    const x = type("x", [[root, list]]);
    expect(fold([service(root, [0]), service(x, 1)], root)).toEqual([0, 1]);
  });

  test("fold-003: extensions arrive in the reverse of the list", () => {
    const [x, y, z] = ["x", "y", "z"].map((name) => type(name, [[root, list]])) as [T, T, T];
    const services = [service(x, "x"), service(root, ["r"]), service(z, "z"), service(y, "y")];
    expect(fold(services, root)).toEqual(["r", "y", "z", "x"]);
  });

  test("fold-004: several instances of one extending type all count", () => {
    const x = type("x", [[root, list]]);
    expect(fold([service(root, []), service(x, 1), service(x, 2), service(x, 1)], root)).toEqual([1, 2, 1]);
  });

  test("fold-005: what extends is itself extended first", () => {
    const mid = type("mid", [[root, (folded) => [["mid", ...(folded as List)]]]]);
    const leaf = type("leaf", [[mid, list]]);
    expect(fold([service(root, []), service(mid, ["m"]), service(leaf, "l")], root)).toEqual([["mid", "m", "l"]]);
  });

  test("fold-006: the bottom of a diamond is computed once for each target", () => {
    let count = 0;
    const left = type("l", [[root, list]]);
    const right = type("r", [[root, list]]);
    const base = type("base", [
      [
        left,
        (own) => {
          count += 1;
          return [own];
        },
      ],
      [
        right,
        (own) => {
          count += 1;
          return [own];
        },
      ],
    ]);
    const services = [service(root, []), service(left, ["l"]), service(right, ["r"]), service(base, "b")];
    expect(fold(services, root)).toEqual([
      ["r", "b"],
      ["l", "b"],
    ]);
    expect(count).toBe(2);
  });

  test("fold-007: folding does not instantiate defaults", () => {
    const target = type("root", [], { defaultValue: [] });
    const x = type("x", [[target, list]]);
    const y = type("y");
    const error = errorOf(() => fold([service(x, 1), service(y, 1)], y));
    expect([error.code, error.message]).toEqual(["missing-target", 'no target of type "root" for service "x"']);
  });

  test("fold-008: of several missing targets, the first pair in the list is reported", () => {
    const [r1, r2] = [type("r1"), type("r2")];
    const x = type("x", [
      [r1, list],
      [r2, list],
    ]);
    const y = type("y", [[r2, list]]);
    const error = errorOf(() => fold([service(x, 1), service(y, 1), service(root, 1)], root));
    expect(error.message).toBe('no target of type "r1" for service "x"');
  });

  test("fold-009, fold-010: two instances of a target are ambiguous, extended or folded", () => {
    const x = type("x", [[root, list]]);
    for (const extra of [[service(x, 1)], []]) {
      const error = errorOf(() => fold([service(root, []), service(root, []), ...extra], root));
      expect([error.code, error.message]).toEqual(["ambiguous-target", 'more than one target service of type "root"']);
    }
  });

  test("fold-011, fold-012: a fold target that is not there is not found", () => {
    for (const services of [[service(type("y"), 1)], []]) {
      const error = errorOf(() => fold(services, root));
      expect([error.code, error.message]).toEqual(["service-not-found", 'service of type "root" not found']);
    }
  });

  test("fold-013: two instances of a type that nobody extends are fine", () => {
    const x = type("x", [[root, list]]);
    expect(fold([service(root, []), service(x, 1), service(x, 2)], root)).toEqual([2, 1]);
  });

  test("fold-014: extend without compose is an error that says so (Guix: a type error)", () => {
    const target = type("root", [], { compose: undefined });
    const x = type("x", [[target, list]]);
    expect(errorOf(() => fold([service(target, []), service(x, 1)], target)).code).toBe("no-compose");
  });

  test("fold-015: compose without extend leaves the value alone", () => {
    const target = type("root", [], { extend: undefined });
    const x = type("x", [[target, list]]);
    expect(fold([service(target, ["r"]), service(x, 1)], target)).toEqual(["r"]);
  });

  test("fold-016: extend is called even with zero extensions", () => {
    const target = type("root", [], {
      compose: (all: List) => all.length,
      extend: (own: unknown, count: unknown) => [own, "extended-with", count],
    });
    expect(fold([service(target, "v")], target)).toEqual(["v", "extended-with", 0]);
  });

  test("fold-017: two extensions of one service to one target contribute each its own value (Guix: the first twice)", () => {
    const x = type("x", [
      [root, (own) => ["first", own]],
      [root, (own) => ["second", own]],
    ]);
    expect(fold([service(root, []), service(x, 1)], root)).toEqual(["second", 1, "first", 1]);
  });

  test("fold-018: a broken edge of an unrelated service still aborts", () => {
    const x = type("x", [[type("gone"), list]]);
    expect(errorOf(() => fold([service(root, []), service(x, 1)], root)).message).toBe(
      'no target of type "gone" for service "x"',
    );
  });

  test("fold-019: what does not reach the target is never computed", () => {
    const other = type("other");
    const x = type("x", [
      [
        other,
        () => {
          throw new Error("boom");
        },
      ],
    ]);
    expect(fold([service(root, ["r"]), service(other, []), service(x, 1)], root)).toEqual(["r"]);
  });

  test("fold-020: what a compute throws is passed on", () => {
    const x = type("x", [
      [
        root,
        () => {
          throw new Error("boom");
        },
      ],
    ]);
    expect(() => fold([service(root, []), service(x, 1)], root)).toThrow("boom");
  });

  test("fold-021, fold-022, fold-023: a cycle is an error that prints it (Guix overflows its stack), unless it is not reached", () => {
    const lazy: { target?: AnyServiceType } = {};
    const loop = (name: string, target: () => AnyServiceType | undefined): T =>
      serviceType<unknown, unknown, unknown>({
        name,
        description: name,
        compose: (all) => all.flat(),
        extend: (own) => own,
        extensions: [
          {
            get target() {
              return target() as AnyServiceType;
            },
            compute: list,
          },
        ],
      });
    const self: T = loop("selfish", () => lazy.target);
    lazy.target = self as AnyServiceType;
    expect(errorOf(() => fold([service(self, [])], self)).message).toMatch("selfish → selfish");
    const pair: { a?: T } = {};
    const b = loop("b", () => pair.a as AnyServiceType);
    pair.a = loop("a", () => b as AnyServiceType);
    const error = errorOf(() => fold([service(pair.a as T, []), service(b, [])], pair.a as T));
    expect([error.code, error.message]).toEqual(["service-cycle", expect.stringMatching(/a → b → a|b → a → b/)]);
    // A cycle that the target does not reach is ignored.
    expect(fold([service(root, ["r"]), service(pair.a as T, []), service(b, [])], root)).toEqual(["r"]);
  });
});

describe("instantiating what is missing", () => {
  const root = type("root", [], { defaultValue: ["d"] });
  const x = type("x", [[root, list]]);

  test("inst-001, inst-007: a default instance is added, and folding then works", () => {
    const services = instantiateMissingServices([service(x, 1)]);
    expect(names(services)).toEqual(["root", "x"]);
    expect(fold(services, root)).toEqual(["d", 1]);
  });

  test("inst-002: transitively", () => {
    const mid = type("mid", [[root, list]], { defaultValue: ["m"] });
    const leaf = type("x", [[mid, list]]);
    expect(names(instantiateMissingServices([service(leaf, 1)]))).toEqual(["root", "mid", "x"]);
  });

  test("inst-003: without a default it is a missing target", () => {
    const leaf = type("x", [[type("bare"), list]]);
    expect(errorOf(() => instantiateMissingServices([service(leaf, 1)])).code).toBe("missing-target");
  });

  test("inst-004: nothing missing, nothing added", () => {
    const services = [service(x, 1), service(root, []), service(x, 2)];
    expect(names(instantiateMissingServices(services))).toEqual(["x", "root", "x"]);
  });

  test("inst-005, inst-006: one instance serves several extenders", () => {
    const y = type("y", [[root, list]]);
    expect(names(instantiateMissingServices([service(x, 1), service(y, 2)]))).toEqual(["root", "x", "y"]);
    expect(names(instantiateMissingServices([service(x, 1), service(x, 2)]))).toEqual(["root", "x", "x"]);
  });
});

describe("services and their values", () => {
  const root = type("root");

  test("svcd-001: no value and no default is an error", () => {
    const error = errorOf(() => service(type("nodefault")));
    expect([error.code, error.message]).toEqual([
      "no-default-value",
      'no value specified for service of type "nodefault"',
    ]);
  });

  test("svcd-002, svcd-003: a default is used, false included", () => {
    expect(service(type("d", [], { defaultValue: [9] })).value).toEqual([9]);
    expect(service(type("d", [], { defaultValue: false })).value).toBe(false);
  });

  test("svcd-004: a simple service contributes its value", () => {
    expect(fold([service(root, ["r"]), simpleService("mine", root as AnyServiceType, [1, 2])], root)).toEqual([
      "r",
      1,
      2,
    ]);
  });

  test("svcd-005: to a target without compose and extend it contributes nothing", () => {
    const bare = serviceType<unknown>({ name: "root", description: "" });
    expect(fold([service(bare, ["r"]), simpleService("mine", bare as AnyServiceType, [1, 2])], bare)).toEqual(["r"]);
  });
});

describe("modifying services", () => {
  const [t, u] = [
    serviceType<number>({ name: "t", description: "" }),
    serviceType<number>({ name: "u", description: "" }),
  ];
  const plus = (own: number): number => own + 1;
  const times = (own: number): number => own * 10;

  test("mod-001, mod-002, mod-008, mod-009: every instance is changed, clauses in order, the list's order kept", () => {
    expect(modifyServices([service(t, 1), service(u, 5)], [[t, plus]]).map(value)).toEqual([2, 5]);
    expect(modifyServices([service(t, 1), service(t, 2)], [[t, times]]).map(value)).toEqual([10, 20]);
    expect(
      modifyServices(
        [service(t, 1)],
        [
          [t, plus],
          [t, times],
        ],
      ).map(value),
    ).toEqual([20]);
    expect(modifyServices([service(t, 3), service(t, 1), service(t, 2)], []).map(value)).toEqual([3, 1, 2]);
  });

  test("mod-003: delete", () => {
    expect(modifyServices([service(t, 1), service(u, 5)], [[t, "delete"]]).map(value)).toEqual([5]);
  });

  test("mod-004, mod-005: a type that is not there is an error", () => {
    for (const change of [plus, "delete"] as const) {
      expect(errorOf(() => modifyServices([service(t, 1)], [[u, change]])).message).toBe(
        'modifyServices: no service of type "u"',
      );
    }
  });

  test("mod-006, mod-007: changing or deleting what was deleted is an error", () => {
    for (const change of [plus, "delete"] as const) {
      expect(
        errorOf(() =>
          modifyServices(
            [service(t, 1)],
            [
              [t, "delete"],
              [t, change],
            ],
          ),
        ).code,
      ).toBe("service-deleted");
    }
  });
});

test("every fact has a test that bears its id", () => {
  const { cases } = JSON.parse(readFileSync(new URL("../cases/fold.json", import.meta.url), "utf8")) as {
    cases: readonly { readonly id: string }[];
  };
  const names =
    readFileSync(new URL(import.meta.url), "utf8")
      .match(/test\("[^"]+"/g)
      ?.join("\n") ?? "";
  expect(cases.length).toBeGreaterThan(40);
  expect(cases.map(({ id }) => id).filter((id) => !names.includes(id))).toEqual([]);
});

describe("a list of services", () => {
  test("val-001: the field services holds services, and nothing else", () => {
    expect(() => operatingSystem({ services: [1 as never] })).toThrow(
      'operatingSystem: field "services[0]": expected a service, such as service(ociServiceType, { … }), got number 1',
    );
  });
});

describe("files under /etc", () => {
  const foldEtc = (...paths: string[]): unknown =>
    foldServices(
      [
        service(
          etcServiceType,
          paths.map((path) => [path, "text"] as const),
        ),
      ],
      etcServiceType,
    );

  test("etc-001: one path twice is an error", () => {
    expect(errorOf(() => foldEtc("containers/policy.json", "x", "containers/policy.json")).message).toBe(
      'duplicate "containers/policy.json" entry for /etc',
    );
  });

  test("etc-002: another spelling of one path is the same file (Guix: two)", () => {
    expect(errorOf(() => foldEtc("containers/policy.json", "containers//policy.json")).code).toBe("duplicate-file");
  });

  test("a path that leaves /etc is refused", () => {
    expect(errorOf(() => foldEtc("../passwd")).code).toBe("invalid-value");
  });
});
