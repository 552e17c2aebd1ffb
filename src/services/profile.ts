/** Programs that the host must have. Lading installs nothing itself: what is missing is named with its Debian package. */
import { type ServiceType, serviceType } from "../service/index.ts";

/** A program that must be on the host's PATH, and the Debian package that brings it. */
export interface HostProgram {
  readonly program: string;
  readonly package: string;
}

/** Programs that the declaration needs on the host. */
export const profileServiceType: ServiceType<readonly HostProgram[], readonly HostProgram[]> = serviceType<
  readonly HostProgram[],
  readonly HostProgram[],
  readonly HostProgram[]
>({
  name: "profile",
  description: "Programs that the host must have.",
  compose: (contributions) => [...contributions].reverse().flat(),
  extend: (value, more: readonly HostProgram[]) => [
    ...new Map([...value, ...more].map((each) => [each.program, each])).values(),
  ],
  defaultValue: [],
});
