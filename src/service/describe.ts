/** The services of a declaration as plain data: what each is, and which others it extends. Pure. */
import type { Service } from "./service.ts";

/** A service, once its functions are gone. */
export interface ServiceSummary {
  /** Unique among the services of a declaration. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Whether the declaration lists it; others come in because something extends them. */
  readonly isListed: boolean;
  /** The services that it contributes to, by `id`. */
  readonly extends: readonly string[];
}

export function describeServices(services: readonly Service[], listed: readonly Service[]): readonly ServiceSummary[] {
  const idOf = (service: Service): string => {
    const alike = services.filter((each) => each.type.name === service.type.name);
    return alike.length === 1 ? service.type.name : `${service.type.name} ${alike.indexOf(service) + 1}`;
  };
  return services.map((service) => ({
    id: idOf(service),
    name: service.type.name,
    description: service.type.description,
    isListed: listed.includes(service),
    extends: [
      ...new Set(
        service.type.extensions.flatMap(({ target }) => services.filter((each) => each.type === target).map(idOf)),
      ),
    ],
  }));
}
