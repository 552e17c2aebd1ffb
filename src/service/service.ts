/**
 * Services and their types. A service is a value of a service type; a type may extend others, which is how one service
 * contributes to another's configuration. `fold.ts` computes what comes out.
 */
import { capturePlace, KnownError, type Place } from "../base/index.ts";
import { type RecordConstructor, report } from "../record/index.ts";

/** What a contribution may depend on beside its service's value. */
export interface FoldContext {
  /** Whether the services run in a plain user's home environment, without root. */
  readonly home: boolean;
}

/** What one service type contributes to another. */
export interface Extension {
  readonly target: AnyServiceType;
  readonly compute: (value: never, context: FoldContext) => unknown;
}

/** A kind of service. `Input` is what `service(type, …)` takes, `Value` what its services hold. */
export interface ServiceType<Input, Value> {
  readonly name: string;
  readonly description: string;
  readonly extensions: readonly Extension[];
  // Methods, so that a type of services of any value fits where any service type is wanted.
  compose?(contributions: readonly unknown[]): unknown;
  extend?(value: Value, composed: unknown): Value;
  /** Checks what users pass; the identity where the type has no record. */
  configuration(input: Input): Value;
  /** Made afresh for each service that has no value of its own; absent where a value is required. */
  readonly defaultValue: (() => Value) | undefined;
  readonly place: Place | undefined;
}

/** A service type whatever its values are. */
export type AnyServiceType = ServiceType<never, unknown>;

export interface Service {
  readonly type: AnyServiceType;
  readonly value: unknown;
  readonly place: Place | undefined;
}

/** What `serviceType` takes. `C` is what a contribution of this type's extenders looks like. */
export interface ServiceTypeOptions<Input, Value, C> {
  readonly name: string;
  readonly description: string;
  readonly extensions?: readonly Extension[];
  /** Puts all contributions together, in the order of folding: the reverse of the list of services. */
  readonly compose?: (contributions: readonly C[]) => unknown;
  /** Puts what `compose` made into the configuration; called even when nothing extends. */
  readonly extend?: (value: Value, composed: never) => Value;
  /** The record that checks the value of `service(type, value)`. */
  readonly configuration?: RecordConstructor<Input, Value>;
  /** The value of a service that is given none. */
  readonly defaultValue?: Input;
}

/** Declares a service type. */
export function serviceType<Input, Value = Input, C = unknown>(
  options: ServiceTypeOptions<Input, Value, C>,
): ServiceType<Input, Value> {
  const configuration = options.configuration ?? ((input: Input) => input as unknown as Value);
  const { defaultValue } = options;
  return Object.freeze({
    name: options.name,
    description: options.description,
    extensions: Object.freeze([...(options.extensions ?? [])]),
    ...(options.compose ? { compose: options.compose as (contributions: readonly unknown[]) => unknown } : {}),
    ...(options.extend ? { extend: options.extend as (value: Value, composed: unknown) => Value } : {}),
    configuration,
    defaultValue: Object.hasOwn(options, "defaultValue") ? () => configuration(defaultValue as Input) : undefined,
    place: capturePlace(),
  });
}

/** Says that a type's services contribute `compute(value)` to the service of type `target`. */
export function extension<Value, C>(
  target: AnyServiceType,
  compute: (value: Value, context: FoldContext) => C,
): Extension {
  return { target: target, compute };
}

const serviceTag = Symbol.for("lading.service");

function makeService(type: AnyServiceType, value: unknown): Service {
  const made = { type, value, place: capturePlace() };
  Object.defineProperty(made, serviceTag, { value: true });
  return Object.freeze(made);
}

export function isService(value: unknown): value is Service {
  return typeof value === "object" && value !== null && Reflect.get(value, serviceTag) === true;
}

/** A service of `type`; without a value, with the type's default. */
export function service<Input, Value>(type: ServiceType<Input, Value>, value?: Input): Service {
  const erased = type as AnyServiceType;
  if (value !== undefined) return makeService(erased, type.configuration(value));
  if (type.defaultValue !== undefined) return makeService(erased, type.defaultValue());
  report(
    new KnownError("no-default-value", `no value specified for service of type "${type.name}"`, {
      where: capturePlace(),
      hint: `pass the configuration: service(${type.name}, { … })`,
    }),
  );
  return makeService(erased, undefined);
}

/** A service of its own type that contributes one value to `target`. */
export function simpleService<C>(name: string, target: AnyServiceType, value: C): Service {
  const type = serviceType<C>({
    name,
    description: `Contributes a value to ${target.name}.`,
    extensions: [extension(target, (own: C) => own)],
  });
  return service(type, value);
}

/** One clause of `modifyServices`: a type, and a function from value to value, or "delete". */
export type Clause = readonly [type: AnyServiceType, change: "delete" | ((value: never) => unknown)];

/** Changes or deletes every service of each clause's type; clauses for one type apply in order. */
export function modifyServices(services: readonly Service[], clauses: readonly Clause[]): readonly Service[] {
  let list = [...services];
  const deleted = new Set<unknown>();
  for (const [type, change] of clauses) {
    const where = capturePlace();
    if (deleted.has(type)) {
      report(new KnownError("service-deleted", `modifyServices: an earlier clause deletes "${type.name}"`, { where }));
    } else if (!list.some((each) => each.type === type)) {
      const hint = `the services are of the types ${[...new Set(list.map((each) => each.type.name))].join(", ")}`;
      report(new KnownError("service-not-found", `modifyServices: no service of type "${type.name}"`, { where, hint }));
    } else if (change === "delete") {
      list = list.filter((each) => each.type !== type);
      deleted.add(type);
    } else {
      list = list.map((each) => (each.type === type ? makeService(each.type, change(each.value as never)) : each));
    }
  }
  return list;
}
