import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scriptFacts } from "../../src/packages/index.ts";

type Scripts = Readonly<Record<string, string>>;

function facts(scripts: Scripts, triggers?: string): ReturnType<typeof scriptFacts> {
  const bodies = Object.entries(scripts).map(([name, text]) => [name, Buffer.from(text)] as const);
  return scriptFacts(new Map(bodies), triggers, "sample");
}

/** What a postinst does beyond what Lading does. */
function beyond(script: string): readonly string[] {
  const [fact] = facts({ postinst: `#!/bin/sh\nset -e\n${script}\n` }).scripts;
  return fact?.beyond ?? [];
}

function alternatives(script: string): ReturnType<typeof scriptFacts>["alternatives"] {
  return facts({ postinst: `#!/bin/sh\n${script}\n` }).alternatives;
}

describe("maintainer scripts, which are read and never run", () => {
  test("scaffolding, debhelper's blocks and what Lading does itself leave nothing", () => {
    expect(
      beyond(`
. /usr/share/debconf/confmodule
case "$1" in
  configure)
    db_get sample/question || true
    if [ "$RET" = true ]; then echo yes >&2; else : ; fi
    add-shell /bin/sample
    ;;
  abort-upgrade|abort-remove|abort-deconfigure) ;;
  *) echo "called with unknown argument" >&2; exit 1 ;;
esac
# Automatically added by dh_makeshlibs/13.11.4
ldconfig
# End automatically added section
# Automatically added by dh_installsystemd/13.11.4
if [ "$1" = "configure" ]; then
	mkdir -p /run/whatever-the-helper-does
	deb-systemd-helper unmask 'sample.service' >/dev/null || true
fi
# End automatically added section
dpkg-maintscript-helper rm_conffile /etc/old 1.0~ -- "$@"
exit 0`),
    ).toEqual([]);
  });

  test("a block of a helper that nothing stands in for is looked into", () => {
    const block = (helper: string): string =>
      `# Automatically added by ${helper}/13.11.4\nsystemd-sysusers sample.conf\n# End automatically added section\ntouch /after`;
    expect(beyond(block("dh_installsysusers"))).toEqual(["touch /after"]);
    expect(beyond(block("dh_installsystemd"))).toEqual(["touch /after"]);
  });

  test("what nothing stands in for is listed as it stands, once, on one line", () => {
    expect(
      beyond(`
if ! getent passwd sample >/dev/null; then
  adduser --system --group \\
    --home /nowhere/sample sample
fi
chown sample:sample "/nowhere/sample" && chmod 0700 /nowhere/sample || true
for each in a b; do touch /nowhere/x; done
(cd / && ln -s x y) | sort > /nowhere/sorted
cat > /nowhere/made <<END
touch /nowhere/text
END
x=$(mktemp); rm -f "$x"
sed -i s/a/b/ /nowhere/file; sed s/a/b/ /nowhere/file
find /nowhere -delete
sample_hook() { install -d /nowhere/hook; }
sample_hook
unused() { install -d /nowhere/unused; }`),
    ).toEqual([
      "adduser --system --group --home /nowhere/sample sample",
      'chown sample:sample "/nowhere/sample"',
      "chmod 0700 /nowhere/sample",
      "touch /nowhere/x",
      "ln -s x y",
      "sort > /nowhere/sorted",
      "cat > /nowhere/made <<END",
      'rm -f "$x"',
      "sed -i s/a/b/ /nowhere/file",
      "find /nowhere -delete",
      "install -d /nowhere/hook",
    ]);
  });

  test("what certainly does not run at a first installation is left out, and nothing else", () => {
    expect(
      beyond(`
action="$1"
if [ "$1" = upgrade ]; then touch /never-1; elif [ "$action" = "configure" ]; then touch /a; else touch /never-2; fi
if [ "$1" = configure ] && [ -n "$2" ]; then touch /never-3; fi
if [ "$1" = configure ] && [ -e /etc/x ]; then touch /b; fi
if dpkg --compare-versions "$2" lt-nl 2.0; then touch /never-4; fi
if dpkg --compare-versions "$2" lt 2.0; then touch /c; fi
if dpkg --compare-versions "$2" gt 2.0; then touch /never-5; fi
[ -z "$2" ] || touch /never-6
[ "$1" != configure ] && touch /never-7
[ "$UNKNOWN" = x ] && touch /d
test -n "$2" || touch /e
if ! test "$1" = configure; then touch /never-8; fi
case "$1" in abort-*) touch /f ;; upgrade) touch /never-9 ;; configure|x) touch /g ;; *) touch /never-10 ;; esac
case "$3" in a) touch /h ;; *) touch /i ;; esac
while read line; do touch /j; done
until false; do touch /k; done`),
    ).toEqual(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"].map((name) => `touch /${name}`));
    const preinst = `#!/bin/sh\n[ "$1" = install ] && touch /a\n[ "$1" = upgrade ] && touch /never\n`;
    expect(facts({ preinst }).scripts).toEqual([{ script: "preinst", beyond: ["touch /a"] }]);
  });

  test("what runs inside of words is looked at too", () => {
    expect(beyond("x=$(cat /etc/a; touch /b)\necho \"$(touch /c)\" `touch /d` '$(touch /never)'")).toEqual([
      "touch /b",
      "touch /c",
      "touch /d",
    ]);
  });

  test("alternatives are found with their slaves, over several lines, in loops and with known variables", () => {
    expect(
      alternatives(`
update-alternatives --quiet --install /usr/bin/editor editor /bin/nano 40 \\
  --slave /usr/share/man/man1/editor.1.gz editor.1.gz /usr/share/man/man1/nano.1.gz
DIR=/usr/bin; PRIORITY="15"
for i in vi "view"; do
  update-alternatives --install $DIR/$i $i "\${DIR}/vim.tiny" $PRIORITY
done
update-alternatives --remove old /usr/bin/old`),
    ).toEqual([
      {
        link: "/usr/bin/editor",
        name: "editor",
        path: "/bin/nano",
        priority: 40,
        slaves: [
          { link: "/usr/share/man/man1/editor.1.gz", name: "editor.1.gz", path: "/usr/share/man/man1/nano.1.gz" },
        ],
      },
      { link: "/usr/bin/vi", name: "vi", path: "/usr/bin/vim.tiny", priority: 15, slaves: [] },
      { link: "/usr/bin/view", name: "view", path: "/usr/bin/vim.tiny", priority: 15, slaves: [] },
    ]);
  });

  test.each([
    "update-alternatives --install /usr/bin/x x $(find_it) 10",
    "update-alternatives --install /usr/bin/x x /usr/bin/y ten",
    "update-alternatives --install /usr/bin/x ../../etc/x /usr/bin/y 10",
    "update-alternatives --install /usr/bin/../../etc/x x /usr/bin/y 10",
    "update-alternatives --install usr/bin/x x /usr/bin/y 10",
    "update-alternatives --install /usr/bin/x x /usr/bin/y 10 --slave /usr/bin/z",
    "update-alternatives --set x /usr/bin/y",
    "add-shell $SHELL_OF_UNKNOWN",
  ])("%s is not certain, and so listed", (command) => {
    expect(beyond(command)).toContain(command);
    expect(alternatives(command)).toEqual([]);
  });

  test("a variable that may have two values has none", () => {
    const script = "D=/a\nif [ -e /x ]; then D=/b; fi\nupdate-alternatives --install /l n $D/p 1";
    expect(alternatives(script)).toEqual([]);
    expect(beyond(script)).toEqual(["update-alternatives --install /l n $D/p 1"]);
  });

  test("shells are those that add-shell is given", () => {
    expect(facts({ postinst: "#!/bin/sh\nadd-shell /bin/bash\nadd-shell /bin/rbash /usr/bin/x" }).shells).toEqual([
      "/bin/bash",
      "/bin/rbash",
      "/usr/bin/x",
    ]);
  });

  test("a trigger's interest counts, what it activates does not", () => {
    const triggers = "# comment\ninterest-noawait  /usr/share/x\ninterest y # why\nactivate-noawait ldconfig\n";
    expect(facts({}, triggers).scripts).toEqual([
      { script: "triggers", beyond: ["interest-noawait /usr/share/x", "interest y"] },
    ]);
  });

  test("programs that are no shell scripts, and scripts that cannot be read, are beyond as a whole", () => {
    expect(facts({ config: "#!/usr/bin/perl -w\nprint 1;\n" }).scripts).toEqual([
      { script: "config", beyond: ["#!/usr/bin/perl -w"] },
    ]);
    expect(facts({ preinst: "\u007fELF\u0001" }).scripts[0]?.beyond).toEqual(["(a program that is no script)"]);
    expect(beyond("if true; then")).toEqual([expect.stringMatching(/^\(a script that cannot be read: /)]);
    expect(beyond('echo "open')).toEqual([expect.stringMatching(/without an end/)]);
    expect(beyond("cat <<END\nopen")).toEqual([expect.stringMatching(/without an end/)]);
    expect(beyond("(".repeat(5000))).toEqual([expect.stringMatching(/too deeply/)]);
    expect(beyond(`echo ${"$(".repeat(5000)}`)).toEqual([expect.stringMatching(/cannot be read/)]);
    expect(beyond(`echo ${"$(".repeat(5000)}:${")".repeat(5000)}`)).toEqual([expect.stringMatching(/cannot be read/)]);
    expect(beyond(`echo ${'"${x:-'.repeat(9000)}${'}"'.repeat(9000)}`)).toEqual([
      expect.stringMatching(/cannot be read/),
    ]);
  });

  test("functions that call each other and loops within loops come to an end", () => {
    const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const loops = names.map((name) => `for ${name} in 1 2 3 4 5 6 7 8 9; do `);
    expect(beyond("a() { b; touch /x; }\nb() { a; }\na")).toEqual(["touch /x"]);
    expect(beyond(`${loops.join("")} true; ${"done; ".repeat(loops.length)}`)).toEqual([
      expect.stringMatching(/loops are too long/),
    ]);
  });

  test("whatever a script says, it is read or listed as a whole, and what comes before is not lost", () => {
    const pieces = ["if", "then", "else", "fi", "case", "esac", "in", "for", "while", "do", "done", "{", "}", "(", ")"];
    const marks = [";", ";;", "&&", "||", "|", "\n", "!", "x=1", "$x", '"$1"', "'q'", "`a`", "$(b)", "touch", "<<E"];
    const piece = fc.constantFrom(...pieces, ...marks, ">", "2>", "#", "\\", '"', "'");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (all) => {
        const { scripts } = facts({ postinst: `#!/bin/sh\ntouch /first\n${all.join(" ")}\n` });
        const found = scripts[0]?.beyond ?? [];
        expect(scripts).toHaveLength(1);
        expect(found.includes("touch /first") || /^\(a script that cannot be read/.test(found[0] ?? "")).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
