/**
 * A registry in memory that keeps to the specification, for tests that want to see it break: each request has a kind,
 * and a test can cut, delay or replace what happens to any of them.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer, type ServerOptions as SecureOptions } from "node:https";

export type Kind =
  | "ping"
  | "token"
  | "head-blob"
  | "get-blob"
  | "start"
  | "patch"
  | "status"
  | "put-blob"
  | "cancel"
  | "head-manifest"
  | "get-manifest"
  | "put-manifest"
  | "other";

export interface Seen {
  readonly kind: Kind;
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly headers: IncomingMessage["headers"];
  /** Bytes of the body that came. */
  bytes: number;
  status: number;
}

export interface FakeOptions {
  readonly tls?: SecureOptions;
  readonly auth?: "none" | "basic" | "token";
  readonly user?: string;
  readonly password?: string;
  /** Seconds that tokens live. */
  readonly tokenLife?: number;
  /** Whether manifests with a subject are answered with OCI-Subject. */
  readonly referrers?: boolean;
  /** Takes a request over where it returns true. */
  readonly meddle?: (request: IncomingMessage, response: ServerResponse, seen: Seen) => boolean | Promise<boolean>;
  /** Bytes of a body after which the connection is cut; asked for each request. */
  readonly cutAfter?: (seen: Seen) => number | undefined;
  /** Cuts in place of the answer, after the request was carried out. */
  readonly cutAnswer?: (seen: Seen) => boolean;
}

export const sha256 = (bytes: Uint8Array | string): string =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

export class FakeRegistry {
  readonly seen: Seen[] = [];
  readonly blobs = new Map<string, Buffer>();
  /** By "repository@digest" and "repository:tag". */
  readonly manifests = new Map<string, { readonly type: string; readonly content: Buffer }>();
  /** Which repositories have which blobs. */
  readonly links = new Set<string>();
  readonly sessions = new Map<string, Buffer>();
  readonly tokens = new Map<string, string>();
  readonly #server: Server;
  readonly #options: FakeOptions;
  address = "";

  private constructor(options: FakeOptions) {
    this.#options = options;
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      this.#handle(request, response).catch(() => response.destroy());
    };
    this.#server = options.tls === undefined ? createServer(listener) : createSecureServer(options.tls, listener);
  }

  static async open(options: FakeOptions = {}): Promise<FakeRegistry> {
    const fake = new FakeRegistry(options);
    fake.#server.listen(0, "127.0.0.1");
    await once(fake.#server, "listening");
    const address = fake.#server.address();
    fake.address = `127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    return fake;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  count(kind: Kind): number {
    return this.seen.filter((each) => each.kind === kind).length;
  }

  /** Bytes of blobs that came in. */
  received(): number {
    return this.seen
      .filter(({ kind }) => kind === "patch" || kind === "put-blob")
      .reduce((sum, { bytes }) => sum + bytes, 0);
  }

  addBlob(repository: string, content: Buffer | string): { digest: string; size: number } {
    const bytes = Buffer.from(content);
    const digest = sha256(bytes);
    this.blobs.set(digest, bytes);
    this.links.add(`${repository}@${digest}`);
    return { digest, size: bytes.length };
  }

  addManifest(
    repository: string,
    tag: string | undefined,
    value: object | string,
  ): { digest: string; size: number; mediaType: string } {
    const content = Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
    const mediaType = (JSON.parse(content.toString()) as { mediaType: string }).mediaType;
    const digest = sha256(content);
    const entry = { type: mediaType, content };
    this.manifests.set(`${repository}@${digest}`, entry);
    if (tag !== undefined) this.manifests.set(`${repository}:${tag}`, entry);
    return { digest, size: content.length, mediaType };
  }

  /** An image of these layers, ready to be pulled. */
  addImage(repository: string, tag: string | undefined, layers: readonly (Buffer | string)[], more: object = {}) {
    const config = this.addBlob(
      repository,
      JSON.stringify({ os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: layers.map(sha256) } }),
    );
    return this.addManifest(repository, tag, {
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
      layers: layers.map((layer) => ({
        mediaType: "application/vnd.oci.image.layer.v1.tar",
        ...this.addBlob(repository, layer),
      })),
      ...more,
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = request;
    const target = new URL(url, `http://${this.address}`);
    const [, repository = "", what, name = ""] =
      /^\/v2\/(.+)\/(blobs\/uploads|blobs|manifests)\/([^/]*)$/.exec(target.pathname) ?? [];
    const seen: Seen = {
      kind: kindOf(method, target.pathname, what),
      method,
      url,
      authorization: headers.authorization,
      headers,
      bytes: 0,
      status: 0,
    };
    this.seen.push(seen);
    response.on("close", () => {
      seen.status = response.statusCode;
    });
    if ((await this.#options.meddle?.(request, response, seen)) === true) return;
    const cutAfter = this.#options.cutAfter?.(seen);
    if (cutAfter === 0) return void request.socket.destroy();
    const refusal = seen.kind === "token" ? undefined : this.#authRefusal(request, repository, seen);
    const chunks: Buffer[] = [];
    const session = what === "blobs/uploads" ? this.sessions.get(name) : undefined;
    const keep = (): void => {
      // What came before a cut is kept, as the specification lets a registry do.
      if (
        session !== undefined &&
        refusal === undefined &&
        seen.kind === "patch" &&
        rangeFits(headers["content-range"], session)
      )
        this.sessions.set(name, Buffer.concat([session, ...chunks]));
    };
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        seen.bytes += chunk.length;
        chunks.push(chunk);
        if (cutAfter !== undefined && method !== "GET" && seen.bytes >= cutAfter) {
          keep();
          return void request.socket.destroy();
        }
      }
    } catch {
      return keep();
    }
    const body = Buffer.concat(chunks);
    const answer = (
      status: number,
      more: Record<string, string | number> = {},
      content: Buffer | string = "",
    ): void => {
      if (this.#options.cutAnswer?.(seen) === true) return void request.socket.destroy();
      response.writeHead(status, { "content-length": Buffer.byteLength(content), ...more });
      const cut = method === "GET" ? cutAfter : undefined;
      if (cut !== undefined && cut < Buffer.byteLength(content))
        response.write(Buffer.from(content).subarray(0, cut), () => setTimeout(() => request.socket.destroy(), 5));
      else response.end(method === "HEAD" ? undefined : content);
    };
    if (refusal !== undefined) return answer(...refusal);
    const at = (id: string): string => `/v2/${repository}/blobs/uploads/${id}?state=a%20b`;
    switch (seen.kind) {
      case "ping":
        return answer(200);
      case "token":
        return answer(...this.#token(request, target, body));
      case "head-blob":
      case "get-blob": {
        const blob = this.links.has(`${repository}@${name}`) ? this.blobs.get(name) : undefined;
        if (blob === undefined) return answer(404, {}, error("BLOB_UNKNOWN", "blob unknown"));
        const from = /^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1];
        if (from === undefined) return answer(200, { "content-length": blob.length }, blob);
        const range = `bytes ${from}-${blob.length - 1}/${blob.length}`;
        return answer(206, { "content-range": range }, blob.subarray(Number(from)));
      }
      case "start": {
        const mount = target.searchParams.get("mount");
        if (mount !== null && this.links.has(`${target.searchParams.get("from")}@${mount}`)) {
          this.links.add(`${repository}@${mount}`);
          return answer(201, { location: `/v2/${repository}/blobs/${mount}` });
        }
        const id = String(this.seen.length);
        this.sessions.set(id, Buffer.alloc(0));
        return answer(202, { location: at(id), range: "0-0" });
      }
      case "status":
        if (session === undefined) return answer(404, {}, error("BLOB_UPLOAD_UNKNOWN", "upload unknown"));
        return answer(204, { location: at(name), range: `0-${Math.max(session.length - 1, 0)}` });
      case "patch":
        if (session === undefined) return answer(404, {}, error("BLOB_UPLOAD_UNKNOWN", "upload unknown"));
        if (!rangeFits(headers["content-range"], session)) return answer(416, { range: `0-${session.length - 1}` });
        this.sessions.set(name, Buffer.concat([session, body]));
        return answer(202, { location: at(name), range: `0-${session.length + body.length - 1}` });
      case "put-blob": {
        const digest = target.searchParams.get("digest") ?? "";
        if (session === undefined) return answer(404, {}, error("BLOB_UPLOAD_UNKNOWN", "upload unknown"));
        if (target.searchParams.get("state") !== "a b") return answer(400, {}, error("BLOB_UPLOAD_INVALID", "state"));
        const content = Buffer.concat([session, body]);
        if (sha256(content) !== digest)
          return answer(400, {}, error("DIGEST_INVALID", "provided digest did not match"));
        this.sessions.delete(name);
        this.addBlob(repository, content);
        return answer(201, { location: `/v2/${repository}/blobs/${digest}` });
      }
      case "put-manifest": {
        const type = headers["content-type"] ?? "";
        const digest = sha256(body);
        const { subject, config, layers = [], manifests = [] } = JSON.parse(body.toString()) as Record<string, never>;
        const missing = [config ?? [], layers]
          .flat()
          .find(({ digest: each }: { digest: string }) => !this.links.has(`${repository}@${each}`));
        const unknown = (manifests as { digest: string }[]).find(
          ({ digest: each }) => !this.manifests.has(`${repository}@${each}`),
        );
        if (missing !== undefined || unknown !== undefined)
          return answer(404, {}, error("MANIFEST_BLOB_UNKNOWN", "blob unknown to registry"));
        this.manifests.set(`${repository}@${digest}`, { type, content: body });
        if (!name.startsWith("sha256:")) this.manifests.set(`${repository}:${name}`, { type, content: body });
        const noted = subject !== undefined && this.#options.referrers === true;
        return answer(201, {
          "docker-content-digest": digest,
          ...(noted ? { "oci-subject": (subject as { digest: string }).digest } : {}),
        });
      }
      case "get-manifest":
      case "head-manifest": {
        const found = this.manifests.get(`${repository}${name.startsWith("sha256:") ? "@" : ":"}${name}`);
        if (found === undefined) return answer(404, {}, error("MANIFEST_UNKNOWN", "manifest unknown"));
        const digest = sha256(found.content);
        return answer(200, { "content-type": found.type, "docker-content-digest": digest }, found.content);
      }
      default:
        return answer(404);
    }
  }

  #authRefusal(
    request: IncomingMessage,
    repository: string,
    seen: Seen,
  ): readonly [number, Record<string, string>, string] | undefined {
    const { auth = "none", user, password } = this.#options;
    const given = request.headers.authorization;
    if (auth === "none") return undefined;
    if (auth === "basic") {
      if (given === `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`) return undefined;
      return [401, { "www-authenticate": 'Basic realm="test"' }, error("UNAUTHORIZED", "authentication required")];
    }
    const writes = !["GET", "HEAD"].includes(seen.method);
    const scope = `repository:${repository}:${writes ? "pull,push" : "pull"}`;
    const granted = this.tokens.get(given?.replace(/^Bearer /, "") ?? "");
    if (granted !== undefined && (seen.kind === "ping" || covers(granted, repository, writes))) return undefined;
    const asked = seen.kind === "ping" ? "" : `,scope="${scope}"`;
    const header = `Bearer realm="http://${this.address}/token",service="fake"${asked}`;
    return [401, { "www-authenticate": header }, error("UNAUTHORIZED", "authentication required")];
  }

  #token(request: IncomingMessage, target: URL, body: Buffer): readonly [number, Record<string, string>, string] {
    const { user, password, tokenLife = 60 } = this.#options;
    const form = new URLSearchParams(body.toString());
    const isKnown =
      request.headers.authorization === `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` ||
      form.get("refresh_token") === password;
    if (!isKnown && user !== undefined) return [401, {}, error("UNAUTHORIZED", "no")];
    const scopes = target.searchParams.getAll("scope").join(" ") || (form.get("scope") ?? "");
    const token = `token-${this.seen.length}`;
    this.tokens.set(token, scopes);
    return [200, { "content-type": "application/json" }, JSON.stringify({ token, expires_in: tokenLife })];
  }
}

function covers(granted: string, repository: string, writes: boolean): boolean {
  return granted.split(" ").some((scope) => {
    const [, name, actions = ""] = scope.split(":");
    return name === repository && actions.split(",").includes(writes ? "push" : "pull");
  });
}

function rangeFits(range: string | undefined, session: Buffer): boolean {
  return range === undefined || Number(range.split("-")[0]) === session.length;
}

function kindOf(method: string, path: string, what: string | undefined): Kind {
  if (path === "/v2/") return "ping";
  if (path === "/token") return "token";
  if (what === "blobs") return method === "HEAD" ? "head-blob" : "get-blob";
  if (what === "manifests")
    return method === "PUT" ? "put-manifest" : method === "HEAD" ? "head-manifest" : "get-manifest";
  if (what !== "blobs/uploads") return "other";
  if (method === "POST") return "start";
  if (method === "DELETE") return "cancel";

  return method === "PATCH" ? "patch" : method === "PUT" ? "put-blob" : "status";
}

function error(code: string, message: string): string {
  return JSON.stringify({ errors: [{ code, message }] });
}

/** A layout folder's files, by path: an image of these layers. */
export function layoutFiles(layers: readonly Buffer[], more: { subject?: object; artifactType?: string } = {}) {
  const files: Record<string, Buffer> = {};
  const put = (content: Buffer): { digest: string; size: number } => {
    files[`blobs/sha256/${sha256(content).slice(7)}`] = content;
    return { digest: sha256(content), size: content.length };
  };
  const config = put(
    Buffer.from(
      JSON.stringify({ os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: layers.map(sha256) } }),
    ),
  );
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = put(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType,
        config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
        layers: layers.map((layer) => ({ mediaType: "application/vnd.oci.image.layer.v1.tar", ...put(layer) })),
        ...more,
      }),
    ),
  );
  const descriptor = { mediaType, ...manifest };
  files["index.json"] = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [descriptor] }));
  files["oci-layout"] = Buffer.from('{"imageLayoutVersion":"1.0.0"}');
  return { files, manifest: descriptor, config };
}
