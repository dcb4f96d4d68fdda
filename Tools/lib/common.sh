# Shared by Tools/demo and Tools/test: packages, the build, and a user namespace for who is not root.
# Everything it says goes to standard error.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# One set of flags for both commands, so that neither undoes the other's build.
build_flags=(-c release -Xswiftc -enable-testing --package-path "$repository")

build_packages=(liblz4-dev libxxhash-dev libsqlite3-dev pkg-config)
network_packages=(user-mode-linux busybox-static iproute2 util-linux procps)
work_packages=(attr git sqlite3)
capture_packages=(tshark)

if [ -t 2 ]; then bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
else bold='' red='' green='' plain=''; fi

say() { printf '%s\n' "${bold}==> $*${plain}" >&2; }
die() { printf '%s\n' "${red}$*${plain}" >&2; exit 1; }

# need_packages NAME...: installs what is missing, or tells what to install.
need_packages() {
  local missing=() name
  for name in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] ||
      missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return
  command -v apt-get >/dev/null ||
    die "This needs a Debian or Ubuntu machine with the packages: ${missing[*]}"
  [ "$(id -u)" -eq 0 ] || die "Packages are missing. Install them with:
  sudo apt-get install -y ${missing[*]}"
  say "Installing ${missing[*]}"
  local log; log=$(mktemp)
  {
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" ||
      { apt-get update &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; }
  } >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "apt-get could not install ${missing[*]}."; }
  rm -f "$log"
}

need_swift() {
  command -v swift >/dev/null ||
    die "swift is not in PATH: install Swift 6.3 from https://swift.org/install"
}

# need_network: whether this machine lets us make network namespaces and taps.
need_network() {
  [ -c /dev/net/tun ] || die "/dev/net/tun is missing: load it with 'modprobe tun'."
  [ -r /dev/net/tun ] && [ -w /dev/net/tun ] ||
    die "/dev/net/tun cannot be opened by $(id -un): run this as root."
  [ "$(id -u)" -eq 0 ] || unshare --user --map-root-user --net true 2>/dev/null ||
    die "User namespaces are off on this machine: run this as root."
}

# with_network COMMAND...: runs it where it is root over networks of its own.
with_network() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; return; fi
  unshare --user --map-root-user --net --mount --pid --fork --kill-child --mount-proc -- \
    bash -c 'mount -t tmpfs tmpfs /run && mkdir /run/netns && exec "$@"' with_network "$@"
}
