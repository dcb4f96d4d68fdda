import Foundation
import Lab
import Testing

extension StockClients {
  /// Programs that people run do their work on a mounted export.
  @Suite(
    "Work", .serialized, .timeLimit(.minutes(6)),
    .cluster(fileCount: 240, byteCount: 8_000_000, access: "rw", squash: "none"))
  struct WorkTests {
    private static let mount = Cluster.mountPoint

    private func folder(_ name: String, _ cluster: Cluster) throws -> String {
      try FileManager.default.createDirectory(
        atPath: cluster.exportPath + "/" + name, withIntermediateDirectories: true)
      return Self.mount + "/" + name
    }

    private func onHost(_ command: String, _ cluster: Cluster) async throws -> String {
      try await cluster.mdsNode.run(
        ["sh", "-c", "export HOME=/tmp; cd \(cluster.exportPath) && " + command],
        within: .seconds(120))
    }

    @Test("git commits, clones, packs and checks a repository of hundreds of files")
    func git() async throws {
      let cluster = try SharedCluster.get()
      let inside = try folder("git", cluster)
      try await cluster.peer(0)
      let (first, second) = (try await cluster.client(0), try await cluster.client(1))
      let identity = "-c user.name=lab -c user.email=lab@localhost -c gc.auto=0"
      try await first.check(
        """
        set -e; cd \(inside); git init -q origin; cd origin
        cp -a \(Self.mount)/tree/usr files; git add -A; git \(identity) commit -qm one
        for number in 1 2 3; do
          echo $number > files/number; git add -A; git \(identity) commit -qm $number
        done
        cd ..; git clone -q --no-hardlinks origin clone
        """, within: .seconds(240))
      // Another client packs what the first has made, and what it sees is all there is.
      let checked = try await second.check(
        """
        set -e; cd \(inside)/clone; git fsck --full --strict 2>&1; git gc -q
        git fsck --full --strict 2>&1; git status --porcelain; git log --format=%s | tr '\\n' ' '
        diff -r files ../origin/files && cat files/number
        """, within: .seconds(240))
      #expect(checked == "3 2 1 one 3\n")
      let host = try await onHost(
        "cd git/clone && git fsck --full --strict 2>&1; git status --porcelain", cluster)
      #expect(host == "")
    }

    @Test("tar unpacks a tree with its owners and times, and a second client removes it all")
    func tar() async throws {
      let cluster = try SharedCluster.get()
      let inside = try folder("tar", cluster)
      let (first, second) = (try await cluster.client(0), try await cluster.client(1))
      try await first.check(
        "set -e; cd \(Self.mount)/tree && tar --format=posix -cf /tmp/tree.tar usr && cd \(inside) "
          + "&& tar xpf /tmp/tree.tar && rm /tmp/tree.tar", within: .seconds(120))
      let look = "find . -printf '%P %y %m %U:%G %T@ %l\\n' | grep -v '^ ' | LC_ALL=C sort"
      let made = try await onHost("cd tar/usr && " + look, cluster)
      let original = try await onHost("cd tree/usr && " + look, cluster)
      #expect(difference(made, original) == nil)
      #expect(try await onHost("diff -r tar/usr tree/usr && echo same", cluster) == "same\n")
      try await second.check("rm -r \(inside)/usr", within: .seconds(120))
      #expect(try await onHost("ls -A tar", cluster) == "")
    }

    @Test("a database that two clients write to at once loses no row and stays sound")
    func database() async throws {
      let cluster = try SharedCluster.get()
      let inside = try folder("database", cluster)
      let guests = [try await cluster.client(0), try await cluster.client(1)]
      try await guests[0].check(
        "sqlite3 \(inside)/db 'create table t (who int, number int, text text)'")
      var jobs: [Guest.Job] = []
      for (index, guest) in guests.enumerated() {
        jobs.append(
          try guest.start(
            """
            set -e
            for number in $(seq 30); do
              sqlite3 -cmd '.timeout 60000' \(inside)/db \
                "insert into t values (\(index), $number, hex(randomblob(2000)))" > /dev/null
            done
            """))
      }
      for job in jobs {
        let result = try await job.output(within: .seconds(180))
        #expect(result.status == 0, "\(result.error)")
      }
      let query = "pragma integrity_check; select who, count(distinct number) from t group by who"
      for guest in guests {
        #expect(
          try await guest.check("sqlite3 \(inside)/db '\(query)'") == "ok\n0|30\n1|30\n")
      }
      #expect(try await onHost("sqlite3 database/db '\(query)'", cluster) == "ok\n0|30\n1|30\n")
    }
  }
}
