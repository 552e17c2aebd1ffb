// Generated from the fields in npm.ts by `npm run generate`.
import type { FileLike } from "../store/index.ts";

/**
 * What `npmModules({ … })` takes. The folder node_modules of an npm application, as its package-lock.json says. No
 * script of a package is run.
 */
export interface NpmModulesInput {
  /** The application's package-lock.json, as `localFile`. */
  readonly lock: FileLike;
  /** Whether what only development needs comes too. Default: `false`. */
  readonly dev?: boolean | undefined;
  /** Packages that want to run a script when they are installed, and can do without. Default: `[]`. */
  readonly ignoreScripts?: readonly string[] | undefined;
  /** The registry that stands in for npm's own. Default: `"https://registry.npmjs.org"`. */
  readonly registry?: string | undefined;
  /** What packages with machine code are chosen for; this machine's where unset. */
  readonly platform?: string | undefined;
}

/**
 * A checked, frozen `npmModules`. The folder node_modules of an npm application, as its package-lock.json says. No
 * script of a package is run.
 */
export interface NpmModules {
  /** The application's package-lock.json, as `localFile`. */
  readonly lock: FileLike;
  /** Whether what only development needs comes too. Default: `false`. */
  readonly dev: boolean;
  /** Packages that want to run a script when they are installed, and can do without. Default: `[]`. */
  readonly ignoreScripts: readonly string[];
  /** The registry that stands in for npm's own. Default: `"https://registry.npmjs.org"`. */
  readonly registry: string;
  /** What packages with machine code are chosen for; this machine's where unset. */
  readonly platform?: string | undefined;
}
