/** Encryption: who is trusted, what is shown, and that nothing goes on without it. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { layoutSource, type PushOptions, pushImage } from "../../src/registry/index.ts";
import { certificatesOf } from "../../src/sys/index.ts";
import { exec, Scratch } from "../support.ts";
import { type FakeOptions, FakeRegistry, layoutFiles } from "./fake-registry.ts";

const scratch = new Scratch();
const layout = layoutFiles([randomBytes(1000)]);
const at = (name: string): string => join(scratch.path, name);
const read = (name: string): string => readFileSync(at(name), "utf8");

beforeAll(async () => {
  scratch.write(Object.fromEntries(Object.entries(layout.files).map(([path, content]) => [`layout/${path}`, content])));
  for (const name of ["server", "client"]) {
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const names = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
    const files = ["-keyout", at(`${name}.key`), "-out", at(`${name}.crt`)];
    const made = await exec(["openssl", "req", "-x509", ...curve, ...names, ...files]);
    if (made.status !== 0) throw new Error(made.stderr);
  }
});
afterAll(() => scratch[Symbol.dispose]());

const open = (more: FakeOptions = {}): Promise<FakeRegistry> =>
  FakeRegistry.open({ ...more, tls: { key: read("server.key"), cert: read("server.crt"), ...more.tls } });

/** A name of loopback that is not taken for it, so that it is treated as any other host. */
const distant = (fake: FakeRegistry): string => fake.address.replace("127.0.0.1", "[::ffff:7f00:1]");

function push(host: string, more: Partial<PushOptions> = {}) {
  return pushImage({ source: layoutSource(at("layout")), target: `${host}/web:1`, pause: 1, ...more });
}

/** What certificatesOf finds for a user of whom this is the home, with these files in the registry's folder. */
function trusting(host: string, files: Readonly<Record<string, string>>) {
  const home = `home-${randomBytes(4).toString("hex")}`;
  scratch.write(
    Object.fromEntries(
      Object.entries(files).map(([name, content]) => [`${home}/.config/containers/certs.d/${host}/${name}`, content]),
    ),
  );
  return { certificates: certificatesOf({ HOME: at(home) }) };
}

test("a certificate of an authority that nobody knows is one error, at once", async () => {
  await using fake = await open();
  for (const host of [fake.address, distant(fake)]) {
    const start = Date.now();
    await expect(push(host, { pause: 2000 })).rejects.toMatchObject({
      code: "registry-unreachable",
      hint: expect.stringMatching(/certificate/),
    });
    expect(Date.now() - start).toBeLessThan(2000);
  }
  expect(fake.seen).toEqual([]);
});

test("an authority in the registry's folder is trusted, for this registry only", async () => {
  await using fake = await open();
  await using other = await open();
  const trust = trusting(fake.address, { "ca.crt": read("server.crt") });
  await push(fake.address, trust);
  await expect(push(other.address, { ...trust, retries: 0 })).rejects.toMatchObject({ code: "registry-unreachable" });
});

test("an authority in SSL_CERT_FILE is trusted", async () => {
  await using fake = await open();
  await push(fake.address, { certificates: certificatesOf({ SSL_CERT_FILE: at("server.crt") }) });
  await expect(
    push(fake.address, { certificates: certificatesOf({ SSL_CERT_FILE: at("none") }) }),
  ).rejects.toMatchObject({ code: "credentials-invalid" });
});

test("a server that asks for a certificate is shown the one in its folder", async () => {
  await using fake = await open({ tls: { requestCert: true, rejectUnauthorized: true, ca: read("client.crt") } });
  const ca = { "ca.crt": read("server.crt") };
  await expect(push(fake.address, { ...trusting(fake.address, ca), retries: 0 })).rejects.toMatchObject({
    code: "registry-unreachable",
  });
  const pair = { "client.cert": read("client.crt"), "client.key": read("client.key") };
  await push(fake.address, trusting(fake.address, { ...ca, ...pair }));
});

test.each([
  ["ca.crt", { "ca.crt": "nothing" }],
  ["client.key", { "client.key": "hunter2" }],
])("a damaged %s is one error that quotes nothing", async (name, files) => {
  await using fake = await open();
  const good = { "ca.crt": read("server.crt"), "client.cert": read("client.crt") };
  const error = await push(fake.address, trusting(fake.address, { ...good, ...files })).catch((each: unknown) => each);
  expect(error).toMatchObject({ code: "credentials-invalid", message: expect.stringContaining(name) });
  expect(String(error) + String((error as Error).cause)).not.toContain("hunter2");
});

describe("a registry that is called insecure", () => {
  test("may have any certificate", async () => {
    await using fake = await open();
    await push(distant(fake), { insecure: true });
  });

  test("may have none", async () => {
    await using fake = await FakeRegistry.open();
    await push(distant(fake), { insecure: true });
  });
});

test("a registry without encryption is not spoken to, and the error says how to", async () => {
  await using fake = await FakeRegistry.open();
  await expect(push(distant(fake))).rejects.toMatchObject({
    code: "registry-unreachable",
    hint: "where it speaks plain HTTP, say that the registry is insecure",
  });
  expect(fake.seen).toEqual([]);
});

describe("nothing goes on without encryption", () => {
  test("not where an upload is sent to another host", async () => {
    await using other = await FakeRegistry.open();
    await using fake = await open({
      meddle: (_, response, seen) => {
        if (seen.kind !== "start") return false;
        response
          .writeHead(202, { location: `http://localhost:${other.address.split(":")[1]}/v2/x/blobs/uploads/1` })
          .end();
        return true;
      },
    });
    await expect(push(distant(fake), { insecure: true })).rejects.toMatchObject({ code: "registry-failed" });
    expect(other.seen).toEqual([]);
  });

  test("but a registry that does not know of its own encryption is understood", async () => {
    await using fake = await open({
      meddle: (request, response, seen) => {
        if (seen.kind !== "start") return false;
        fake.sessions.set("1", Buffer.alloc(0));
        response
          .writeHead(202, { location: `http://${request.headers.host}/v2/web/blobs/uploads/1?state=a%20b` })
          .end();
        return true;
      },
    });
    await push(distant(fake), { insecure: true, parallel: 1 });
    expect(fake.count("put-blob")).toBe(2);
  });

  test("not where a request is redirected, nor where tokens are fetched", async () => {
    await using other = await FakeRegistry.open();
    await using redirecting = await open({
      meddle: (_, response, seen) => {
        if (seen.kind !== "head-blob") return false;
        response.writeHead(307, { location: `http://${other.address}${seen.url}` }).end();
        return true;
      },
    });
    await expect(push(distant(redirecting), { insecure: true })).rejects.toMatchObject({ code: "registry-failed" });
    await using asking = await open({
      meddle: (_, response) => {
        response.writeHead(401, { "www-authenticate": `Bearer realm="http://${other.address}/token"` }).end();
        return true;
      },
    });
    const credentials = async () => ({ kind: "password", username: "u", password: "p" }) as const;
    await expect(push(distant(asking), { insecure: true, credentials })).rejects.toMatchObject({
      code: "registry-failed",
    });
    expect(other.seen).toEqual([]);
  });
});
