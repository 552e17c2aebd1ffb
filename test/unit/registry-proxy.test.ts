/** Ways through a proxy: which requests take them, what the proxy is told, and what it is not. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { layoutSource, pushImage } from "../../src/registry/index.ts";
import { proxyOf } from "../../src/sys/index.ts";
import { exec, Scratch } from "../support.ts";
import { FakeRegistry, layoutFiles } from "./fake-registry.ts";

const scratch = new Scratch();
const layout = layoutFiles([randomBytes(100_000)]);
beforeAll(async () => {
  scratch.write(layout.files);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=x"];
  const files = ["-keyout", join(scratch.path, "key"), "-out", join(scratch.path, "crt")];
  const made = await exec(["openssl", "req", "-x509", ...key, ...files]);
  if (made.status !== 0) throw new Error(made.stderr);
});
afterAll(() => scratch[Symbol.dispose]());

/** A proxy that wants this password, and notes what it is asked. */
async function openProxy(password = "") {
  const seen: string[] = [];
  const isAllowed = ({ headers }: IncomingMessage): boolean =>
    password === "" || headers["proxy-authorization"] === `Basic ${Buffer.from(`me:${password}`).toString("base64")}`;
  const server = createServer((incoming, response) => {
    seen.push(`${incoming.method} ${incoming.url}`);
    if (!isAllowed(incoming)) return void response.writeHead(407).end();
    const { "proxy-authorization": _, ...headers } = incoming.headers;
    const outgoing = request(incoming.url ?? "", { method: incoming.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(outgoing);
  });
  server.on("connect", (incoming: IncomingMessage, socket) => {
    seen.push(`CONNECT ${incoming.url}`);
    if (!isAllowed(incoming)) return void socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    const { hostname, port } = new URL(`http://${incoming.url}`);
    const outer = connect(Number(port), hostname.replace(/^\[|\]$/g, ""), () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      outer.pipe(socket).pipe(outer);
    });
    outer.on("error", () => socket.destroy());
    socket.on("error", () => outer.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const host = `127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  return {
    seen,
    host,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const distant = (fake: FakeRegistry): string => fake.address.replace("127.0.0.1", "[::ffff:7f00:1]");

function push(host: string, environment: Readonly<Record<string, string>>) {
  const source = layoutSource(scratch.path);
  return pushImage({ source, target: `${host}/web:1`, insecure: true, pause: 1, proxy: proxyOf(environment) });
}

test("an encrypted registry is reached through a tunnel, in which the proxy sees nothing", async () => {
  const tls = { key: readFileSync(join(scratch.path, "key")), cert: readFileSync(join(scratch.path, "crt")) };
  await using fake = await FakeRegistry.open({ tls });
  await using proxy = await openProxy("p@ss");
  await push(distant(fake), { HTTPS_PROXY: `http://me:p%40ss@${proxy.host}` });
  expect(fake.manifests.has("web:1")).toBe(true);
  expect(new Set(proxy.seen)).toEqual(new Set([`CONNECT ${distant(fake)}`]));
  expect(fake.seen.every(({ headers }) => headers["proxy-authorization"] === undefined)).toBe(true);
});

test("a registry without encryption is asked through the proxy, which is told the whole address", async () => {
  await using fake = await FakeRegistry.open();
  await using proxy = await openProxy();
  await push(distant(fake), { http_proxy: proxy.host });
  expect(fake.manifests.has("web:1")).toBe(true);
  expect(proxy.seen[0]).toBe(`GET http://${distant(fake)}/v2/`);
  expect(proxy.seen).toHaveLength(fake.seen.length);
});

test("a proxy that refuses is one error, at once, and without its password", async () => {
  const tls = { key: readFileSync(join(scratch.path, "key")), cert: readFileSync(join(scratch.path, "crt")) };
  await using fake = await FakeRegistry.open({ tls });
  await using proxy = await openProxy("right");
  const environment = { HTTPS_PROXY: `http://me:hunter2@${proxy.host}`, HTTP_PROXY: `http://me:hunter2@${proxy.host}` };
  const error = await push(distant(fake), environment).catch((each: unknown) => each);
  expect(error).toMatchObject({ code: expect.stringMatching(/^registry-(unreachable|failed)$/) });
  expect(String(error) + String((error as Error).cause)).not.toContain("hunter2");
  expect(fake.seen).toEqual([]);
});

test.each([
  ["https://r.example/v2/", { HTTPS_PROXY: "http://p.example:3128" }, "http://p.example:3128/"],
  ["https://r.example/v2/", { https_proxy: "p.example:3128", HTTPS_PROXY: "q.example" }, "http://p.example:3128/"],
  ["https://r.example/v2/", { HTTP_PROXY: "p.example:3128" }, undefined],
  ["http://r.example/v2/", { HTTP_PROXY: "p.example:3128" }, "http://p.example:3128/"],
  ["http://localhost:5000/v2/", { HTTP_PROXY: "p.example:3128" }, undefined],
  ["http://127.0.0.2:5000/v2/", { HTTP_PROXY: "p.example:3128" }, undefined],
])("%s with %j goes through %s", (url, environment, proxy) => {
  expect(proxyOf(environment as Record<string, string>)(new URL(url))?.href).toBe(proxy);
});

test.each([
  ["r.example", "r.example", true],
  ["r.example", "example", true],
  ["r.example", ".example", true],
  ["r.example", "*.example", true],
  ["r.example", "*", true],
  ["r.example", " q.example , R.example ", true],
  ["r.example", "ample", false],
  ["r.example", "r.example:443", true],
  ["r.example", "r.example:5000", false],
  ["r.example:5000", "r.example:5000", true],
  ["10.1.2.3", "10.1.0.0/16", true],
  ["10.2.2.3", "10.1.0.0/16", false],
  ["10.1.2.3", "2.3", false],
  ["[fd00::1]", "fd00::1", true],
  ["[fd00::1]:5000", "[fd00::1]:5000", true],
  ["[fd00::1]", "fd00::/8", true],
  ["r.example", "", false],
  ["r.example", ",,", false],
])("%s is excepted by %j: %s", (host, exceptions, isExcepted) => {
  const found = proxyOf({ HTTPS_PROXY: "p.example:3128", NO_PROXY: exceptions })(new URL(`https://${host}/v2/`));
  expect(found === undefined).toBe(isExcepted);
});

test.each(["socks5://p.example", "https://p.example", "http://", "me:hunter2@:::"])("%s is no proxy", (text) => {
  const find = (): unknown => proxyOf({ HTTPS_PROXY: text })(new URL("https://r.example/"));
  expect(find).toThrow(
    expect.objectContaining({ code: "registry-failed", message: expect.not.stringContaining("hunter2") }),
  );
});
