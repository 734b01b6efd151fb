# What the set-up scripts share: one line per step, the reason and the cure when one fails, apt.
# Sourced by bash.

log=$(mktemp)
trap 'rm -f "$log"' EXIT

say() { printf '%s\n' "$*"; }

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# quietly CURE COMMAND...: show what the command said only when it fails, and then the cure.
quietly() {
    local cure=$1
    shift
    "$@" >"$log" 2>&1 && return
    tail -n 15 "$log" >&2
    fail "$cure"
}

# What to put before a command so that it runs as root without asking; fails when there is no way.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        echo env
    elif sudo -n true 2>/dev/null; then
        echo sudo -n env
    else
        return 1
    fi
}

# apt_install PACKAGE...: fails when we may not, or when apt cannot. The package lists are fetched
# only when the install fails without: on a fresh machine there are none, elsewhere they are there.
apt_install() {
    local root apt
    command -v apt-get >/dev/null || return 1
    root=$(as_root) || return 1
    apt="$root DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300"
    $apt install -y --no-install-recommends "$@" </dev/null >"$log" 2>&1 && return
    $apt update </dev/null >"$log" 2>&1 || return 1
    $apt install -y --no-install-recommends "$@" </dev/null >"$log" 2>&1
}
