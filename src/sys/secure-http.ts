/** The part of the HTTP client that speaks TLS, straight or through a proxy. Loaded when a server is first asked by https. */
import { request as plainRequest } from "node:http";
import { Agent as SecureAgent, type AgentOptions as SecureAgentOptions, request as secureRequest } from "node:https";
import type { Duplex } from "node:stream";
import { type ConnectionOptions, connect as connectSecurely, createSecureContext, rootCertificates } from "node:tls";
import { bareHost, type Certificates, proxyHeaders } from "./http.ts";

export { secureRequest };

/** Connections to one host, with what is trusted and shown there. */
export function secureAgent({
  verify,
  certificates: { authorities, client },
  proxy,
}: {
  readonly verify: boolean;
  readonly certificates: Certificates;
  readonly proxy: URL | undefined;
}): SecureAgent {
  // Made once: reading a few hundred authorities takes tens of milliseconds.
  const secureContext = createSecureContext({
    ...(authorities.length === 0 ? {} : { ca: [...rootCertificates, ...authorities] }),
    ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
  });
  const settings = { keepAlive: true, rejectUnauthorized: verify, secureContext };
  return proxy === undefined ? new SecureAgent(settings) : new TunnelAgent(settings, proxy);
}

/** Connections through a proxy that sees nothing of what is in them (RFC 9110, section 9.3.6). */
class TunnelAgent extends SecureAgent {
  readonly #proxy: URL;

  constructor(options: SecureAgentOptions, proxy: URL) {
    super(options);
    this.#proxy = proxy;
  }

  override createConnection(
    options: ConnectionOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const target = `${options.host?.includes(":") ? `[${options.host}]` : options.host}:${options.port ?? 443}`;
    const asking = plainRequest({
      hostname: bareHost(this.#proxy),
      port: this.#proxy.port,
      method: "CONNECT",
      path: target,
      headers: { host: target, ...proxyHeaders(this.#proxy) },
      timeout: options.timeout ?? 60_000,
      agent: false,
    });
    // Node's own type wants a stream beside an error, and looks at none.
    const fail = (error: Error): void => callback?.(error, undefined as unknown as Duplex);
    asking.on("timeout", () => asking.destroy(new Error(`the proxy ${this.#proxy.host} does not answer`)));
    asking.on("error", fail);
    asking.on("connect", ({ statusCode }, socket) => {
      socket.setTimeout(0);
      if (statusCode === 200) return callback?.(null, connectSecurely({ ...options, socket }));
      socket.destroy();
      const refusal = new Error(`the proxy ${this.#proxy.host} answers with status ${statusCode}`);
      // As a system that forbids it: another attempt is not answered otherwise.
      fail(statusCode !== undefined && statusCode < 500 ? Object.assign(refusal, { code: "EACCES" }) : refusal);
    });
    asking.end();
    return undefined;
  }
}
