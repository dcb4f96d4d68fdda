// swift-tools-version: 6.2
// p2pnfs: peer-to-peer NFS. Arrows between targets point down only: C, wire, state machines,
// shells, roles, programs, in this order.
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

func swiftTarget(
  _ name: String, _ dependencies: [Target.Dependency], path: String? = nil
) -> Target {
  .target(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
  .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let lifecycle = Target.Dependency.product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let collections = Target.Dependency.product(name: "Collections", package: "swift-collections")

let package = Package(
  name: "p2pnfs",
  products: [
    .executable(name: "p2pnfsd", targets: ["p2pnfsd"]),
    .executable(name: "p2pnfs", targets: ["p2pnfs"]),
    .executable(name: "p2pnfs-demo", targets: ["p2pnfs-demo"]),
    .executable(name: "p2pnfs-bench", targets: ["p2pnfs-bench"]),
    .executable(name: "p2pnfs-tune", targets: ["p2pnfs-tune"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
    .package(
      url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    .package(
      url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: [
    // C
    .systemLibrary(
      name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .systemLibrary(
      name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
    .target(name: "CLinux"),

    // Wire
    swiftTarget("XDR", [nioCore]),
    swiftTarget("ONCRPC", ["XDR", nioCore]),
    swiftTarget("NFSv4", ["XDR", "ONCRPC", nioCore]),

    // State machines
    swiftTarget("Membership", [crypto]),
    swiftTarget("BlockCache", ["CLZ4", "CXXHash", nioCore, collections]),
    swiftTarget("Contents", ["BlockCache", "CXXHash", "Membership"]),
    swiftTarget("Placement", ["BlockCache", "Contents", "Membership", collections]),
    swiftTarget(
      "NFSServer",
      ["NFSv4", "ONCRPC", "XDR", "BlockCache", "Placement", crypto, nioCore, collections]),

    // Shells
    swiftTarget("Transport", ["ONCRPC", "XDR", "Membership", logging, nioCore, nioPosix]),
    swiftTarget("Settings", [yams]),
    swiftTarget(
      "Simulation", ["BlockCache", "Contents", "Membership", "Placement", "Settings", yams]),
    swiftTarget("Admin", [hummingbird, logging, lifecycle, nioCore, nioPosix, nioHTTP1]),

    swiftTarget(
      "ClusterTransport",
      [
        "Admin", "BlockCache", "Contents", "Membership", "NFSServer", "NFSv4", "ONCRPC",
        "Placement", "Transport", "XDR", logging, nioCore, nioPosix,
      ]),

    // Roles
    swiftTarget(
      "MetadataServer",
      [
        "CLinux", "ClusterTransport", "Contents", "Membership", "NFSServer", "NFSv4", "ONCRPC",
        "XDR", "Placement", "BlockCache", "Transport", "Settings", "Admin", grdb, crypto,
        collections, logging, lifecycle, nioCore, nioPosix,
      ]),
    swiftTarget(
      "PeerServer",
      [
        "CLinux", "ClusterTransport", "Contents", "Membership", "NFSServer", "NFSv4", "ONCRPC",
        "XDR", "Placement", "BlockCache", "Transport", "Settings", "Admin", crypto, collections,
        logging, lifecycle, nioCore, nioPosix,
      ]),

    // Measuring
    swiftTarget(
      "Bench",
      [
        "NFSv4", "ONCRPC", "XDR", "BlockCache", "Transport", collections, logging, nioCore,
        nioPosix,
      ]),

    // Programs
    program(
      "p2pnfsd",
      [
        "CLinux", "MetadataServer", "PeerServer", "Settings", "Admin", arguments, lifecycle,
        logging,
      ]),
    program("p2pnfs", ["Admin", "Settings", arguments], path: "Tools/p2pnfs"),
    program("p2pnfs-demo", ["Lab", arguments], path: "Tools/Demo"),
    program(
      "p2pnfs-bench", ["Admin", "Bench", "Lab", arguments, logging, nioCore, nioPosix],
      path: "Tools/Bench"),
    program(
      "p2pnfs-tune", ["Membership", "Placement", "Settings", "Simulation", arguments],
      path: "Tools/Tune"),

    // Tests
    swiftTarget("Lab", [], path: "Tests/TestSupport"),
    tests("XDRTests", ["XDR", nioCore]),
    tests("ONCRPCTests", ["ONCRPC", "XDR", nioCore]),
    tests("NFSv4Tests", ["NFSv4", "ONCRPC", "XDR", nioCore]),
    tests("MembershipTests", ["Membership"]),
    tests("ContentsTests", ["Contents", "BlockCache", "Membership"]),
    tests("PlacementTests", ["Placement", "BlockCache", "Contents", "Membership"]),
    tests("BlockCacheTests", ["BlockCache", nioCore]),
    tests(
      "NFSServerTests",
      ["NFSServer", "BlockCache", "NFSv4", "ONCRPC", "Placement", "XDR", nioCore]),
    tests(
      "TransportTests",
      [
        "Transport", "Membership", "ONCRPC", "XDR", logging, nioCore, nioEmbedded, nioPosix,
      ]),
    tests("SettingsTests", ["Settings"]),
    tests(
      "SimulationTests",
      ["Simulation", "BlockCache", "Contents", "Membership", "Placement", "Settings"],
      exclude: ["Scenarios"]),
    tests("AdminTests", ["Admin", logging, lifecycle, nioCore, nioPosix]),
    tests(
      "MetadataServerTests",
      [
        "MetadataServer", "Admin", "BlockCache", "ClusterTransport", "NFSServer", "NFSv4", "ONCRPC",
        "Placement", "XDR", crypto, grdb, logging, nioCore, nioPosix,
      ]),
    tests(
      "PeerServerTests",
      [
        "PeerServer", "BlockCache", "ClusterTransport", "Contents", "Membership", "NFSServer",
        "NFSv4", "ONCRPC", "Placement", "Settings", "Transport", "XDR", crypto, logging, lifecycle,
        nioCore, nioPosix,
      ]),
    tests(
      "BenchTests",
      [
        "Bench", "BlockCache", "NFSServer", "NFSv4", "ONCRPC", "Settings", "Transport", "XDR",
        logging, nioCore, nioPosix,
      ]),
    tests("HouseTests", []),
    tests("LabTests", ["Lab"]),
    tests("ProcessTests", ["Lab", "NFSServer", "NFSv4", "ONCRPC", "XDR", nioCore]),
    tests("StockClientTests", ["Lab", "NFSv4", "ONCRPC", "XDR", nioCore]),
  ],
  swiftLanguageModes: [.v6]
)
