/** What a registry says of an image, asked by skopeo as the user whose engine would pull it. */
import { KnownError } from "../base/index.ts";
import { findIdentity, ownIdentity, runAs } from "../engine/index.ts";
import { lastWords } from "../sys/index.ts";
import type { PinnedImage } from "./lock-file.ts";
import type { ImageSpec } from "./spec.ts";

interface SkopeoReport {
  readonly Digest: string;
  readonly Created?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly LayersData?: readonly { readonly Digest: string; readonly Size: number }[];
}

/** Asks without pulling anything. */
export async function inspectRemote({ reference, user, place }: ImageSpec, signal?: AbortSignal): Promise<PinnedImage> {
  // A user who is yet to be made asks as root would.
  const identity = (user === null ? undefined : await findIdentity(user)) ?? (await ownIdentity());
  const result = await runAs(identity, ["skopeo", "inspect", `docker://${reference}`], { signal, deadline: 120_000 });
  if (result.status !== 0) {
    const hint = "check the name, in full, and that the registry can be reached";
    throw new KnownError("image-not-found", `nothing is known of ${reference}: ${lastWords(result)}`, {
      where: place,
      hint,
    });
  }
  const { Digest: digest, Created: created = null, Labels, LayersData = [] } = parseReport(reference, result.stdout);
  const layers = LayersData.map(({ Digest, Size }) => ({ digest: Digest, size: Size }));
  return { digest, created, labels: Labels ?? {}, layers };
}

function parseReport(reference: string, text: string): SkopeoReport {
  try {
    return JSON.parse(text) as SkopeoReport;
  } catch (error) {
    const hint = `try it: skopeo inspect docker://${reference}`;
    throw new KnownError("engine-failed", "skopeo inspect answered with something that is no JSON", {
      cause: error,
      hint,
    });
  }
}
