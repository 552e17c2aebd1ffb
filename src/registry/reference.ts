/** Names of images as a registry is asked for them: always with a registry, and with the host behind Docker's own name. */
import { type Digest, isDigest, KnownError, parseImageRef } from "../base/index.ts";

/** An image in a registry. */
export interface RemoteReference {
  /** As it is written, and as credentials are filed: "docker.io", "localhost:5000". */
  readonly registry: string;
  /** Where the registry's API answers. */
  readonly host: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

/** Parses a full reference; a tag of "latest" is not made up. */
export function parseRemote(text: string): RemoteReference {
  const parsed = parseImageRef(text);
  if (parsed === undefined) {
    const hint = "a name is such as registry.example.org/team/web:1";
    throw new KnownError("reference-invalid", `"${text}" is no image reference`, { hint });
  }
  const { domain, repository, tag, digest } = parsed;
  if (domain === "") {
    const hint = `write it out: docker.io/${text} for Docker Hub's`;
    throw new KnownError("reference-invalid", `"${text}" does not say which registry`, { hint });
  }
  if (digest !== undefined && !isDigest(digest))
    throw new KnownError("reference-invalid", `"${text}" has a digest that is no sha256`);
  const isHub = domain === "docker.io" || domain === "index.docker.io";
  return {
    registry: isHub ? "docker.io" : domain,
    host: isHub ? "registry-1.docker.io" : domain,
    repository: isHub && !repository.includes("/") ? `library/${repository}` : repository,
    tag,
    digest,
  };
}

/** The reference as people write it. */
export function formatRemote({ registry, repository, tag, digest }: RemoteReference): string {
  return `${registry}/${repository}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}
