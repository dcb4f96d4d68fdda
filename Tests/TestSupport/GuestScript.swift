/// What runs as the guest's init.
///
/// It takes orders from a serial line, one a line, and answers there:
///
/// ```
/// host → guest   run N | kill N | off
/// guest → host   ready | done N STATUS
/// ```
///
/// Command N is the file `N.sh` in a folder that both share; its output goes to `N.out` and
/// `N.err` beside it, complete when the last
/// process that holds them closes them. Nothing polls, so an idle guest costs nothing.
enum GuestScript {
  static let initialProgram = """
    #!/bin/busybox sh
    export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp
    B=/bin/busybox
    $B mount -t proc none /proc
    $B mount -t sysfs none /sys
    [ -c /dev/null ] || $B mount -t devtmpfs none /dev
    $B mount -t tmpfs none /tmp
    $B mount -t tmpfs none /run
    $B mount -t tmpfs none /mnt
    $B chmod 1777 /tmp
    for word in $($B cat /proc/cmdline); do
      case $word in LAB_*=*) eval "${word%%=*}=\\${word#*=}" ;; esac
    done
    $B mkdir -p /run/lab /run/modules /run/jobs
    $B mount -t hostfs none /run/lab -o "$LAB_DIRECTORY"
    $B mount -t hostfs none /run/modules -o "$LAB_MODULES"
    while read -r module; do
      $B insmod "/run/modules/$module" || echo "cannot load $module"
    done < /run/lab/modules
    $B umount /run/modules
    $B hostname "$LAB_NAME"
    $B ip link set lo up
    $B ip link set vec0 address "$LAB_MAC"
    $B ip link set vec0 up
    $B ip addr add "$LAB_ADDRESS/16" dev vec0
    exec 3<>/dev/ttyS0
    $B stty raw -echo <&3
    echo ready >&3
    while read -r verb number <&3; do
      case $verb in
        run)
          (
            exec </dev/null
            $B setsid /bin/sh "/run/lab/$number.sh" >"/run/lab/$number.out" \
              2>"/run/lab/$number.err" 3>&-
            status=$?
            echo "done $number $status" >&3
          ) &
          ;;
        kill) $B kill -KILL -- "-$($B cat "/run/jobs/$number")" ;;
        off) $B sync & $B usleep 200000; $B poweroff -f ;;
      esac
    done
    """

  /// The script of one command, run as root or as somebody else.
  static func job(
    _ number: Int, command: String, user: Guest.User?, userland: Guest.Userland
  ) -> (script: String, body: String) {
    let body = "/run/lab/\(number).body"
    let record = "echo $$ > /run/jobs/\(number)\n"
    guard let user else {
      return (record + ". \(body)\n", command + "\n")
    }
    switch userland {
    case .whole:
      let groups =
        user.groups.isEmpty
        ? "--clear-groups" : "--groups " + user.groups.map(String.init).joined(separator: ",")
      return (
        record + "exec setpriv --reuid \(user.uid) --regid \(user.gid) \(groups) /bin/sh \(body)\n",
        command + "\n"
      )
    case .busybox:
      // busybox knows supplementary groups by /etc/group only.
      let name = "lab\(number)"
      var lines = record
      lines += "echo '\(name):x:\(user.uid):\(user.gid)::/tmp:/bin/sh' >> /etc/passwd\n"
      for group in user.groups {
        lines += "echo 'g\(number)x\(group):x:\(group):\(name)' >> /etc/group\n"
      }
      return (lines + "exec busybox su -s /bin/sh -c '. \(body)' \(name)\n", command + "\n")
    }
  }
}
