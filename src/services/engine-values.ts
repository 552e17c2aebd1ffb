/** Field types for values that the engines read: sizes, durations, addresses, capabilities, limits, devices. */
import { nearest, parseDuration, parseSize } from "../base/index.ts";
import { at, type FieldType, type Issue, refuse, string, stringWhere } from "../record/index.ts";
import { type Pair, pairs } from "../store/index.ts";
import { isAddress, parseSubnet } from "../sys/index.ts";

/** A size in bytes. */
export const size: FieldType<string> = stringWhere(
  'a size such as "512m", "1.5g" or "1048576" (bytes)',
  (text) => parseSize(text) !== undefined,
);

/** A duration. */
export const duration: FieldType<string> = stringWhere(
  'a duration such as "500ms", "30s" or "1m30s"',
  (text) => parseDuration(text) !== undefined,
);

export const address: FieldType<string> = stringWhere("an IP address such as 10.1.2.3 or fd00::3", (text) =>
  isAddress(text),
);
export const ipv4Address: FieldType<string> = stringWhere("an IPv4 address such as 10.1.2.3", (text) =>
  isAddress(text, 4),
);
export const ipv6Address: FieldType<string> = stringWhere("an IPv6 address such as fd00::3", (text) =>
  isAddress(text, 6),
);
export const macAddress: FieldType<string> = stringWhere("a MAC address such as 92:d0:c6:0a:29:33", (text) =>
  /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text),
);
export const subnet: FieldType<string> = stringWhere(
  "a subnet such as 10.1.2.0/24",
  (text) => parseSubnet(text) !== undefined,
);

export const hostName: FieldType<string> = stringWhere(
  "a host name of letters, digits, '-' and '.', at most 63 characters",
  (text) => text.length <= 63 && /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i.test(text),
);

/** capabilities(7), as of Linux 5.9, without the prefix. */
const capabilities = new Set(
  `AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER
  FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE
  NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE
  SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM ALL`.split(/\s+/),
);
export const capability: FieldType<string> = stringWhere(
  "a capability such as NET_BIND_SERVICE (capabilities(7)), or ALL",
  (text) => capabilities.has(text.toUpperCase().replace(/^CAP_/, "")),
);

/** A device of the host, `host[:container][:rwm]`. */
export const device: FieldType<string> = stringWhere(
  "a device such as /dev/fuse, /dev/ttyS0:/dev/modem or /dev/sda:/dev/disk:r",
  (text) => /^\/[^:]+(?::\/[^:]+)?(?::[rwm]{1,3})?$/.test(text),
);

/** A mapping of ids, `container:host:count`. */
export const idMapping: FieldType<string> = stringWhere(
  "a mapping of ids such as 0:100000:65536 (container, host, count)",
  (text) => /^\+?[ugUG]?\d+:@?\d+(?::\d+)?$/.test(text),
);

/** A port of the container, or a range of them. */
export const exposedPort: FieldType<string> = stringWhere("a port such as 80, 53/udp or 8000-8010", (text) =>
  /^\d{1,5}(?:-\d{1,5})?(?:\/(?:tcp|udp|sctp))?$/.test(text),
);

/** Whether this program's own list has a time zone; the host's may have it in further folders. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name.replace(/^(?:posix|right)\//, "") });
    return true;
  } catch {
    return false;
  }
}

/** A time zone of the IANA's list. */
export const timeZone: FieldType<string> = {
  ...string,
  expected: "a time zone such as Europe/Berlin, or local",
  check: (value) => {
    const checked = string.check(value);
    if (!checked.ok || checked.value === "local" || isTimeZone(checked.value)) return checked;
    const close = nearest(checked.value, Intl.supportedValuesOf("timeZone"));
    return refuse(timeZone.expected, value, close === undefined ? undefined : `did you mean "${close}"?`);
  },
};

/** Pairs of which `accepts` approves; those that hold staged text are the engine's to judge. */
function pairsWhere(
  separator: "=" | ":",
  expected: string,
  accepts: (key: string, value: string | undefined) => boolean,
): FieldType<readonly Pair[]> {
  const base = pairs(separator);
  return {
    ...base,
    expected: `pairs "key${separator}value", each ${expected}`,
    check: (value) => {
      const checked = base.check(value);
      if (!checked.ok) return checked;
      const issues = checked.value.flatMap((pair, index): readonly Issue[] => {
        if (typeof pair !== "string") return [];
        const cut = pair.indexOf(separator);
        const fits = cut === -1 ? accepts(pair, undefined) : accepts(pair.slice(0, cut), pair.slice(cut + 1));
        return fits ? [] : at(`[${index}]`, [{ path: "", expected, got: pair }]);
      });
      return issues.length === 0 ? checked : { ok: false, issues };
    },
  };
}

const limits = new Set(
  "as core cpu data fsize host locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(" "),
);

/** Resource limits, `name=soft[:hard]`, by setrlimit(2)'s names. */
export const ulimits: FieldType<readonly Pair[]> = pairsWhere(
  "=",
  "a limit such as nofile=1024:2048 (setrlimit(2)); -1 is unlimited",
  (key, value) => limits.has(key) && (key === "host" || /^-?\d+(?::-?\d+)?$/.test(value ?? "")),
);

/** Kernel parameters of the container's own namespaces. */
export const sysctls: FieldType<readonly Pair[]> = pairsWhere(
  "=",
  "a kernel parameter of a namespace such as net.core.somaxconn=1024 (those below net., fs.mqueue. and the kernel's ipc)",
  (key, value) =>
    value !== undefined &&
    /^(?:net\.|fs\.mqueue\.|kernel\.(?:msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced|domainname|hostname)$)/.test(
      key,
    ),
);

/** Labels: the key is not empty. */
export const labelPairs: FieldType<readonly Pair[]> = pairsWhere("=", "a label such as com.example.team=web", (key) =>
  /^[^\s=]+$/.test(key),
);

/** Further names of hosts, `name:address`. */
export const hostPairs: FieldType<readonly Pair[]> = pairsWhere(
  ":",
  'a host and its address such as db:10.1.2.3, or "host-gateway" as the address',
  (key, value) =>
    /^[\w.-]+$/.test(key) &&
    value !== undefined &&
    (value === "host-gateway" || isAddress(value.replace(/^\[|\]$/g, ""))),
);

/** File systems in memory, `path[:options]`. */
export const tmpfsPairs: FieldType<readonly Pair[]> = pairsWhere(
  ":",
  "an absolute path in the container, with options such as /run:size=16m,mode=1777",
  (key) => key.startsWith("/"),
);
