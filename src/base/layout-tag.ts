/** The name under which an image stands in the index of its OCI layout; builders and engines must agree on it. */
export const layoutTag = "image";

/** OCI's annotation for the name that an image has in a layout's index (image-spec, annotations.md). */
export const refName = "org.opencontainers.image.ref.name";
