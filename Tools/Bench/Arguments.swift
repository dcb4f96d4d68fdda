import ArgumentParser
import Bench

extension LinkRate: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension ArrivalPattern: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
  public var defaultValueDescription: String { description }
}

extension PeerFault: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension PeerRate: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension FileSource: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
  public var defaultValueDescription: String { description }
}

extension FileSizes: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension ConfigurationLine: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

/// A size such as `128KiB`.
struct ByteCount: ExpressibleByArgument {
  var bytes: Int

  init(_ bytes: Int) { self.bytes = bytes }

  init?(argument: String) {
    guard let bytes = Text.byteCount(argument) else { return nil }
    self.bytes = bytes
  }

  var defaultValueDescription: String { "\(bytes >> 10)KiB" }
}
