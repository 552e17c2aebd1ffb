/** Every error code, with the sentence that `docs/errors.md` prints for it. Codes are stable: they are never reused. */
export const codes = {
  // Loading a declaration.
  "file-missing": "The declaration's file does not exist or cannot be read.",
  "syntax-error": "The declaration is not valid TypeScript, or imports something that cannot be found.",
  "wrong-export": "The declaration's default export is not an operatingSystem or a homeEnvironment.",
  "declaration-threw": "The declaration's own code threw an error while it ran.",
  "declaration-timeout": "The declaration did not finish within the deadline; most often a loop that does not end.",
  // Records.
  "missing-field": "A record lacks a field that has no default.",
  "unknown-field": "A record has a field that its type does not have.",
  "invalid-value": "A field holds a value of the wrong type, or one that its check refuses.",
  "not-a-record": "A constructor was called with something that is not an object of fields.",
  // Services.
  "missing-target": "A service extends a service type that has no instance and no default value.",
  "ambiguous-target": "A service type that others extend has more than one instance.",
  "service-not-found": "The service type that was asked for is not among the services.",
  "service-cycle": "Services extend each other in a circle.",
  "no-default-value": "A service was made without a value, and its type has no default.",
  "no-compose": "A service type has `extend` but no `compose`, so its extensions cannot be put together.",
  "service-deleted": "modifyServices changes a service that an earlier clause deleted.",
  "duplicate-file": "Two services declare the same file under /etc.",
  // The declared system.
  "duplicate-name": "Two units, containers, networks, volumes, users or groups have one name.",
  "missing-requirement": "A unit requires a name that no unit provides.",
  "requirement-cycle": "Units require each other in a circle.",
  "port-published-twice": "Two containers publish the same port of the host.",
  "mount-target-twice": "One container mounts two things at one path.",
  "unknown-user":
    "A unit runs as, or an account or range names, a user or group that is neither declared nor on the host.",
  "subid-conflict": "Subordinate id ranges overlap, or leave the range that ids can have.",
  // The store and images.
  "source-missing": "A local file or tree that the declaration names cannot be read.",
  "source-changed": "A local file changed between the moment it was hashed and the moment it was copied.",
  "unsupported-file": "A tree holds something that an image or the store cannot hold, such as a socket.",
  "build-failed": "A build program ended with an error.",
  "sandbox-missing": "Programs cannot be built because bubblewrap or a static busybox is missing.",
  "store-corrupt": "A store item does not match the hash that was taken when it was built.",
  "no-space": "The disk, or a quota, is full.",
  "read-only": "A folder that Lading must write to is on a read-only file system or belongs to someone else.",
  "image-invalid": "An image cannot be built as declared, such as a link that points at nothing.",
  "image-not-found": "An image is neither on this host nor to be had from its registry.",
  "unknown-image": "The declaration has no image of this name.",
  // The host and its engine.
  "engine-missing": "The container engine is not installed.",
  "engine-too-old": "The container engine is older than Lading supports.",
  "engine-failed": "The engine refused or failed; its own words follow.",
  "no-subid-range": "The user has no subordinate ids, so a rootless container cannot map its users.",
  "command-failed": "A program of the host, such as useradd, failed; its own words follow.",
  "account-differs": "A declared user or group exists with other attributes.",
  "file-drifted": "A file that Lading manages was edited by hand since it was written.",
  "name-taken": "A container, network or volume of a declared name exists and is not Lading's.",
  "port-in-use": "A port that a container publishes is taken by another program.",
  "needs-root": "The declaration is of a whole host, and only root can switch that.",
  // Switching and supervising.
  locked: "Another lading command is changing this host at the moment.",
  interrupted: "The command was interrupted; what it had begun was undone.",
  "unit-failed": "A unit did not start, so the generation that ran before was brought back.",
  "generation-missing": "There is no generation of this number, or none to go back to.",
  "state-corrupt": "A state file cannot be read as what it should be.",
  "state-too-new": "A state file was written by a newer Lading.",
  "daemon-not-running": "The supervisor is not running.",
  "daemon-failed": "The supervisor could not be started; its last words follow.",
  "unknown-unit": "No unit has this name.",
  "unknown-action": "The unit has no action of this name.",
  "confirmation-needed": "The command would change the host and there is no terminal to ask on.",
  usage: "The command line does not fit the command.",
  "file-exists": "A file that would be written is there already.",
} as const;

/** A stable error code, documented in `docs/errors.md`. */
export type ErrorCode = keyof typeof codes;
