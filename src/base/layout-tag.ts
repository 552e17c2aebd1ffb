/** The name under which an image stands in the index of its OCI layout; builders and engines must agree on it. */
export const layoutTag = "image";
