/** The smallest declaration that shows something: a static site, in an image made of files. */
import { busyboxNote, siteContainer, siteImage, siteNames, sitePage } from "./site.ts";
import {
  dailySteps,
  engineService,
  importOf,
  kindNames,
  kindOf,
  type Rendered,
  readme,
  type Settings,
  userField,
} from "./template.ts";

export function hello(settings: Settings): Rendered {
  const names = [...siteNames, ...kindNames(settings), "ociServiceType", "service"];
  const declaration = `${importOf(names)}
${siteImage(settings)}
${siteContainer(settings)}
export default ${kindOf(settings)}({
  services: [
${engineService(settings)}    service(ociServiceType, {
${userField(settings)}      containers: [web],
    }),
  ],
});
`;
  const notes = `${busyboxNote}Once it runs, the site is at <http://127.0.0.1:${settings.port}/>.\n`;
  return {
    files: {
      "host.ts": { content: declaration },
      "LADING.md": { content: readme(settings, { steps: dailySteps, notes }) },
      "site/index.html": sitePage,
    },
    next: ["lading check host.ts", "lading apply host.ts"],
    needsBusybox: true,
  };
}
