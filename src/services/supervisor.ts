/** The supervisor's units, as services contribute them. How each is carried out is settled when the system is made. */
import { type ServiceType, serviceType } from "../service/index.ts";
import type { SupervisedUnit } from "./supervised-unit.ts";

/** Everything that the supervisor runs. */
export const supervisorServiceType: ServiceType<readonly SupervisedUnit[], readonly SupervisedUnit[]> = serviceType<
  readonly SupervisedUnit[],
  readonly SupervisedUnit[],
  readonly SupervisedUnit[]
>({
  name: "supervisor",
  description: "Units that the supervisor runs.",
  compose: (contributions) => [...contributions].reverse().flat(),
  extend: (value, more: readonly SupervisedUnit[]) => [...value, ...more],
  defaultValue: [],
});
