/** Which proxy a request goes through, as HTTPS_PROXY, HTTP_PROXY and NO_PROXY say: read as Podman and Docker do. */
import { KnownError } from "../base/index.ts";
import { isAddress, isLoopback, isWithin, parseSubnet } from "./addresses.ts";

/** Answers with undefined where a request goes straight. */
export type ProxyLookup = (url: URL) => URL | undefined;

/** A look-up in an environment. This machine itself is never asked through a proxy. */
export function proxyOf(environment: Readonly<Record<string, string | undefined>>): ProxyLookup {
  const value = (name: string): string => environment[name.toLowerCase()] || environment[name] || "";
  const exceptions = value("NO_PROXY")
    .split(",")
    .map((each) => each.trim().toLowerCase())
    .filter((each) => each !== "");
  return (url) => {
    const name = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
    const text = value(name);
    if (text === "" || isLoopback(url.host) || exceptions.some((each) => covers(each, url))) return undefined;
    return parseProxy(text, name);
  };
}

function parseProxy(text: string, name: string): URL {
  // Its text may hold a password, so no error repeats it.
  const full = text.includes("://") ? text : `http://${text}`;
  const proxy = URL.canParse(full) ? new URL(full) : undefined;
  if (proxy?.protocol === "http:") return proxy;
  const hint = "it is such as http://proxy.example.org:3128";
  throw new KnownError("registry-failed", `${name} names no proxy that can be used`, { hint });
}

/** An exception is "*", a domain with all that is below it, an address or a subnet; all but the last with a port or not. */
function covers(exception: string, url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (exception === "*") return true;
  const subnet = parseSubnet(exception);
  if (subnet !== undefined) return isAddress(host) && isWithin(host, subnet);
  if (isAddress(exception)) return host === exception;
  const [, bracketed, plain = "", port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(exception) ?? [];
  const usualPort = url.protocol === "https:" ? "443" : "80";
  if (port !== undefined && port !== (url.port || usualPort)) return false;
  const name = (bracketed ?? plain).replace(/^\*?\./, "");
  return name !== "" && (host === name || (!isAddress(host) && host.endsWith(`.${name}`)));
}
