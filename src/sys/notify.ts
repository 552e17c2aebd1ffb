/** Tells systemd how the service that we are is doing (sd_notify(3)), where systemd is our parent. */
import { hostPath, run } from "./process.ts";

/** Node has no datagram sockets of the unix kind: systemd's own program sends the word. Nothing is done without systemd. */
export async function notifySystemd(...words: readonly string[]): Promise<void> {
  const socket = process.env.NOTIFY_SOCKET;
  if (socket === undefined || socket === "") return;
  const options = { env: { PATH: hostPath, NOTIFY_SOCKET: socket }, deadline: 5_000 };
  // A word that does not arrive is systemd's to miss.
  await run(["systemd-notify", ...words], options).catch(() => undefined);
}

/** Milliseconds within which systemd wants to hear from us again and again (sd_watchdog_enabled(3)); undefined without. */
export function watchdogPeriod(): number | undefined {
  const { WATCHDOG_USEC: microseconds, WATCHDOG_PID: pid } = process.env;
  if (microseconds === undefined || (pid !== undefined && Number(pid) !== process.pid)) return undefined;
  const period = Number(microseconds) / 1000;
  return period > 0 ? period : undefined;
}
