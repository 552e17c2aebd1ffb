export { type TarEntry, tarEnd, tarHeader, tarPadding } from "./tar.ts";
