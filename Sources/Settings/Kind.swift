/// A kind of value that one scalar holds: how its text reads, and what to say when it does not.
package struct Kind<Value> {
  /// Completes "expected …".
  package var expected: String
  /// nil when the text does not read; an `Unfit` when a better sentence than `expected` exists.
  package var read: (String) throws(Unfit) -> Value?

  /// What would have been right, for this text in particular.
  package struct Unfit: Error {
    package var expected: String
  }
}

extension Kind {
  /// The same kind, with another condition on its values.
  package func which(_ expected: String, _ condition: @escaping (Value) -> Bool) -> Kind {
    let read = read
    return Kind(expected: expected) { text throws(Unfit) in
      guard let value = try read(text) else { return nil }
      return condition(value) ? value : nil
    }
  }
}

extension Kind<String> {
  /// Any text, without control characters.
  package static func text(_ expected: String) -> Kind {
    Kind(expected: expected) { text throws(Unfit) in
      text.isEmpty || text.unicodeScalars.contains { $0.value < 32 } ? nil : text
    }
  }

  /// A path from the root, without `.` or `..` components and without slashes at its end.
  static func absolutePath(_ expected: String) -> Kind {
    Kind(expected: expected) { text throws(Unfit) in
      guard text.hasPrefix("/"), text.utf8.count < 4096,
        !text.unicodeScalars.contains(where: { $0.value == 0 || $0.value == 10 })
      else { return nil }
      let components = text.split(separator: "/")
      guard !components.contains(".."), !components.contains(".") else {
        throw Unfit(expected: "a path without '.' and '..' components")
      }
      return "/" + components.joined(separator: "/")
    }
  }
}

extension Kind<Bool> {
  /// `true` or `false`, and none of the other words of YAML 1.1.
  package static var boolean: Kind {
    Kind(expected: "true or false") { text throws(Unfit) in Bool(text) }
  }
}

extension Kind<Int> {
  /// A whole number within bounds.
  package static func number(_ unit: String, _ range: ClosedRange<Int>) -> Kind {
    Kind(expected: "\(unit) from \(range.lowerBound) to \(range.upperBound)") {
      text throws(Unfit) in
      guard let number = Int(text), range.contains(number) else { return nil }
      return number
    }
  }

  /// Whole seconds within bounds: `90` or `90s`, `2m`.
  static func seconds(_ range: ClosedRange<Int>) -> Kind {
    Kind(
      expected: "whole seconds from \(range.lowerBound) to \(range.upperBound), such as 90 or 2m"
    ) { text throws(Unfit) in
      if let number = Int(text) { return range.contains(number) ? number : nil }
      guard let duration = Duration(configurationText: text) else { return nil }
      let (seconds, fraction) = duration.components
      guard fraction == 0, let number = Int(exactly: seconds) else { return nil }
      return range.contains(number) ? number : nil
    }
  }

  /// A number of bytes within bounds: `512MiB`, or plain bytes.
  package static func bytes(_ range: ClosedRange<Int>, such example: String) -> Kind {
    let bounds =
      range.upperBound == .max
      ? "of at least \(ByteSize(bytes: range.lowerBound))"
      : "from \(ByteSize(bytes: range.lowerBound)) to \(ByteSize(bytes: range.upperBound))"
    return Kind(expected: "a size \(bounds), such as \(example)") { text throws(Unfit) in
      guard let size = ByteSize(text), range.contains(size.bytes) else { return nil }
      return size.bytes
    }
  }

  /// A power of two of bytes within bounds.
  package static func powerOfTwoBytes(_ range: ClosedRange<Int>) -> Kind {
    let low = ByteSize(bytes: range.lowerBound)
    let high = ByteSize(bytes: range.upperBound)
    return bytes(range, such: "").which("a power of two from \(low) to \(high)") {
      $0.nonzeroBitCount == 1
    }
  }
}

extension Kind<Endpoint> {
  /// Where to listen; port 0 is "any".
  static func listener(_ example: String) -> Kind {
    Kind(expected: "HOST:PORT, such as \(example), \"[::]:2049\", or port 0 for any") {
      text throws(Unfit) in Endpoint(text)
    }
  }

  /// Where to connect.
  static func remote(_ what: String, defaultPort: Int) -> Kind {
    Kind(expected: "\(what) as HOST or HOST:PORT, port 1 to 65535 (default \(defaultPort))") {
      text throws(Unfit) in
      guard let endpoint = Endpoint(text, defaultPort: defaultPort), endpoint.port > 0 else {
        return nil
      }
      return endpoint
    }
  }
}

extension Kind<AdvertisedAddress> {
  /// What a peer calls itself.
  static var advertised: Kind {
    Kind(expected: "ADDRESS or ADDRESS:PORT, such as 192.0.2.7:2049 or \"[2001:db8::7]:2049\"") {
      text throws(Unfit) in AdvertisedAddress(text)
    }
  }
}

extension Kind<CIDR> {
  /// A range of addresses.
  static var cidr: Kind {
    Kind(expected: "a range such as 10.0.0.0/8 or 2001:db8::/32, or one address") {
      text throws(Unfit) in
      if let range = CIDR(text) { return range }
      if let meant = CIDR.masked(text) {
        throw Unfit(expected: "no bits beyond the prefix: \(meant)")
      }
      return nil
    }
  }
}

extension Kind<Glob> {
  /// A pattern for paths within an export.
  static var glob: Kind {
    Kind(expected: "a pattern such as \"lib/**/*.so*\"") { text throws(Unfit) in Glob(text) }
  }
}

extension Kind where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
  /// One word of several. A reserved word is refused with the reason, which completes "expected …".
  package static func word(reserved: [String: String] = [:]) -> Kind {
    let words = Value.allCases.map { "'\($0.rawValue)'" }
    let expected = words.count == 1 ? words.joined() : "one of \(words.joined(separator: ", "))"
    return Kind(expected: expected) { text throws(Unfit) in
      if let reason = reserved[text] { throw Unfit(expected: reason) }
      return Value(rawValue: text)
    }
  }
}
