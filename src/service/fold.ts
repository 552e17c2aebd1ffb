/**
 * Folding: the configuration of a service after everything that extends it, directly or not.
 *
 * Edges are made for all services first, so a broken edge anywhere is found. Contributions reach `compose` in the
 * reverse of the list of services, which is Guix's order.
 */
import { KnownError } from "../base/index.ts";
import type { AnyServiceType, Extension, FoldContext, Service } from "./service.ts";

interface Edge {
  readonly from: Service;
  readonly extension: Extension;
}

function missingTarget(target: AnyServiceType, from: Service): KnownError {
  return new KnownError("missing-target", `no target of type "${target.name}" for service "${from.type.name}"`, {
    where: from.place,
    hint: `add service(${target.name}, { … }) to the services; the type has no default value`,
  });
}

function edgesTo(services: readonly Service[]): ReadonlyMap<Service, readonly Edge[]> {
  const edges = new Map<Service, Edge[]>();
  for (const from of services) {
    for (const each of from.type.extensions) {
      const [target, second] = services.filter((service) => service.type === each.target);
      if (target === undefined) throw missingTarget(each.target, from);
      if (second !== undefined) throw ambiguous(each.target, target, second);
      edges.set(target, [{ from, extension: each }, ...(edges.get(target) ?? [])]);
    }
  }
  return edges;
}

function ambiguous(type: AnyServiceType, first: Service, second: Service): KnownError {
  return new KnownError("ambiguous-target", `more than one target service of type "${type.name}"`, {
    where: second.place,
    also: first.place,
    hint: "keep one of them, or put what the other holds into an extension of the first",
  });
}

/** The folded value of the one service of type `target`. */
export function foldServices(
  services: readonly Service[],
  target: AnyServiceType,
  context: FoldContext = { home: false },
): unknown {
  const edges = edgesTo(services);
  const [sink, second] = services.filter((each) => each.type === target);
  if (sink === undefined) throw new KnownError("service-not-found", `service of type "${target.name}" not found`);
  if (second !== undefined) throw ambiguous(sink.type, sink, second);
  const folded = new Map<Service, unknown>();
  const fold = (service: Service, path: readonly Service[]): unknown => {
    if (folded.has(service)) return folded.get(service);
    if (path.includes(service)) throw cycle([...path.slice(path.indexOf(service)), service]);
    const contributions = (edges.get(service) ?? []).map(({ from, extension }) =>
      extension.compute(fold(from, [...path, service]) as never, context),
    );
    const { compose, extend, name } = service.type;
    if (extend !== undefined && compose === undefined) {
      const hint = "a type with `extend` needs `compose`, which puts the contributions together";
      throw new KnownError("no-compose", `service type "${name}" has extend without compose`, {
        where: service.type.place,
        hint,
      });
    }
    const value = extend === undefined ? service.value : extend(service.value, compose?.(contributions));
    folded.set(service, value);
    return value;
  };
  return fold(sink, []);
}

function cycle(services: readonly Service[]): KnownError {
  // Folding walks from a target to its extenders: the extension runs the other way.
  const names = services.map((each) => each.type.name).reverse();
  return new KnownError("service-cycle", `services extend each other in a circle: ${names.join(" → ")}`, {
    where: services[0]?.place,
    hint: "remove one of the extensions",
  });
}

/** Adds a default instance of every type that is extended and absent, transitively, in front of the list. */
export function instantiateMissing(
  services: readonly Service[],
  make: (type: AnyServiceType) => Service,
): readonly Service[] {
  let list = [...services];
  for (let changed = true; changed; ) {
    changed = false;
    for (const from of [...list]) {
      for (const { target } of from.type.extensions) {
        if (list.some((each) => each.type === target)) continue;
        if (target.defaultValue === undefined) throw missingTarget(target, from);
        list = [make(target), ...list];
        changed = true;
      }
    }
  }
  return list;
}
