export { describeServices, type ServiceSummary } from "./describe.ts";

import { instantiateMissing } from "./fold.ts";
import { type Service, service } from "./service.ts";

export { foldServices } from "./fold.ts";
export {
  type AnyServiceType,
  type Clause,
  type Extension,
  extension,
  type FoldContext,
  isService,
  modifyServices,
  type Service,
  type ServiceType,
  type ServiceTypeOptions,
  service,
  serviceType,
  simpleService,
} from "./service.ts";

/** Adds a default instance of every service type that is extended and absent, transitively. */
export function instantiateMissingServices(services: readonly Service[]): readonly Service[] {
  return instantiateMissing(services, (type) => service(type));
}
