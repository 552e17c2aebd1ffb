/** Which commands of maintainer scripts leave no trace in an image, or have one that Lading makes in their place. */

/** They read, print, or steer the script. Those that could write are told apart in `isHarmless`. */
const readers = new Set(
  (
    ": true false [ test [[ echo printf set exit return break continue shift export readonly local unset trap read " +
    "cd umask which type hash wait sleep logger pathfind dpkg-query dpkg-architecture cat grep egrep fgrep zgrep awk " +
    "mawk cut head tail tr sort uniq wc basename dirname readlink realpath stat id getent uname expr date ls pidof " +
    "md5sum sha256sum cmp diff fc-list seq pwd whoami tty mountpoint ps getopt getopts dpkg-vendor systemd-detect-virt " +
    "who runlevel ischroot pgrep ypwhich aa-enabled aa-status dpkg-realpath mktemp restorecon"
  ).split(" "),
);

/**
 * They are for machines that boot or are upgraded, ask their owner, or fill caches that their readers do without; or
 * Lading does the same from what the package holds (libraries, alternatives, shells).
 */
const stoodInFor = new Set(
  (
    "ldconfig update-alternatives add-shell remove-shell update-shells dpkg-maintscript-helper rm_conffile mv_conffile " +
    "py3compile py3clean pycompile pyclean pypy3compile pypy3clean deb-systemd-helper deb-systemd-invoke systemctl " +
    "systemd-tmpfiles update-rc.d invoke-rc.d service update-menus update-icon-caches gtk-update-icon-cache telinit"
  ).split(" "),
);

/** Those of debhelper's blocks whose commands, whatever they are, fall under the same heading. */
const helpers = new Set(
  (
    "dh_installsystemd dh_installsystemduser dh_systemd_enable dh_systemd_start dh_installinit dh_python3 dh_python2 " +
    "dh_pypy dh_installdebconf dh_makeshlibs dh_installmenu dh_icons dh_installalternatives dh_installtmpfiles " +
    "dh_installdeb dh_usrlocal dh_installsysusers"
  ).split(" "),
);

export function isKnownHelper(name: string): boolean {
  return helpers.has(name);
}

/** Whether a command needs nobody's attention. `words` are as written; where it writes is looked at elsewhere. */
export function isHarmless(name: string, words: readonly string[]): boolean {
  const base = name.slice(name.lastIndexOf("/") + 1);
  const rest = words.slice(1);
  if (base === "." || base === "source") return rest[0] === "/usr/share/debconf/confmodule";
  if (base.startsWith("db_")) return true;
  if (base === "command") return rest[0] === "-v";
  if (base === "dpkg")
    return rest.some((word) => /^(--(compare-|print-|status|list|assert-|validate-)|-[slLS]$)/.test(word));
  if (base === "dpkg-divert" || base === "dpkg-statoverride")
    return rest.some((word) => /^--(list|listpackage|truename)$/.test(word));
  if (base === "find") return !rest.some((word) => /^-(delete|exec|ok|fprint|fls)/.test(word));
  if (base === "sed") return !rest.some((word) => /^(-[a-zA-Z]*i|--in-place)/.test(word));
  if (base === "exec") return rest.length === 0;
  return readers.has(base) || stoodInFor.has(base);
}
