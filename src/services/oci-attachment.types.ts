// Generated from the fields in oci-attachment.ts by `npm run generate`.

/** What `ociAttachment({ … })` takes. A container's place on a network. */
export interface OciAttachmentInput {
  /**
   * The network's name.
   * Takes a name of letters, digits, '_', '.' and '-' that begins with a letter or digit.
   */
  readonly network: string;
  /**
   * Further names under which others on the network find it.
   * Takes a list, each element a host name of letters, digits, '-' and '.', at most 63 characters.
   * @defaultValue `[]`
   */
  readonly aliases?: readonly string[] | undefined;
  /**
   * Its address there; given out by the network where unset.
   * Takes an IPv4 address such as 10.1.2.3.
   * @defaultValue unset
   */
  readonly ip?: string | undefined;
  /**
   * Its IPv6 address there.
   * Takes an IPv6 address such as fd00::3.
   * @defaultValue unset
   */
  readonly ip6?: string | undefined;
  /**
   * Its hardware address there (Podman).
   * Takes a MAC address such as 92:d0:c6:0a:29:33.
   * @defaultValue unset
   */
  readonly macAddress?: string | undefined;
}

/** A checked, frozen `ociAttachment`. A container's place on a network. */
export interface OciAttachment {
  /**
   * The network's name.
   * Takes a name of letters, digits, '_', '.' and '-' that begins with a letter or digit.
   */
  readonly network: string;
  /**
   * Further names under which others on the network find it.
   * Takes a list, each element a host name of letters, digits, '-' and '.', at most 63 characters.
   * @defaultValue `[]`
   */
  readonly aliases: readonly string[];
  /**
   * Its address there; given out by the network where unset.
   * Takes an IPv4 address such as 10.1.2.3.
   * @defaultValue unset
   */
  readonly ip?: string | undefined;
  /**
   * Its IPv6 address there.
   * Takes an IPv6 address such as fd00::3.
   * @defaultValue unset
   */
  readonly ip6?: string | undefined;
  /**
   * Its hardware address there (Podman).
   * Takes a MAC address such as 92:d0:c6:0a:29:33.
   * @defaultValue unset
   */
  readonly macAddress?: string | undefined;
}
