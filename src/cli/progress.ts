/** Opens the view of progress that fits the terminal and what was asked for; with --verbose, programs that ran are told of too. */
import { shellLine } from "../base/index.ts";
import { onProgramEnd } from "../sys/index.ts";
import { liveView } from "./progress-live.ts";
import { type ProgressView, plainView, silentView } from "./progress-plain.ts";
import { columnsOf, progressMode, type Surroundings } from "./terminal.ts";

export interface ProgressOptions {
  readonly quiet: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
}

/** Rows of a terminal that does not say how many it has. */
const defaultRows = 24;

export function openProgress(surroundings: Surroundings, options: ProgressOptions): ProgressView {
  const view = viewFor(surroundings, options);
  if (options.verbose)
    onProgramEnd(({ argv, milliseconds, ended }) =>
      view.tell({ what: `ran (${ended}, ${(milliseconds / 1000).toFixed(2)} s): ${shellLine(argv)}`, state: "note" }),
    );
  return view;
}

function viewFor(surroundings: Surroundings, { verbose, quiet, json }: ProgressOptions): ProgressView {
  const basis = { write: (text: string) => void process.stderr.write(text), now: () => Date.now(), verbose };
  switch (progressMode(surroundings, { quiet, json: json && !verbose })) {
    case "none":
      return silentView();
    case "plain":
      return plainView(basis);
    case "live":
      return liveView({
        ...basis,
        columns: () => columnsOf(process.stderr, surroundings) ?? 80,
        rows: () => process.stderr.rows || defaultRows,
      });
  }
}
