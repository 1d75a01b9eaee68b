import CAlphaLoop

/// Writes state as little-endian fields. Errors are kept and returned by the host's call.
public struct StateWriter: ~Copyable {
  private var bytes: [UInt8] = []

  public init() {}

  public mutating func write(_ value: Int64) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
  public mutating func write(_ value: Int) { write(Int64(value)) }
  public mutating func write(_ value: UInt64) { write(Int64(bitPattern: value)) }
  public mutating func write(_ value: Bool) { write(Int64(value ? 1 : 0)) }
  public mutating func write(_ value: Double) { write(Int64(bitPattern: value.bitPattern)) }
  public mutating func write(_ text: String) {
    write(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }
  public mutating func write(_ values: [Double]) {
    write(values.count)
    for value in values { write(value) }
  }
  public mutating func write(_ values: [Int64]) {
    write(values.count)
    for value in values { write(value) }
  }

  consuming func finish() -> [UInt8] { bytes }
}

/// Reads what `StateWriter` wrote; every read is bounds-checked and throws on broken bytes.
public struct StateReader: ~Copyable {
  private let bytes: [UInt8]
  private var position = 0

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  private static let cut = PluginError.data("the saved state is cut short or is not this agent's")

  public mutating func integer() throws(PluginError) -> Int64 {
    guard bytes.count - position >= 8 else { throw Self.cut }
    var value: UInt64 = 0
    for i in 0..<8 { value |= UInt64(bytes[position + i]) << UInt64(8 * i) }
    position += 8
    return Int64(bitPattern: value)
  }

  public mutating func count(limit: Int = 1 << 28) throws(PluginError) -> Int {
    let value = try integer()
    guard value >= 0, value <= Int64(limit), value <= Int64(bytes.count) else { throw Self.cut }
    return Int(value)
  }

  public mutating func double() throws(PluginError) -> Double { Double(bitPattern: UInt64(bitPattern: try integer())) }

  public mutating func bool() throws(PluginError) -> Bool {
    switch try integer() {
    case 0: return false
    case 1: return true
    default: throw Self.cut
    }
  }

  public mutating func doubles() throws(PluginError) -> [Double] {
    let n = try count()
    guard bytes.count - position >= 8 * n else { throw Self.cut }
    var values: [Double] = []
    values.reserveCapacity(n)
    for _ in 0..<n { values.append(try double()) }
    return values
  }

  public mutating func integers() throws(PluginError) -> [Int64] {
    let n = try count()
    guard bytes.count - position >= 8 * n else { throw Self.cut }
    var values: [Int64] = []
    values.reserveCapacity(n)
    for _ in 0..<n { values.append(try integer()) }
    return values
  }

  public mutating func text() throws(PluginError) -> String {
    let n = try count()
    guard bytes.count - position >= n else { throw Self.cut }
    defer { position += n }
    return String(decoding: bytes[position..<position + n], as: UTF8.self)
  }

  /// Throws when bytes are left: the state is not this agent's.
  public func finish() throws(PluginError) {
    guard position == bytes.count else {
      throw PluginError.data("the saved state has \(bytes.count - position) bytes too many")
    }
  }
}
