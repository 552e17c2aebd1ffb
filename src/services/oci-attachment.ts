/** A container's place on a network, where it is on several or has names and addresses of its own there. */
import { defineRecord, listOf, type RecordConstructor } from "../record/index.ts";
import { hostName, ipv4Address, ipv6Address, macAddress } from "./engine-values.ts";
import { foreignAttachment } from "./foreign-fields.ts";
import { unitName } from "./names.ts";
import type { OciAttachment, OciAttachmentInput } from "./oci-attachment.types.ts";

/** A container's place on a network. */
export const ociAttachment: RecordConstructor<OciAttachmentInput, OciAttachment> = defineRecord(
  "ociAttachment",
  "A container's place on a network.",
  {
    network: { type: unitName, doc: "The network's name." },
    aliases: { type: listOf(hostName), default: [], doc: "Further names under which others on the network find it." },
    ip: { type: ipv4Address, optional: true, doc: "Its address there; given out by the network where unset." },
    ip6: { type: ipv6Address, optional: true, doc: "Its IPv6 address there." },
    macAddress: { type: macAddress, optional: true, doc: "Its hardware address there (Podman)." },
  },
  foreignAttachment,
);
