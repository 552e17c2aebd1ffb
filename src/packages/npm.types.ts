// Generated from the fields in npm.ts by `npm run generate`.
import type { FileLike } from "../store/index.ts";

/**
 * What `npmModules({ … })` takes. The folder node_modules of an npm application, as its package-lock.json says. No
 * script of a package is run.
 */
export interface NpmModulesInput {
  /**
   * The application's package-lock.json, as `localFile`.
   * Takes a file-like, such as plainFile(…) or localFile(…).
   */
  readonly lock: FileLike;
  /**
   * Whether what only development needs comes too.
   * @defaultValue `false`
   */
  readonly dev?: boolean | undefined;
  /**
   * Packages that want to run a script when they are installed, and can do without.
   * @defaultValue `[]`
   */
  readonly ignoreScripts?: readonly string[] | undefined;
  /**
   * The registry that stands in for npm's own.
   * Takes the address of a registry, such as https://registry.npmjs.org.
   * @defaultValue `"https://registry.npmjs.org"`
   */
  readonly registry?: string | undefined;
  /**
   * What packages with machine code are chosen for; this machine's where unset.
   * Takes a platform such as linux/arm64.
   * @defaultValue unset
   */
  readonly platform?: string | undefined;
}

/**
 * A checked, frozen `npmModules`. The folder node_modules of an npm application, as its package-lock.json says. No
 * script of a package is run.
 */
export interface NpmModules {
  /**
   * The application's package-lock.json, as `localFile`.
   * Takes a file-like, such as plainFile(…) or localFile(…).
   */
  readonly lock: FileLike;
  /**
   * Whether what only development needs comes too.
   * @defaultValue `false`
   */
  readonly dev: boolean;
  /**
   * Packages that want to run a script when they are installed, and can do without.
   * @defaultValue `[]`
   */
  readonly ignoreScripts: readonly string[];
  /**
   * The registry that stands in for npm's own.
   * Takes the address of a registry, such as https://registry.npmjs.org.
   * @defaultValue `"https://registry.npmjs.org"`
   */
  readonly registry: string;
  /**
   * What packages with machine code are chosen for; this machine's where unset.
   * Takes a platform such as linux/arm64.
   * @defaultValue unset
   */
  readonly platform?: string | undefined;
}
