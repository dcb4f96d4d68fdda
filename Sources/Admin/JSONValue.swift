import FoundationEssentials

/// A JSON value that programs build with literals: `["peers": 3, "role": "mds"]`.
///
/// Objects are written with their keys in order, so equal values make equal texts.
public enum JSONValue: Hashable, Sendable {
  case object([String: JSONValue])
  case array([JSONValue])
  case string(String)
  case int(Int)
  /// Written as `null` if it is not finite: JSON has no such numbers.
  case double(Double)
  case bool(Bool)
  case null

  /// A count that may be beyond `Int.max`, which it is then taken as.
  public init(_ count: UInt64) {
    self = .int(Int(clamping: count))
  }

  /// The member of an object, or nil.
  public subscript(key: String) -> JSONValue? {
    if case .object(let members) = self { members[key] } else { nil }
  }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral,
  ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
  /// An object; of equal keys the last stays.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements) { $1 })
  }

  /// An array.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

  /// A string.
  public init(stringLiteral value: String) { self = .string(value) }

  /// A whole number.
  public init(integerLiteral value: Int) { self = .int(value) }

  /// A number.
  public init(floatLiteral value: Double) { self = .double(value) }

  /// `true` or `false`.
  public init(booleanLiteral value: Bool) { self = .bool(value) }

  /// `null`.
  public init(nilLiteral: ()) { self = .null }
}

extension JSONValue: Codable {
  /// Reads any JSON value; whole numbers that fit become `int`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .int(value)
    } else if let value = try? container.decode(Double.self) {
      self = .double(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// Writes the value as it is.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .object(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .int(let value): try container.encode(value)
    case .double(let value) where !value.isFinite: try container.encodeNil()
    case .double(let value): try container.encode(value)
    case .bool(let value): try container.encode(value)
    case .null: try container.encodeNil()
    }
  }
}

extension JSONValue {
  /// Indented JSON with its keys in order.
  public func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(self))
  }

  /// Metrics as an object: a number for each that has one value, an object by label for others.
  /// - Parameter prefix: what is left out of their names.
  public init(_ families: [MetricFamily], without prefix: String) {
    var object: [String: JSONValue] = [:]
    for family in families {
      let name = family.name.hasPrefix(prefix) ? String(family.name.dropFirst(prefix.count)) : ""
      let key = name.isEmpty ? family.name : name
      if family.samples.count == 1, let only = family.samples.first, only.labels.isEmpty {
        object[key] = .double(only.value)
        continue
      }
      var values: [String: JSONValue] = [:]
      for sample in family.samples {
        values[sample.labels.map(\.value).joined(separator: " ")] = .double(sample.value)
      }
      object[key] = .object(values)
    }
    self = .object(object)
  }
}
