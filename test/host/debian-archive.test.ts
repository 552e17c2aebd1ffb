/** The real archive: its signatures, and for each of many packages exactly what apt would install into an empty root. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ReadSuite, readSuites } from "../../src/packages/debian/archive.ts";
import { PackageIndex } from "../../src/packages/debian/package-index.ts";
import type { PackageSource } from "../../src/packages/debian/pool.ts";
import { selectPackages } from "../../src/packages/debian/resolve.ts";
import { type DebianRequest, resolveDebian } from "../../src/packages/index.ts";
import { type Fields, packagesText } from "../debian-archive.ts";
import { exec } from "../support.ts";

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
const archives = [
  {
    mirrors: ["http://deb.debian.org/debian"],
    suites: ["bookworm", "bookworm-updates"],
    components: ["main"],
    keyring,
  },
  { mirrors: ["http://deb.debian.org/debian-security"], suites: ["bookworm-security"], components: ["main"], keyring },
];

/** A few of everything: servers, languages, tools, desktops; alternatives, virtual names, many versions of one thing. */
const roots = `
  nginx apache2 haproxy varnish squid memcached redis-server rabbitmq-server mosquitto prometheus tomcat10 uwsgi gunicorn
  postgresql mariadb-server sqlite3 bind9 dnsmasq postfix exim4 dovecot-imapd default-mta openssh-server samba cups
  python3 python3-pip python3-venv python3-numpy python3-scipy python3-django perl ruby php php-fpm nodejs npm lua5.4 tcl
  openjdk-17-jre-headless default-jdk maven golang-go rustc cargo gcc clang build-essential cmake ghc elixir mono-runtime
  bash coreutils curl wget git rsync vim emacs-nox nano tmux htop gnupg ca-certificates openssl tzdata locales man-db zsh
  systemd systemd-sysv cron rsyslog sudo apt dpkg-dev debootstrap devscripts network-manager nftables wireguard tcpdump
  docker.io podman skopeo lxc qemu-system-x86 linux-image-amd64 strace gdb valgrind ansible certbot fail2ban supervisor
  ffmpeg imagemagick graphviz pandoc texlive-latex-base libreoffice-writer gimp vlc pulseaudio pipewire r-base octave
  firefox-esr chromium xvfb xfce4 gnome-shell kde-plasma-desktop dbus-x11 mutt wordpress mailutils
`
  .trim()
  .split(/\s+/);

const together = [
  ["curl", "git", "nginx"],
  ["apache2", "php", "postgresql"],
  ["default-mta", "exim4", "mailutils"],
  ["emacs-nox", "mutt", "postfix"],
  ["docker.io", "podman"],
  ["gnome-terminal", "xfce4"],
  ["mariadb-server", "wordpress"],
  ["exim4", "postfix"],
  ["libcurl4-gnutls-dev", "libcurl4-openssl-dev"],
  ["systemd", "sysvinit-core"],
  ["cron", "runit-init"],
];

const withRecommends = [
  "nginx",
  "git",
  "postgresql",
  "python3-pip",
  "apt",
  "mutt",
  "openssh-server",
  "build-essential",
];

/** Names, whether what they recommend comes too, and whether the essential ones do. */
type Question = readonly [names: readonly string[], recommends?: boolean, essential?: boolean];

const questions: readonly Question[] = [
  ...roots.map((name): Question => [[name]]),
  ...together.map((names): Question => [names]),
  ...withRecommends.map((name): Question => [[name], true]),
  [["nginx"], false, true],
];

const reachable = async (): Promise<boolean> => {
  const signal = AbortSignal.timeout(10_000);
  return fetch("http://deb.debian.org/debian/dists/bookworm/InRelease", { method: "HEAD", signal }).then(
    ({ ok }) => ok,
    () => false,
  );
};
const notHere = !existsSync("/usr/bin/apt-get")
  ? "needs apt-get, to compare with"
  : !existsSync(keyring)
    ? `needs ${keyring}`
    : (await reachable())
      ? undefined
      : "needs deb.debian.org";
if (notHere !== undefined) console.log(`the Debian archive is not tested: ${notHere}`);

describe.skipIf(notHere !== undefined)("Debian's archive", () => {
  let folder: string;
  let suites: readonly ReadSuite[];
  const answers = new Map<Question, readonly string[] | undefined>();

  beforeAll(async () => {
    folder = mkdtempSync("/var/tmp/lading-debian-");
    writeAptRoot(folder);
    // The archive may change between the two.
    for (let tries = 3; ; tries--) {
      suites = await readSuites(requestOf([]), { cache: join(folder, "indexes") });
      const updated = await apt(folder, "update");
      expect([updated.status, updated.stdout]).toEqual([0, expect.stringContaining("Reading package lists")]);
      const dates = suites.map(({ release }) => release.date).sort();
      if (JSON.stringify(dates) === JSON.stringify(datesOf(folder))) break;
      expect(tries).toBeGreaterThan(0);
    }
    const queue = [...questions];
    const worker = async (): Promise<void> => {
      for (let question = queue.shift(); question !== undefined; question = queue.shift())
        answers.set(question, await askApt(folder, question));
    };
    await Promise.all(Array.from({ length: availableParallelism() }, worker));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("there are a hundred roots to compare, and apt refuses none of them", () => {
    expect(roots.length).toBeGreaterThanOrEqual(100);
    expect(questions.filter((question) => question[0].length === 1 && answers.get(question) === undefined)).toEqual([]);
  });

  test.each(questions.map((question) => ({ question })))(
    "$question: the same packages as apt's, or refused as by apt",
    ({ question }) => {
      expect(answers.has(question)).toBe(true);
      const expected = answers.get(question);
      const [packages, recommends = false, essential = false] = question;
      const choose = (): readonly string[] =>
        selectPackages(
          suites.flatMap(({ sources }) => sources),
          { packages, architecture: "amd64", recommends, essential },
        )
          .map(({ name, version, architecture, size, archive, path }) =>
            [name, version, architecture, size, `${archives[archive]?.mirrors[0]}/${path}`].join(" "),
          )
          .sort();
      if (expected === undefined) expect(choose).toThrow(expect.objectContaining({ code: "packages-unsatisfiable" }));
      else expect(choose()).toEqual(expected);
    },
  );

  test("gives a lock whose packages are where it says", async () => {
    const lock = await resolveDebian(requestOf(["tzdata", "hostname"]), { cache: join(folder, "indexes") });
    expect(lock.releases).toEqual(suites.map(({ release }) => release));
    expect(lock.releases.map(({ signedBy }) => signedBy.length)).not.toContain(0);
    expect(lock.packages.length).toBeGreaterThan(2);
    for (const { path, size, archive } of lock.packages) {
      const response = await fetch(`${archives[archive]?.mirrors[0]}/${path}`, { method: "HEAD" });
      expect([response.status, response.headers.get("content-length")]).toEqual([200, String(size)]);
    }
  });
});

describe.skipIf(!existsSync("/usr/bin/apt-get"))("made-up archives", () => {
  const name = fc.constantFrom(..."abcdefghijkl");
  const relation = fc
    .tuple(name, fc.constantFrom("", "", "", " (= 1)", " (>= 2)", " (<< 2)", ":any"))
    .map((parts) => parts.join(""));
  const seldom = fc.oneof({ weight: 3, arbitrary: fc.constant("") }, { weight: 1, arbitrary: relation });
  const alternatives = fc.array(relation, { minLength: 1, maxLength: 3 }).map((relations) => relations.join(" | "));
  const package_ = fc
    .record({
      Package: name,
      Version: fc.constantFrom("1", "2", "2", "2"),
      "Pre-Depends": seldom,
      Depends: fc.array(alternatives, { maxLength: 3 }).map((all) => all.join(", ")),
      Provides: fc.constantFrom("", "", "a", "b (= 2)", "c, d (= 1)", "e:any"),
      Conflicts: seldom,
      Breaks: seldom,
      Priority: fc.constantFrom("required", "important", "optional", "extra"),
      "Multi-Arch": fc.constantFrom("no", "same", "foreign", "allowed"),
    })
    .map((fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== "")) as Fields);
  const madeUp = fc.uniqueArray(package_, {
    minLength: 14,
    maxLength: 24,
    selector: (fields) => `${fields.Package} ${fields.Version}`,
  });

  test("lead to the same packages as with apt, or are refused as by apt", async () => {
    const outcomes = { chosen: 0, refused: 0 };
    for (const [at, packages] of fc.sample(madeUp, { numRuns: 25, seed: 7 }).entries()) {
      const folder = mkdtempSync("/var/tmp/lading-debian-");
      try {
        const text = packagesText(packages);
        writeAptRoot(folder, `deb [trusted=yes] file:${folder} ./\n`);
        writeFileSync(join(folder, "Packages"), text);
        expect((await apt(folder, "update", "-qq")).status).toBe(0);
        const sources = [{ index: new PackageIndex(Buffer.from(text), "the index"), archive: 0, standing: 2 }];
        const names = [...new Set(packages.flatMap(({ Package }) => Package ?? []))].sort();
        for (const asked of [...names.slice(0, 5).map((each) => [each]), names.slice(0, 2), names.slice(2, 5)]) {
          const answer = await askApt(folder, [asked]);
          const expected = answer?.map((line) => line.split(" ").slice(0, 2).join(" "));
          outcomes[expected === undefined ? "refused" : "chosen"]++;
          expect(tryToSelect(sources, asked), `archive ${at}, ${asked}`).toEqual(expected);
        }
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
    expect(outcomes.chosen).toBeGreaterThan(20);
    expect(outcomes.refused).toBeGreaterThan(20);
  });
});

/** Names and versions; undefined when the packages cannot be together. */
function tryToSelect(sources: readonly PackageSource[], packages: readonly string[]): readonly string[] | undefined {
  try {
    const selection = { packages, architecture: "amd64", recommends: false, essential: false };
    return selectPackages(sources, selection).map(({ name, version }) => `${name} ${version}`);
  } catch (error) {
    expect(error).toMatchObject({ code: "packages-unsatisfiable" });
    return undefined;
  }
}

function requestOf(packages: readonly string[]): DebianRequest {
  return { archives, architecture: "amd64", packages, recommends: false, essential: false };
}

function sourceLines(): string {
  return archives
    .flatMap(({ mirrors, suites, components }) =>
      suites.map((suite) => `deb [signed-by=${keyring}] ${mirrors[0]} ${suite} ${components.join(" ")}\n`),
    )
    .join("");
}

/** An apt of its own: no package is installed, and nothing of this machine's configuration is read. */
function writeAptRoot(folder: string, sources: string = sourceLines()): void {
  for (const path of ["lists/partial", "cache/archives/partial", "etc/none.d"])
    mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, "status"), "");
  writeFileSync(join(folder, "etc/sources.list"), sources);
  const settings = {
    "Dir::State": folder,
    "Dir::State::lists": `${folder}/lists`,
    "Dir::State::status": `${folder}/status`,
    "Dir::Cache": `${folder}/cache`,
    "Dir::Etc": `${folder}/etc`,
    "Dir::Etc::main": "none",
    "Dir::Etc::parts": "none.d",
    "Dir::Etc::sourceparts": "none.d",
    "Dir::Etc::preferences": "none",
    "Dir::Etc::preferencesparts": "none.d",
    "Dir::Etc::trustedparts": "none.d",
    "APT::Architecture": "amd64",
    "Acquire::Languages": "none",
    "APT::Sandbox::User": "root",
    "Debug::NoLocking": "true",
  };
  const text = Object.entries(settings).map(([name, value]) => `${name} "${value}";\n`);
  writeFileSync(
    join(folder, "apt.conf"),
    `${text.join("")}#clear APT::Architectures;\nAPT::Architectures { "amd64"; };\n`,
  );
}

function apt(folder: string, ...args: readonly string[]): ReturnType<typeof exec> {
  return exec(["apt-get", ...args], { env: { APT_CONFIG: join(folder, "apt.conf"), LC_ALL: "C.UTF-8" } });
}

/** What apt would get, and from where; undefined when it refuses. (`--simulate` takes twice the time.) */
async function askApt(folder: string, question: Question): Promise<readonly string[] | undefined> {
  const [names, recommends = false, essential = false] = question;
  const basis = essential ? ["?essential", "?priority(required)"] : [];
  const option = `APT::Install-Recommends=${recommends}`;
  const { status, stdout } = await apt(folder, "-qq", "--print-uris", "-o", option, "install", ...names, ...basis);
  if (status !== 0) return undefined;
  const lines = [...stdout.matchAll(/^'(\S+)' ([^_]+)_([^_]+)_([^_]+)\.deb (\d+)/gm)];
  return lines.map(([, url = "", ...words]) => decodeURIComponent([...words, url].join(" "))).sort();
}

/** The dates of the release files that apt has got. */
function datesOf(folder: string): readonly string[] {
  const files = readdirSync(join(folder, "lists")).filter((name) => name.endsWith("_InRelease"));
  return files
    .map((name) => /^Date: (.*)$/m.exec(readFileSync(join(folder, "lists", name), "utf8"))?.[1] ?? "")
    .map((date) => new Date(date).toISOString())
    .sort();
}
