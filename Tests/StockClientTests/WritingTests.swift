import Foundation
import Lab
import Testing

extension StockClients {
  /// An export that can be written to, as unchanged kernels use it.
  @Suite(
    "Writing", .serialized, .timeLimit(.minutes(4)),
    .cluster(
      fileCount: 20, byteCount: 1_000_000, access: "rw", squash: "none",
      files: [MadeFile(path: "source", byteCount: 3_000_000)]))
  struct WritingTests {
    private static let mount = Cluster.mountPoint

    /// A folder of the export for one test, and the same folder on the host.
    private func folder(_ name: String, _ cluster: Cluster) throws -> (guest: String, host: String)
    {
      let host = cluster.exportPath + "/" + name
      try FileManager.default.createDirectory(atPath: host, withIntermediateDirectories: true)
      return (Self.mount + "/" + name, host)
    }

    private func onHost(_ command: String, _ cluster: Cluster) async throws -> String {
      try await cluster.mdsNode.run(["sh", "-c", command], within: .seconds(60))
    }

    @Test(
      "what a client creates, writes, appends and truncates is what the host has",
      arguments: ["4.1", "4.2"])
    func content(version: String) async throws {
      let cluster = try SharedCluster.get()
      let (inside, outside) = try folder("content\(version)", cluster)
      let guest = try await cluster.client(0, options: "vers=\(version)")
      let local = "/tmp/content\(version)"
      let seen = try await guest.check(
        """
        set -e
        for folder in \(inside) \(local); do
          mkdir -p $folder; cd $folder
          cp \(Self.mount)/source copied
          cp copied appended; cat copied >> appended; echo end >> appended
          cp copied shorter; truncate -s 1234567 shorter
          cp copied longer; truncate -s 4000000 longer; echo behind >> longer
          dd if=copied of=holes bs=4096 seek=1000 count=3 status=none
          cp copied patched; echo patch | dd of=patched bs=1 seek=999999 conv=notrunc status=none
          : > empty; cp copied emptied; : > emptied
          mkdir -p sub/below; echo deep > sub/below/file; ln copied second; ln -s copied link
          mkfifo fifo; rm shorter; mv longer moved
        done
        cd \(local); find . -type f | sort | xargs md5sum; cd \(inside); ls -a | sort
        """, within: .seconds(120))
      let host = try await onHost(
        "cd \(outside); find . -type f | LC_ALL=C sort | xargs md5sum; ls -a | sort", cluster)
      let found = difference(sorted(host), sorted(seen))
      #expect(found == nil)
    }

    private func sorted(_ text: String) -> String {
      text.split(separator: "\n").sorted().joined(separator: "\n")
    }

    @Test("modes, owners and times that a client sets are those on the host")
    func attributes() async throws {
      let cluster = try SharedCluster.get()
      let (inside, outside) = try folder("attributes", cluster)
      let guest = try await cluster.client(0)
      let format = "--printf '%n %a %u:%g %s %.9Y %.9X\\n'"
      let seen = try await guest.check(
        """
        set -e; cd \(inside); umask 027
        echo one > one; mkdir folder
        echo two > two; chmod 4711 two; touch -d '2001-02-03 04:05:06.123456789 UTC' two
        echo three > three; touch -a -d '1999-12-31 23:59:59.5 UTC' three; chmod 0 three
        stat \(format) folder one two three
        """)
      #expect(seen.contains("folder 750 0:0"))
      #expect(seen.contains("one 640 0:0 4 "))
      #expect(seen.contains("two 4711 0:0 4 981173106.123456789 981173106.123456789"))
      #expect(seen.contains("three 0 0:0 6 "))
      let host = try await onHost("cd \(outside); stat \(format) folder one two three", cluster)
      #expect(seen == host)
      let refused = try await guest.run(
        "cat \(inside)/three", as: Guest.User(uid: 4321, gid: 4321))
      #expect(refused.error.contains("Permission denied"))
    }

    @Test("a file that is replaced or removed while it is open is read and written to its end")
    func open() async throws {
      let cluster = try SharedCluster.get()
      let (inside, outside) = try folder("open", cluster)
      let guest = try await cluster.client(0)
      let seen = try await guest.check(
        """
        set -e; cd \(inside)
        echo old > replaced; echo new > newer; exec 3< replaced; mv newer replaced
        cat <&3; cat replaced; exec 3<&-
        echo gone > removed; exec 4<> removed; rm removed; echo more >&4
        exec 5< /proc/self/fd/4; cat <&5; exec 4>&- 5<&-
        ls -A
        """)
      #expect(seen == "old\nnew\nmore\nreplaced\n")
      #expect(try await onHost("cd \(outside); ls -A; cat replaced", cluster) == "replaced\nnew\n")
    }

    @Test("extended attributes, holes, allocated space and copies are those on the host")
    func minorTwo() async throws {
      let cluster = try SharedCluster.get()
      let (inside, outside) = try folder("minortwo", cluster)
      let guest = try await cluster.client(0, options: "vers=4.2")
      let before = try await guest.operationCounts()
      let seen = try await guest.check(
        """
        set -e; cd \(inside)
        cp \(Self.mount)/source file
        setfattr -n user.kept -v one file; setfattr -n user.kept -v two file
        setfattr -n user.gone -v three file; setfattr -x user.gone file
        getfattr -d file
        fallocate -l 100000 allocated
        cp file holes; fallocate -p -o 1048576 -l 1048576 holes
        cp --sparse=always holes copied; cp --reflink=auto holes again
        md5sum holes copied again; stat -c '%n %s' *
        """)
      let host = try await onHost(
        """
        cd \(outside); getfattr -d file; md5sum holes copied again; stat -c '%n %s' *
        """, cluster)
      #expect(seen == host)
      #expect(seen.contains("user.kept=\"two\"") && !seen.contains("user.gone"))
      let blocks = try await onHost("stat -c %b \(outside)/file \(outside)/holes", cluster)
        .split(separator: "\n").compactMap { Int($0) }
      try #require(blocks.count == 2)
      #expect(blocks[0] - blocks[1] >= 2048)
      let after = try await guest.operationCounts()
      let operations = [
        "SETXATTR", "GETXATTR", "LISTXATTRS", "REMOVEXATTR", "ALLOCATE", "DEALLOCATE", "COPY",
      ]
      for operation in operations {
        #expect(after[operation] ?? 0 > before[operation] ?? 0, "\(operation)")
      }
    }

    @Test("a lock of one client keeps another one out until it is given back")
    func locks() async throws {
      let cluster = try SharedCluster.get()
      let (inside, outside) = try folder("locks", cluster)
      let (first, second) = (try await cluster.client(0), try await cluster.client(1))
      let holder = try first.start(
        """
        exec 9>> \(inside)/lock; flock -x 9 && touch \(inside)/taken
        until [ -e /tmp/give ]; do sleep 0.05; done
        """)
      try await eventually("the first client has the lock") {
        FileManager.default.fileExists(atPath: outside + "/taken")
      }
      let refused = try await second.run("exec 9>> \(inside)/lock; flock -n -x 9")
      #expect(refused.status == 1)
      let waiting = try second.start("exec 9>> \(inside)/lock; flock -x 9 && echo mine")
      #expect(!waiting.isDone)
      try await first.check("touch /tmp/give")
      #expect(try await holder.output(within: .seconds(60)).status == 0)
      // A client that is told of the lock does not wait until it asks again, every 30 s.
      #expect(try await waiting.output(within: .seconds(20)).output == "mine\n")
    }

    @Test("two clients that append to one file under a lock lose no line")
    func sharedAppend() async throws {
      let cluster = try SharedCluster.get()
      let (inside, outside) = try folder("append", cluster)
      var jobs: [Guest.Job] = []
      for index in 0..<2 {
        let guest = try await cluster.client(index)
        jobs.append(
          try guest.start(
            """
            exec 9>> \(inside)/lock
            for number in $(seq 40); do
              flock -x 9; echo \(index) $number >> \(inside)/log; flock -u 9
            done
            """))
      }
      for job in jobs { #expect(try await job.output(within: .seconds(120)).status == 0) }
      let lines = try await onHost("cat \(outside)/log", cluster).split(separator: "\n")
      #expect(lines.count == 80)
      #expect(Set(lines).count == 80)
    }

    /// Every line names the version: what is read says which versions it is made of.
    private func versionCommand(_ number: Int) -> String {
      "yes 'version \(number)' | head -n 60000"
    }

    private func wholeVersion(_ number: Int) -> String { "60000 version \(number)" }

    @Test("who opens a file after another client closed it reads what that wrote, through its peer")
    func closeToOpen() async throws {
      let cluster = try SharedCluster.get()
      let (inside, _) = try folder("versions", cluster)
      let peer = try await cluster.peer(1)
      let (writer, reader) = (try await cluster.client(0), try await cluster.client(1))
      let look = "uniq -c \(inside)/file | sed 's/^ *//'"
      // In place, by truncation and by replacement, each time after the peer has served the last.
      let ways = [
        "> \(inside)/file", "1<> \(inside)/file",
        "> \(inside)/new; mv \(inside)/new \(inside)/file",
      ]
      for number in 10..<22 {
        try await writer.check(versionCommand(number) + " " + ways[number % ways.count])
        let seen = try await reader.check(look).trimmingCharacters(in: .newlines)
        #expect(seen == wholeVersion(number))
        guard number % 3 == 0 else { continue }
        // Until it is old enough to be kept by peers, the MDS answers.
        try await eventually("the peer serves version \(number)") {
          let before = try await peer.status(as: NodeStatus.self).readBytes
          try await reader.dropCaches()
          let seen = try await reader.check(look).trimmingCharacters(in: .newlines)
          #expect(seen == wholeVersion(number))
          return try await peer.status(as: NodeStatus.self).readBytes > before
        }
      }
    }

    @Test("who reads a file that another client replaces again and again never reads an older one")
    func replacing() async throws {
      let cluster = try SharedCluster.get()
      let (inside, _) = try folder("replacing", cluster)
      try await cluster.peer(1)
      let (writer, reader) = (try await cluster.client(0), try await cluster.client(1))
      try await writer.check(versionCommand(1000) + " > \(inside)/file")
      let writing = try writer.start(
        """
        set -e; cd \(inside)
        for number in $(seq 1001 1040); do
          yes "version $number" | head -n 60000 > new; mv new file
        done
        """)
      let reading = try reader.start(
        """
        set -e; cd \(inside)
        until [ "${line##* }" = 1040 ]; do line=$(uniq -c file); echo "$line"; done
        """)
      #expect(try await writing.output(within: .seconds(120)).status == 0)
      let result = try await reading.output(within: .seconds(60))
      #expect(result.status == 0)
      let lines = result.output.split(separator: "\n").map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      let numbers = lines.compactMap { Int($0.split(separator: " ").last ?? "") }
      #expect(lines.allSatisfy { $0.hasPrefix("60000 version 1") })
      #expect(numbers.count == lines.count)
      #expect(numbers == numbers.sorted())
      #expect(numbers.last == 1040)
    }
  }
}
