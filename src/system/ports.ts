/** Published ports, as far as the host's side of them goes. */

export interface HostPort {
  /** "" where every address is meant. */
  readonly address: string;
  readonly first: number;
  readonly last: number;
  readonly protocol: string;
}

/** The host's ports of a `-p` value; undefined where the engine picks one or the value is not understood. */
export function hostPortOf(published: string): HostPort | undefined {
  const [ports = "", protocol = "tcp"] = published.split("/");
  const match = /^(?:(\[[^\]]*\]|[^:[\]]*):)?(\d+(?:-\d+)?):\d+(?:-\d+)?$/.exec(ports);
  if (match === null) return undefined;
  const [, address = "", range = ""] = match;
  const [first = "", last = first] = range.split("-");
  const everywhere = address === "0.0.0.0" || address === "[::]";
  return { address: everywhere ? "" : address, first: Number(first), last: Number(last), protocol };
}

/** Whether two published ports cannot both be had. */
export function portsClash(a: HostPort, b: HostPort): boolean {
  const sameAddress = a.address === "" || b.address === "" || a.address === b.address;
  return sameAddress && a.protocol === b.protocol && a.first <= b.last && b.first <= a.last;
}

/** The `-p` values among a container's options. */
export function publishedPorts(options: readonly string[]): readonly string[] {
  return options.filter((_, index) => options[index - 1] === "-p");
}
