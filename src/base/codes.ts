/** Every error code, with the sentence that `docs/errors.md` prints for it. Codes are stable: they are never reused. */
export const codes = {
  // Loading a declaration.
  "file-missing": "The declaration's file does not exist or cannot be read.",
  "syntax-error": "The declaration is not valid TypeScript, or imports something that cannot be found.",
  "wrong-export": "The declaration's default export is not an operatingSystem or a homeEnvironment.",
  "declaration-threw": "The declaration's own code threw an error while it ran.",
  "declaration-timeout":
    "The declaration did not finish: a loop does not end, or it waits for what takes too long or never comes.",
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
  "unsupported-field": "A field has no counterpart in the declared engine.",
  "short-name": "A warning: an image's name leaves its registry to the engine's configuration.",
  "fields-contradict": "Two fields of one record contradict each other.",
  "subnet-overlap": "A network's subnet overlaps another's, or its addresses lie outside it.",
  "volume-source-missing": "A folder or file of the host that a container mounts does not exist.",
  "secret-unsafe": "A secret's file is missing, or can be read by others.",
  "object-undeclared": "A container uses a network or volume that the declaration does not have.",
  "image-unpinned": "A warning: an image is pulled by a name that its registry may give to another one.",
  "mount-hidden": "A warning: a mount hides what another holds, or needs a folder that cannot be made.",
  "volume-anonymous": "A warning: a container has a volume without a name, which the next one will not have.",
  "environment-invalid": "A container has a variable of a name that no program could read.",
  "environment-unset":
    "A warning: a variable takes its value from `hostEnvironment`, which does not have it, or from a placeholder that nobody fills in.",
  "secret-in-environment": "A warning: a variable of a container has a value that looks like a secret.",
  "secret-undeclared": "A container uses a secret of the engine that nothing declares.",
  "secret-unreadable": "A warning: a container runs as a user that cannot read its secret.",
  "user-invalid": "A container runs as a user that cannot be.",
  "id-not-mapped": "A container runs as a user whose number its user namespace does not have.",
  "sysctl-forbidden": "A container sets a kernel parameter of a network that is not its own.",
  "read-only-written": "A warning: a container with a read-only root writes to it, in its health check or its log.",
  "name-too-long": "A name, label or variable is longer than what has to carry it.",
  "argument-repeats-field":
    "An argument in `extraArguments` repeats or contradicts a field of the same record, or what Lading itself says.",
  "port-privileged": "A plain user's container publishes a port that the kernel keeps for root.",
  "address-not-local": "A container publishes a port on an address that this host does not have.",
  "limit-not-enforced": "A warning: a container has limits that this host cannot enforce.",
  "needs-newer-engine": "A container has a value that the installed engine is too old for.",
  "suppression-invalid": "A comment that is to suppress a finding names no code, or no reason.",
  "suppression-unused": "A warning: a comment suppresses a finding that is not there.",
  "file-invalid": "A managed file is not what its reader accepts, such as TOML or JSON with a mistake.",
  "object-differs": "A network or volume exists with other options than declared.",
  // The store and images.
  "source-missing": "A local file or tree that the declaration names cannot be read.",
  "source-changed": "A local file changed between the moment it was hashed and the moment it was copied.",
  "unsupported-file":
    "A tree holds something that an image or the store cannot hold as it is, such as a socket or a set-user-ID bit.",
  "build-failed": "A build program ended with an error.",
  "sandbox-missing": "Programs cannot be built because bubblewrap or a static busybox is missing.",
  "store-corrupt": "A store item does not match the hash that was taken when it was built.",
  "no-space": "The disk, or a quota, is full.",
  "read-only": "A folder that Lading must write to is on a read-only file system or belongs to someone else.",
  "packages-not-locked": "An image has packages whose versions the lock file does not settle.",
  "npm-lock-invalid": "A package-lock.json cannot be put in place as it is.",
  "image-invalid": "An image cannot be built as declared, such as a link that points at nothing.",
  "system-files-invalid": "What packages' scripts would write cannot be made from what the packages hold.",
  "archive-invalid": "An archive, a package or an index is damaged, not what it should be, or holds what it must not.",
  "file-conflict": "Two packages that go into one layer have different files at one path.",
  "image-not-found": "An image is neither on this host nor to be had from its registry.",
  "image-damaged": "A folder or an archive is no image, or its parts are not what they should be.",
  "unknown-image": "The declaration has no image of this name.",
  // Packages.
  "download-failed": "A file could not be got from any of the addresses that should have it, or was not the right one.",
  "keyring-invalid": "A file of certificates cannot be read, or holds none.",
  "archive-untrusted": "A package archive's release file lacks a good signature by a certificate of the keyring.",
  "archive-expired":
    "A package archive's release file says that it is not valid any more; somebody may be replaying it.",
  "package-not-found": "No package archive has a package of this name or version.",
  "packages-unsatisfiable": "The packages cannot be installed together, or need something that no archive has.",
  // Registries.
  "reference-invalid": "An image's name is none that a registry can be asked for.",
  "registry-unreachable": "A registry does not answer, or its connections break again and again.",
  "registry-unauthorised": "A registry wants credentials, or takes none of those that it was given.",
  "registry-denied": "A registry knows who asks and does not allow it.",
  "registry-failed": "A registry refused or failed; its own words follow.",
  "credentials-invalid":
    "A file of credentials or certificates for registries, or a credential helper, is not what it should be.",
  "digest-mismatch": "Bytes do not have the digest or the size that they were named by.",
  "manifest-invalid":
    "A registry or a layout has a manifest that Lading does not take, such as one of an unknown kind.",
  // The host and its engine.
  "engine-missing": "The container engine is not installed.",
  "host-unfit": "The host lacks something that rootless containers need and that only root can put right.",
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
  "unit-failed":
    "A unit did not start or is not healthy; unless --on-failure says otherwise, the generation before was brought back.",
  "lock-invalid": "The lock file beside the declaration cannot be read as one.",
  "plan-invalid": "The file is no plan that `plan --json` printed.",
  "plan-outdated": "A reviewed plan is not what would be done now, so nothing was done.",
  "generation-missing": "There is no generation of this number, or none to go back to.",
  "state-corrupt": "A state file cannot be read as what it should be.",
  "state-too-new": "A state file was written by a newer Lading.",
  "daemon-not-running": "The supervisor is not running.",
  "daemon-failed": "The supervisor could not be started; its last words follow.",
  "unknown-unit": "No unit has this name.",
  "unit-disabled": "The unit was disabled by a person, and nothing starts it until it is enabled.",
  "unknown-action": "The unit has no action of this name.",
  "confirmation-needed": "The command would change the host and there is no terminal to ask on.",
  usage: "The command line does not fit the command.",
  "file-exists": "A file that would be written is there already.",
} as const;

/** A stable error code, documented in `docs/errors.md`. */
export type ErrorCode = keyof typeof codes;

/** An error's code, or that of a declaration's own rule. */
export type FindingCode = ErrorCode | `own/${string}`;
