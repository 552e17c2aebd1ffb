/**
 * A whole host in a throwaway root, with an /etc, a /run, devices, a network and control groups of its own: everything
 * that activation does there, and what becomes of it when the host is not as it should be.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { shellQuote } from "../../src/base/index.ts";
import { exec, main, type Ran, root } from "../support.ts";
import { notHere } from "./world.ts";

if (notHere !== undefined) console.log(`skipped: a throwaway host: ${notHere}`);

type Layout = "v2" | "hybrid" | "v1" | "none";

describe.skipIf(notHere !== undefined)("a throwaway host", () => {
  let folder: string;
  /** `lading` is the command in a script, and the declarations are where it starts. */
  let prelude: string;

  beforeAll(() => {
    folder = mkdtempSync("/var/tmp/lading-throwaway-");
    prelude = `cd ${folder}; lading() { NO_COLOR=1 HOME=/root ${process.execPath} ${main} "$@" 2>&1; }`;
    const declare = (name: string, rootless: string, more = ""): void =>
      writeFileSync(
        join(folder, `${name}.ts`),
        `import { ociContainer, ociImage, ociServiceType, manifest, localTree, operatingSystem, rootlessPodmanServiceType, service, simpleService, supervisorServiceType, unit, userAccount, userGroup } from "lading";
export default operatingSystem({
  groups: [userGroup({ name: "builders", id: 4321 }) ${more}],
  users: [userAccount({ name: "keeper", uid: 4321, group: "builders" })],
  services: [
    service(rootlessPodmanServiceType, { ${rootless} subuids: [{ name: "keeper" }], subgids: [{ name: "keeper" }] }),
    simpleService("greeter", supervisorServiceType, [unit({ provision: ["greeter"], oneShot: true, start: ["/bin/echo", "${name}"] })]),
  ],
});
`,
      );
    declare("a", "");
    const changed = `containersConf: { runtime: "runc" }, containersStorage: { content: '[storage]\\ndriver = "vfs"\\nrunroot = "/run/c"\\ngraphroot = "/srv/c"\\n' },`;
    declare("b", changed, ', userGroup({ name: "more" })');
    writeFileSync(
      join(folder, "port.ts"),
      `import { localTree, manifest, ociContainer, ociImage, ociServiceType, operatingSystem, rootlessPodmanServiceType, service } from "lading";
const image = ociImage({ repository: "port-test", value: manifest([localTree("/bin/busybox", { target: "/bin/busybox" })]) });
export default operatingSystem({ services: [
  service(rootlessPodmanServiceType, {}),
  service(ociServiceType, { containers: [ociContainer({ provision: "web", image, ports: ["80:8080"], autoStart: false })] }),
] });
`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs a shell script in a fresh throwaway host; \`lading\` is the command there. */
  const within = (layout: Layout, script: string): Promise<Ran> => inHost(["-c", layout], `${prelude}\n${script}`);

  const inHost = (flags: readonly string[], script: string): Promise<Ran> => {
    const argv = ["bash", join(root, "test/host/throwaway.sh"), ...flags, "--", "bash", "-c", script];
    return exec(argv, { cwd: root, env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` } });
  };

  const ok = async (layout: Layout, script: string): Promise<string> => {
    const { status, stdout, stderr } = await within(layout, `set -eu\n${script}`);
    if (status !== 0) throw new Error(`exit status ${status}:\n${stdout}${stderr}`);
    return stdout;
  };

  /** Runs a script where systemd is the first process, as a unit of it; resolves with what it printed. */
  const underSystemd = async (script: string, layers: readonly string[] = []): Promise<string> => {
    const path = join(folder, "under-systemd.sh");
    writeFileSync(path, `set -eu; ${prelude}\n${script}\n`);
    const unit = `[Unit]
Requires=basic.target systemd-logind.service dbus.service
After=basic.target systemd-logind.service dbus.service
SuccessAction=exit
FailureAction=exit
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=/bin/bash ${path}
StandardOutput=file:/out
StandardError=file:/out
`;
    const boot = `printf '%s' ${shellQuote(unit)} > /etc/systemd/system/throwaway.service; export container=throwaway; rm -f /out
      for other in docker docker.socket containerd docker-registry podman podman-auto-update podman-restart; do rm -f /etc/systemd/system/*.wants/$other.*; done
      exec /lib/systemd/systemd --unit=throwaway.service --show-status=no --log-target=null`;
    const own = layers.includes("-k") ? undefined : mkdtempSync("/var/tmp/lading-layer-");
    const flags = own === undefined ? layers : [...layers, "-k", join(own, "upper")];
    try {
      const { status, stderr } = await inHost(["-c", "v2", ...flags], boot);
      const out = readFileSync(join(flags[flags.indexOf("-k") + 1] ?? "", "out"), "utf8");
      expect(status, out + stderr).toBe(0);
      return out;
    } finally {
      if (own !== undefined) rmSync(own, { recursive: true, force: true });
    }
  };

  test("from nothing, again, and back: accounts, ranges beside others', limits, files; what stood there returns", async () => {
    const out = await ok(
      "hybrid",
      `printf '# by hand\\n\\nalice:100000:65536\\nsystemd:524288:1878982656\\n' > /etc/subuid
       cp /etc/subuid /root/subuid; echo '# mine' > /etc/containers/storage.conf
       cp -a /etc/containers /root/before
       lading apply a.ts --yes > /dev/null
       echo "== made"; id keeper; getent group cgroup | cut -d: -f1; grep keeper /etc/subuid; grep '# by hand' /etc/subuid
       cat /etc/security/limits.d/50-lading.conf /etc/containers/storage.conf
       echo "== again"; lading apply a.ts --yes
       echo "== changed"; lading apply b.ts --yes > /dev/null; cat /etc/containers/storage.conf; cat /etc/containers/containers.conf
       echo "== dropped"; lading apply a.ts --yes > /dev/null; ls /etc/containers; cat /etc/containers/storage.conf
       echo "== gone"; lading down --yes > /dev/null; diff -r /root/before /etc/containers && diff /root/subuid /etc/subuid && echo same
       ! id keeper 2> /dev/null; ! test -e /var/lib/lading; ls /etc/security/limits.d`,
    );
    const parts = Object.fromEntries(
      out.split(/^== /m).map((part) => [part.split("\n")[0], part.slice(part.indexOf("\n") + 1)]),
    );
    expect(parts.made).toBe(
      `uid=4321(keeper) gid=4321(builders) groups=4321(builders)
cgroup
keeper:1879506944:65536
# by hand
*\t-\tnofile\t100000
[storage]
driver = "overlay"
runroot = "/run/containers/storage"
graphroot = "/var/lib/containers/storage"
`,
    );
    expect(parts.again).toBe("Nothing to do: this host is as declared.\n");
    expect(parts.changed).toBe(
      '[storage]\ndriver = "vfs"\nrunroot = "/run/c"\ngraphroot = "/srv/c"\n[engine]\nruntime = "runc"\n\n',
    );
    expect(parts.dropped).not.toContain("containers.conf\n[");
    expect(parts.dropped).toContain('driver = "overlay"');
    expect(parts.gone).toBe("same\n");
  });

  test("root's own Podman, and a user's, work with the files as they are by default", async () => {
    const out = await ok(
      "hybrid",
      `mount -t tmpfs -o mode=755 tmpfs /var/lib/containers; mount -t tmpfs -o mode=755 tmpfs /home
       lading apply port.ts --yes > /dev/null
       show() { "$@" podman info --format '{{.Store.GraphDriverName}} {{.Store.GraphRoot}}'; }
       show env HOME=/root; cd /; uid=$(id -u oci-container)
       show setpriv --reuid=$uid --regid=100 --init-groups env HOME=/home/oci-container XDG_RUNTIME_DIR=/run/user/$uid`,
    );
    expect(out).toBe(
      "overlay /var/lib/containers/storage\noverlay /home/oci-container/.local/share/containers/storage\n",
    );
  });

  test("an edit by hand is told of and kept, whether the file is still declared or not", async () => {
    const out = await ok(
      "hybrid",
      `lading apply b.ts --yes > /dev/null
       echo '# by hand' >> /etc/containers/containers.conf
       lading apply b.ts --yes || true; lading apply a.ts --yes || true
       tail -n 1 /etc/containers/containers.conf`,
    );
    expect(out.match(/error file-drifted: \/etc\/containers\/containers\.conf was edited/g)).toHaveLength(2);
    expect(out.trim().split("\n").at(-1)).toBe("# by hand");
  });

  test("a user and a group that exist are taken as they are; with other ids they are refused, and nothing is done", async () => {
    const out = await ok(
      "hybrid",
      `groupadd --gid 4321 builders; useradd --uid 4321 --gid builders --create-home keeper
       lading apply a.ts --yes > /dev/null; lading down --yes > /dev/null; id keeper
       userdel --remove keeper; groupdel builders; groupadd --gid 777 builders; useradd --uid 778 --gid builders -M keeper
       find /etc -newermt '+1 second' > /dev/null; before=$(find /etc -type f -exec md5sum {} + | sort | md5sum)
       lading apply a.ts --yes || true
       test "$before" = "$(find /etc -type f -exec md5sum {} + | sort | md5sum)" && echo untouched`,
    );
    expect(out).toContain("uid=4321(keeper)");
    expect(out).toMatch(/a\.ts:3:12: error account-differs: the group builders exists with id 777, not 4321/);
    expect(out).toMatch(/a\.ts:4:11: error account-differs: the user keeper exists with id 778, not 4321/);
    expect(out.trim().split("\n").at(-1)).toBe("untouched");
  });

  test("an id that somebody else has: shadow's own words, and everything is as before", async () => {
    const out = await ok(
      "hybrid",
      `groupadd --gid 4321 others
       before=$(getent passwd; getent group; cat /etc/subuid; ls -R /etc/containers)
       lading apply a.ts --yes || true
       test "$before" = "$(getent passwd; getent group; cat /etc/subuid; ls -R /etc/containers)" && echo as before`,
    );
    expect(out).toMatch(/error command-failed: groupadd failed: .*4321/);
    expect(out.trim().split("\n").at(-1)).toBe("as before");
  });

  test("a range for nobody, a range that overlaps, and one that does not fit: each one error, and nothing is done", async () => {
    const out = await ok(
      "hybrid",
      `printf 'alice:100000:65536\\n' > /etc/subuid
       for range in "{ name: 'nobody-at-all' }" "{ name: 'keeper', start: 120000 }" "{ name: 'keeper', start: 4294900000, count: 90000 }"; do
         sed "s/subuids: \\[.*\\], subgids/subuids: [$range], subgids/" a.ts > /tmp/range.ts; cp /tmp/range.ts range.ts
         lading apply range.ts --yes | grep -A1 error || true; rm range.ts
       done; ! id keeper 2> /dev/null; cat /etc/subuid`,
    );
    const errors = out.match(/range\.ts:\d+:\d+: error [a-z-]+: .*/g);
    expect(errors).toEqual([
      expect.stringContaining('unknown-user: a subuid range names the user "nobody-at-all"'),
      expect.stringContaining("subid-conflict: the range 120000:65536 of keeper overlaps 100000:65536 of alice"),
      expect.stringMatching(/subid-conflict: the range 4294900000:90000 of keeper leaves|invalid-value/),
    ]);
    expect(out.trim().split("\n").at(-1)).toBe("alice:100000:65536");
  });

  test("a read-only /etc: the kernel's words, and everything is as before", async () => {
    const out = await ok(
      "hybrid",
      `mount --bind /etc /etc; mount -o remount,ro,bind /etc
       lading apply a.ts --yes || true; lading generations --json; test ! -e /var/lib/lading/journal/switch.json && echo no journal`,
    );
    expect(out).toMatch(/error (?:command-failed|read-only): .*(?:read-only|Read-only|cannot lock)/);
    expect(out).toMatch(/"generations": \[\]/);
    expect(out).toContain("no journal");
  });

  test("a full disk under /etc: said, and everything is as before; with room again, the same command goes through", async () => {
    const out = await ok(
      "hybrid",
      `before=$(ls -R /etc/containers; cat /etc/containers/policy.json)
       cp -a /etc/containers /root/copy; mount -t tmpfs -o size=96k tmpfs /etc/containers; cp -a /root/copy/. /etc/containers
       dd if=/dev/zero of=/etc/containers/filler bs=4k 2> /dev/null || true
       lading apply a.ts --yes || true; rm /etc/containers/filler
       test "$before" = "$(ls -R /etc/containers; cat /etc/containers/policy.json)" && echo as before
       ! id keeper 2> /dev/null; mount -o remount,size=1m /etc/containers; lading apply a.ts --yes | tail -n 1`,
    );
    expect(out).toContain("error no-space:");
    expect(out).toContain("as before");
    expect(out).toContain("generation 1 is current");
  });

  describe("the three units", () => {
    const logs = "cat /var/lib/lading/logs/cgroups2-limits.log /var/lib/lading/logs/cgroups2-fs-owner.log";
    const shared = "cat /var/lib/lading/logs/rootless-podman-shared-root-fs.log";

    test.each<readonly [string, Layout, string, RegExp]>([
      ["hybrid control groups", "hybrid", "", /hybrid on this host: nothing can be delegated/],
      ["control groups v1", "v1", "", /v1 on this host: nothing can be delegated/],
      ["no control groups", "none", "", /no control groups at \/sys\/fs\/cgroup/],
      ["under systemd", "v2", "mkdir -p /run/systemd/system;", /systemd delegates control groups/],
      [
        "read-only, as in a container",
        "v2",
        "mount -o remount,ro,bind /sys/fs/cgroup;",
        /read-only here, as in a container/,
      ],
    ])("%s: said, and nothing is done", async (_, layout, prepare, said) => {
      const fake = "printf '#!/bin/sh\\n' > /usr/bin/systemctl; chmod +x /usr/bin/systemctl;";
      const out = await ok(
        layout,
        `${fake} ${prepare} lading apply a.ts --yes > /dev/null; ${logs}; echo ==; ${shared}`,
      );
      const [both = "", share = ""] = out.split("==\n");
      expect(both.trim().split("\n")).toEqual([expect.stringMatching(said), expect.stringMatching(said)]);
      expect(share).toBe("made the mount at / shared\n");
    });

    test("on v2 they enable the controllers and give the group its files", async () => {
      // The controllers of this kernel may be bound to v1: a file that takes the write stands in for the kernel's.
      const out = await ok(
        "v2",
        `touch /run/accepts; mount --bind /run/accepts /sys/fs/cgroup/cgroup.subtree_control
         lading apply a.ts --yes > /dev/null; ${logs}; cd /sys/fs/cgroup
         stat -c '%n %U:%G %a' . cgroup.procs cgroup.subtree_control cgroup.threads
         grep -c ' / / .* shared:' /proc/self/mountinfo`,
      );
      expect(out).toBe(`enabled for children: +cpu +cpuset +io +memory +pids
owned by the group cgroup
. root:cgroup 775
cgroup.procs root:cgroup 664
cgroup.subtree_control root:cgroup 664
cgroup.threads root:cgroup 664
1
`);
    });

    test("a kernel that refuses is quoted, the unit fails, and the switch goes back", async () => {
      const out = await ok(
        "v2",
        "lading apply a.ts --yes || true; lading generations --json; ! id keeper 2> /dev/null",
      );
      expect(out).toContain('error unit-failed: "cgroups2-limits" did not start: exit status 1');
      expect(out).toContain("cgroup.subtree_control: No such file or directory");
      expect(out).toContain("the kernel offers here:");
      expect(out).toMatch(/"generations": \[\]/);
    });
  });

  describe("what rootless containers need", () => {
    test("lacks are found by doctor, planned, and repaired by apply; what is policy is taken back by down", async () => {
      const out = await ok(
        "hybrid",
        `chmod u-s /usr/bin/newuidmap; chmod 600 /dev/net/tun; mount -t tmpfs -o mode=755 tmpfs /home
         echo "== doctor"; lading doctor port.ts --json || true
         echo "== plan"; lading plan port.ts || true
         echo "== apply"; lading apply port.ts --yes
         echo "== after"; stat -c '%A' /usr/bin/newuidmap; stat -c %a /dev/net/tun
         cat /proc/sys/net/ipv4/ip_unprivileged_port_start /etc/sysctl.d/50-lading.conf
         stat -c '%a %U' /run/user/$(id -u oci-container)
         lading doctor port.ts; lading apply port.ts --yes
         echo "== down"; lading down --yes > /dev/null; cat /proc/sys/net/ipv4/ip_unprivileged_port_start; ls /etc/sysctl.d | grep lading || echo gone`,
      );
      const parts = Object.fromEntries(
        out.split(/^== /m).map((part) => [part.split("\n")[0], part.slice(part.indexOf("\n") + 1)]),
      );
      const { findings } = JSON.parse(parts.doctor ?? "") as {
        findings: {
          what: string;
          state: string;
          found: string;
          needed: string;
          fix: string | null;
          repairable: boolean;
        }[];
      };
      const lacking = findings.filter(({ state }) => state === "missing");
      expect(lacking.map(({ what, repairable }) => [what, repairable])).toEqual([
        ["/usr/bin/newuidmap", true],
        ["/dev/net/tun", true],
        ["net.ipv4.ip_unprivileged_port_start", true],
        ["user oci-container", false],
      ]);
      for (const { needed, found, fix } of lacking)
        expect([needed, found, fix]).toEqual([expect.any(String), expect.any(String), expect.any(String)]);
      for (const line of [
        "set-user-id on /usr/bin/newuidmap",
        "open /dev/net/tun to users",
        "set net.ipv4.ip_unprivileged_port_start = 80",
        "runtime folder of oci-container",
      ])
        expect(parts.plan).toContain(line);
      expect(parts.after).toMatch(/^-rws.*\n666\n80\nnet\.ipv4\.ip_unprivileged_port_start = 80\n700 oci-container\n/);
      expect(parts.after).toContain("This host can run rootless containers.");
      expect(parts.after).toContain("Nothing to do");
      expect(parts.down).toBe("1024\ngone\n");
    });

    test("doctor --fix does what the plan would, without a switch", async () => {
      const out = await ok(
        "hybrid",
        `rm /dev/net/tun; chmod u-s /usr/bin/newgidmap; lading doctor > /dev/null || echo lacking
         lading doctor --fix | tail -n 1; stat -c '%a %t %T' /dev/net/tun; test -u /usr/bin/newgidmap && echo able; ! test -e /var/lib/lading/generations`,
      );
      expect(out).toBe("lacking\nThis host can run rootless containers.\n666 a c8\nable\n");
    });

    test("a kernel that refuses a repair is quoted, and everything is as before", async () => {
      const out = await ok(
        "hybrid",
        `mount -t tmpfs -o mode=755 tmpfs /home; mount -o remount,ro,bind /proc/sys 2> /dev/null || { mount --bind /proc/sys /proc/sys; mount -o remount,ro,bind /proc/sys; }
         lading apply port.ts --yes || true; ! id oci-container 2> /dev/null; ls /etc/sysctl.d | grep lading || echo gone`,
      );
      expect(out).toMatch(
        /error host-unfit: the kernel refuses to set net\.ipv4\.ip_unprivileged_port_start = 80: EROFS/,
      );
      expect(out).toContain("gone");
    });
  });

  test("under a real systemd: logind keeps the user's manager, controllers are delegated, and both are taken back", async () => {
    const out = await underSystemd(
      `mount -t tmpfs -o mode=755 tmpfs /home
       lading apply port.ts --yes > /dev/null; uid=$(id -u oci-container)
       echo "== made"; loginctl show-user oci-container -p Linger; stat -c '%a %U' /run/user/$uid
       systemctl show user@$uid.service -p Delegate -p DelegateControllers; cat /var/lib/lading/logs/cgroups2-limits.log
       lading doctor | grep lingering; lading apply port.ts --yes
       echo "== gone"; lading down --yes > /dev/null; ls /var/lib/systemd/linger
       test ! -e /run/user/$uid; systemctl show user@0.service -p DelegateControllers; test ! -e /etc/systemd/system/user@.service.d/50-lading.conf`,
    );
    expect(out).toBe(`== made
Linger=yes
700 oci-container
Delegate=yes
DelegateControllers=cpu cpuset io memory pids
systemd delegates control groups on this host: nothing to do
${/^ok .*$/m.exec(out)?.[0]}
Nothing to do: this host is as declared.
== gone
DelegateControllers=cpu memory pids
`);
  });

  describe("boot", () => {
    test("installed under systemd, the supervisor is there after the next boot, and takes over from one that runs", async () => {
      const layer = mkdtempSync("/var/tmp/lading-layer-");
      try {
        const first = await underSystemd(
          `lading apply a.ts --yes > /dev/null; pid() { lading status --json | grep -m 1 '"pid"' | tr -dc 0-9; }
           lading boot install; systemd-analyze verify lading.service; systemctl is-enabled lading
           before=$(pid); systemctl start lading
           for try in $(seq 100); do after=$(pid || true); [ -n "$after" ] && [ "$after" != "$before" ] && break; sleep 0.1; done
           [ "$after" != "$before" ] && [ "$after" = "$(systemctl show lading -p MainPID --value)" ] && echo taken over
           lading status | grep greeter; systemctl kill -s KILL lading; sleep 0.1
           for try in $(seq 100); do lading status > /dev/null && break; sleep 0.1; done; lading status | grep -c done
           own=/etc/systemd/system/lading.service.d; mkdir $own; printf '[Service]\\nWatchdogSec=2\\n' > $own/soon.conf
           systemctl daemon-reload; systemctl restart lading; systemctl show lading -p StatusText --value
           main() { systemctl show lading -p MainPID --value; }; hung=$(main); kill -STOP $hung
           for try in $(seq 300); do now=$(main); [ "$now" != "$hung" ] && [ "$now" != 0 ] && lading status > /dev/null && break; sleep 0.1; done
           [ "$now" != "$hung" ] && echo 'another in place of the one that hung'; rm -r $own; systemctl daemon-reload`,
          ["-k", join(layer, "one")],
        );
        expect(first).toMatch(
          /^systemd runs `lading boot` from the next boot on \(\/etc\/systemd\/system\/lading\.service\)\nenabled\ntaken over\ngreeter +done .*\n5\ngeneration 1, 5 units\nanother in place of the one that hung\n$/,
        );
        const second = await underSystemd(
          `systemctl start multi-user.target --no-block; for try in $(seq 200); do lading status > /dev/null && break; sleep 0.1; done
           lading status | head -n 1; systemctl show lading -p ActiveState --value; lading apply a.ts --yes
           lading boot uninstall; systemctl is-enabled lading 2>&1 || true; lading boot install > /dev/null; lading down --yes > /dev/null
           test ! -e /etc/systemd/system/lading.service && test ! -e /etc/systemd/system/multi-user.target.wants/lading.service && echo gone`,
          ["-l", join(layer, "one"), "-k", join(layer, "two")],
        );
        expect(second).toMatch(
          /^generation 1, supervisor \d+\nactive\nNothing to do: this host is as declared\.\nremoved .*lading\.service.*\n[\s\S]*gone\n$/,
        );
      } finally {
        rmSync(layer, { recursive: true, force: true });
      }
    });

    test("the scripts for OpenRC and runit are what their shells take; runit's runs the supervisor", async () => {
      const out = await ok(
        "hybrid",
        `lading apply a.ts --yes > /dev/null
         lading boot install --init openrc; sh -n /etc/init.d/lading; test -x /etc/init.d/lading; readlink /etc/runlevels/default/lading
         lading boot install --init runit; sh -n /etc/sv/lading/run; readlink /var/service/lading
         pid() { lading status --json | grep -m 1 '"pid"' | tr -dc 0-9; }; before=$(pid); /etc/sv/lading/run > /dev/null 2>&1 &
         for try in $(seq 100); do after=$(pid || true); [ -n "$after" ] && [ "$after" != "$before" ] && break; sleep 0.1; done
         [ "$after" = "$!" ] && echo taken over; lading boot install --init upstart || true; lading boot sideways || true
         lading boot uninstall > /dev/null; echo "left: $(ls -d /etc/init.d/lading /etc/runlevels/default/lading /etc/sv/lading/run /var/service/lading 2> /dev/null)"`,
      );
      expect(out).toContain("/etc/init.d/lading\n");
      expect(out).toContain("/etc/sv/lading\ntaken over\n");
      expect(out).toMatch(/\nleft: \n$/);
      expect(out.match(/error usage:/g)).toHaveLength(2);
    });

    test("what a boot takes away is put right before anything starts", async () => {
      const out = await ok(
        "hybrid",
        `mount -t tmpfs -o mode=755 tmpfs /home; lading apply port.ts --yes > /dev/null; uid=$(id -u oci-container)
         rm -r /run/user/$uid; chmod 600 /dev/net/tun; echo 1024 > /proc/sys/net/ipv4/ip_unprivileged_port_start
         lading boot > /dev/null & for try in $(seq 100); do [ -e /run/user/$uid ] && break; sleep 0.1; done; sleep 0.5
         stat -c %a /dev/net/tun; cat /proc/sys/net/ipv4/ip_unprivileged_port_start; stat -c '%a %U' /run/user/$uid`,
      );
      expect(out).toBe("666\n80\n700 oci-container\n");
    });
  });

  test("killed after an effect, whichever, twice in a row, or without power: run again, it is in one of two whole states", async () => {
    /** The points of each way to die that a lane tries: from, and how far apart. */
    const every = process.env.LADING_ALL_POINTS !== undefined;
    const lanes = [
      [`kill 1 ${every ? 2 : 6}`, `power 1 ${every ? 1 : 8}`],
      [`kill ${every ? "2 2" : "4 6"}`, `twice 1 ${every ? 1 : 12}`],
    ];
    const results = await Promise.all(
      lanes.map(async (lane) => {
        const commands = lane.flatMap((like) =>
          ["make", "change", "down"].map(
            (mode) =>
              `${process.execPath} ${join(root, "test/host/kill-points.mjs")} ${main} ${folder} ${mode} ${like}`,
          ),
        );
        const out = await ok(
          "hybrid",
          `printf '# by hand\\n\\nalice:100000:65536\\n' > /etc/subuid\n${commands.join("\n")}`,
        );
        return out
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line) as { mode: string; like: string; points: number; failures: object[] });
      }),
    );
    for (const { mode, like, points, failures } of results.flat()) {
      expect(failures, `${like}, ${mode}`).toEqual([]);
      expect(points, `${like}, ${mode}`).toBeGreaterThan(2);
    }
    expect(results.flat().reduce((sum, { points }) => sum + points, 0)).toBeGreaterThan(80);
  }, 1_200_000);
});
