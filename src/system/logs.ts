/**
 * Units' logs. Containers' lines carry a time, the stream, and whether the line is whole (conmon's k8s-file format);
 * programs write theirs plain. One reader understands both.
 */
import { closeSync, fstatSync, openSync, readSync } from "../sys/index.ts";

export interface LogLine {
  /** As the log has it; null where the program wrote none. */
  readonly time: string | null;
  readonly stream: "stdout" | "stderr" | null;
  readonly text: string;
}

/** Parses lines of a log; the parts of a line that conmon had to split are put together. */
export function parseLog(content: string): readonly LogLine[] {
  const lines: LogLine[] = [];
  let partial = "";
  for (const raw of content.split("\n")) {
    if (raw === "" && partial === "") continue;
    const match = /^(\d{4}-\d\d-\d\dT\S+) (stdout|stderr) ([FP]) ?(.*)$/s.exec(raw);
    if (match === null) {
      lines.push({ time: null, stream: null, text: raw });
      continue;
    }
    const [, time = "", stream, kind, text = ""] = match;
    partial += text;
    if (kind === "P") continue;
    lines.push({ time, stream: stream as "stdout" | "stderr", text: partial });
    partial = "";
  }
  return lines;
}

/** Bytes from the end of a log that are looked at for its last lines. */
const tailWindow = 256 * 1024;

/** The last lines of a log; none when there is no log. */
export function lastLogLines(path: string, count: number): readonly LogLine[] {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, tailWindow));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    const text = buffer.toString("utf8");
    return parseLog(size > buffer.length ? text.slice(text.indexOf("\n") + 1) : text).slice(-count);
  } finally {
    closeSync(descriptor);
  }
}
