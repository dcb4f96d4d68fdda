import Foundation

/// The stock Linux kernel that guests run: Debian's User-Mode Linux, a kernel that is a process.
struct GuestKernel: Sendable {
  var program: String
  /// The folder that holds `modules.dep`.
  var modulesDirectory: String
  /// Paths below `modulesDirectory`, each after those it needs.
  var modules: [String]

  private static let wanted = [
    "nfs_layout_nfsv41_files.ko", "nfs_layout_flexfiles.ko", "nfsv3.ko",
  ]

  /// Finds the kernel and the modules of a pNFS client.
  /// - Throws: ``LabError`` that names the Debian package to install.
  static func find() async throws -> GuestKernel {
    guard let program = Command.locate("linux.uml") else {
      throw LabError("linux.uml is not installed: apt-get install user-mode-linux")
    }
    guard Command.locate("busybox") != nil else {
      throw LabError("busybox is not installed: apt-get install busybox-static")
    }
    let version = try await ChildProcess.check([program, "--version"])
      .trimmingCharacters(in: .whitespacesAndNewlines)
    let directory = "/usr/lib/uml/modules/\(version)"
    let table = try String(contentsOfFile: directory + "/modules.dep", encoding: .utf8)
    var needs: [String: [String]] = [:]
    for line in table.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      needs[String(parts[0])] = parts[1].split(separator: " ").map(String.init)
    }
    var modules: [String] = []
    for name in wanted {
      guard let module = needs.keys.first(where: { $0.hasSuffix("/" + name) }) else {
        throw LabError("\(directory) has no \(name)")
      }
      // modules.dep names the direct need first and the deepest last.
      for path in (needs[module] ?? []).reversed() + [module] where !modules.contains(path) {
        modules.append(path)
      }
    }
    return GuestKernel(program: program, modulesDirectory: directory, modules: modules)
  }
}
