/** The builders of packages: what is fetched is what its hash says, so fetching is a build like any other. */
import { KnownError } from "../base/index.ts";
import type { BuildContext, Builder } from "../store/index.ts";
import { download } from "../sys/index.ts";
import { buildNpmModules } from "./npm/build-modules.ts";

/** What is fetched, by its hash: 64 digits and a size, as Debian's indexes have it, or npm's `sha512-…`. */
type FetchArgs = { readonly sha256: string; readonly size: number } | { readonly integrity: string };

function hexOfIntegrity(integrity: string): string {
  return Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex");
}

/** Fetches a file from the first of its addresses that has it. */
async function fetchFile(context: BuildContext): Promise<void> {
  const args = context.args as FetchArgs;
  const expected =
    "integrity" in args
      ? { hash: { algorithm: "sha512", digest: hexOfIntegrity(args.integrity) } as const }
      : { hash: { algorithm: "sha256", digest: args.sha256 } as const, size: args.size };
  const total = "size" in args ? { total: args.size } : {};
  let done = 0;
  const onBytes = (count: number): void => {
    done += count;
    context.tell?.({ done, ...total });
  };
  const to = context.out;
  await download(Object.values(context.origins), { ...expected, to, signal: context.signal, onBytes });
}

function refuseUnlocked(context: BuildContext): void {
  const { reference, architecture } = context.args as { readonly reference: string; readonly architecture: string };
  const hint = "settle the versions first: lading lock FILE";
  throw new KnownError(
    "packages-not-locked",
    `the packages of ${reference} for ${architecture} are not in the lock file`,
    {
      hint,
    },
  );
}

/** By the names that derivations use. */
export const packageBuilders: Readonly<Record<string, Builder>> = {
  fetch: fetchFile,
  "npm-modules": buildNpmModules,
  "not-locked": refuseUnlocked,
};
