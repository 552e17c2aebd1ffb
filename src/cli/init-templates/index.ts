/** The templates of `lading init`, in the order in which they are offered. */
import { hello } from "./hello.ts";
import { home } from "./home.ts";
import type { Rendered, Settings } from "./template.ts";
import { webDatabase } from "./web-database.ts";

export type { Rendered, Settings, TemplateFile } from "./template.ts";

export interface Template {
  readonly label: string;
  readonly about: string;
  readonly render: (settings: Settings) => Rendered;
  /** Only makes sense for a plain user. */
  readonly homeOnly?: true;
}

export type TemplateName = "hello" | "web-database" | "home";

export const templates: Readonly<Record<TemplateName, Template>> = {
  hello: { label: "A static site", about: "an image made of files, one container", render: hello },
  "web-database": {
    label: "A web application with its database",
    about: "two pulled images, a network, volumes, a secret, health",
    render: webDatabase,
  },
  home: {
    label: "A plain user's home",
    about: "a site and a daily program, no root anywhere",
    render: home,
    homeOnly: true,
  },
};

export function isTemplateName(text: string): text is TemplateName {
  return Object.hasOwn(templates, text);
}
