export { type LoadOptions, loadDeclaration } from "./load.ts";
