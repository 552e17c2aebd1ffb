// Generated from the fields in oci-attachment.ts by `npm run generate`.

/** What `ociAttachment({ … })` takes. A container's place on a network. */
export interface OciAttachmentInput {
  /** The network's name. */
  readonly network: string;
  /** Further names under which others on the network find it. Default: `[]`. */
  readonly aliases?: readonly string[] | undefined;
  /** Its address there; given out by the network where unset. */
  readonly ip?: string | undefined;
  /** Its IPv6 address there. */
  readonly ip6?: string | undefined;
  /** Its hardware address there (Podman). */
  readonly macAddress?: string | undefined;
}

/** A checked, frozen `ociAttachment`. A container's place on a network. */
export interface OciAttachment {
  /** The network's name. */
  readonly network: string;
  /** Further names under which others on the network find it. Default: `[]`. */
  readonly aliases: readonly string[];
  /** Its address there; given out by the network where unset. */
  readonly ip?: string | undefined;
  /** Its IPv6 address there. */
  readonly ip6?: string | undefined;
  /** Its hardware address there (Podman). */
  readonly macAddress?: string | undefined;
}
