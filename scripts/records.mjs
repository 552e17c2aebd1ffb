// Which module declares which records: what `generate.mjs` writes types and reference pages for.
export const modules = [
  { module: "image/oci-image", records: ["manifestEntry", "imageManifest", "packOptions", "ociImage"] },
  { module: "services/account", records: ["userGroup", "userAccount"] },
  { module: "services/subids", records: ["subidRange"] },
  { module: "services/pam-limits", records: ["pamLimitsEntry"] },
  { module: "services/readiness", records: ["readiness"] },
  { module: "services/schedule", records: ["schedule"] },
  { module: "services/log-rotation", records: ["logRotation"] },
  { module: "services/unit", records: ["action", "unit"] },
  { module: "services/containers-conf", records: ["containersConf"] },
  { module: "services/rootless-podman", records: ["rootlessPodmanConfiguration"] },
  { module: "services/oci-health", records: ["ociHealth"] },
  { module: "services/oci-attachment", records: ["ociAttachment"] },
  { module: "services/secret", records: ["secret"] },
  { module: "services/oci-container", records: ["ociContainer"] },
  { module: "services/oci", records: ["ociNetwork", "ociVolume", "ociExtension", "ociService"] },
  { module: "system/operating-system", records: ["operatingSystem", "homeEnvironment"] },
];
