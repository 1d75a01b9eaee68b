import CAlphaLoop

/// Bytes from a worker that do not say what they should.
public struct WireError: Error, Sendable {
  public init() {}
}

/// Writes what a payload carries: little-endian words, and texts with their length.
public struct WireWriter {
  public private(set) var bytes: [UInt8] = []
  public init() {}

  public mutating func put(_ value: UInt64) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
  public mutating func put(_ value: Int64) { put(UInt64(bitPattern: value)) }
  public mutating func put(_ value: UInt32) { put(UInt64(value)) }
  public mutating func put(_ value: Double) { put(value.bitPattern) }
  public mutating func put(_ value: [UInt8]) {
    put(UInt64(value.count))
    bytes.append(contentsOf: value)
  }
  public mutating func put(_ text: String) { put(Array(text.utf8)) }
  public mutating func put(_ texts: [String]) {
    put(UInt64(texts.count))
    for text in texts { put(text) }
  }
}

/// Reads a payload; every length is checked before it is used.
public struct WireReader {
  private let bytes: [UInt8]
  private var position = 0
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public mutating func word() throws(WireError) -> UInt64 {
    guard bytes.count - position >= 8 else { throw WireError() }
    defer { position += 8 }
    return UInt64(littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: UInt64.self) })
  }
  public mutating func signed() throws(WireError) -> Int64 { Int64(bitPattern: try word()) }
  public mutating func double() throws(WireError) -> Double { Double(bitPattern: try word()) }
  public mutating func small() throws(WireError) -> UInt32 {
    guard let value = UInt32(exactly: try word()) else { throw WireError() }
    return value
  }
  public mutating func data() throws(WireError) -> [UInt8] {
    let count = try word()
    guard count <= UInt64(bytes.count - position) else { throw WireError() }
    defer { position += Int(count) }
    return Array(bytes[position..<position + Int(count)])
  }
  public mutating func text() throws(WireError) -> String { String(decoding: try data(), as: UTF8.self) }
  public mutating func texts() throws(WireError) -> [String] {
    let count = try word()
    guard count <= 65536 else { throw WireError() }
    var all: [String] = []
    for _ in 0..<count { all.append(try text()) }
    return all
  }
}

extension WireWriter {
  /// The positions of an instance's random streams.
  public mutating func put(streams: [(stream: UInt64, state: UInt64)]) {
    put(UInt64(streams.count))
    for (stream, state) in streams {
      put(stream)
      put(state)
    }
  }

  public mutating func put(_ d: PluginDescriptor) {
    for text in [
      d.id, d.name, d.vendor, d.version, d.license, d.summary, d.family, d.parameterSchema,
    ] { put(text) }
    for list in [d.interfaces, d.reasons, d.estimates] { put(list) }
    for value in [d.kinds, d.tier, d.warmUp, d.maxRows, d.stateVersion, d.minStateVersion] { put(value) }
    for value in [d.flags, d.inputs, d.outputs] { put(value) }
  }
}

extension WireReader {
  public mutating func streams() throws(WireError) -> [(stream: UInt64, state: UInt64)] {
    let count = try word()
    guard count <= UInt64((bytes.count - position) / 16) else { throw WireError() }
    var all: [(stream: UInt64, state: UInt64)] = []
    for _ in 0..<count { all.append((try word(), try word())) }
    return all
  }

}

extension PluginDescriptor {
  public init(from wire: inout WireReader) throws(WireError) {
    id = try wire.text()
    name = try wire.text()
    vendor = try wire.text()
    version = try wire.text()
    license = try wire.text()
    summary = try wire.text()
    family = try wire.text()
    parameterSchema = try wire.text()
    interfaces = try wire.texts()
    reasons = try wire.texts()
    estimates = try wire.texts()
    kinds = try wire.small()
    tier = try wire.small()
    warmUp = try wire.small()
    maxRows = try wire.small()
    stateVersion = try wire.small()
    minStateVersion = try wire.small()
    flags = try wire.word()
    inputs = try wire.word()
    outputs = try wire.word()
  }
}

/// What an instance is made from, and how its process is locked down afterwards.
public struct WorkerCreation: Sendable {
  public var id: String
  public var name: String
  public var parameters: [PluginParameter]
  public var json: String
  public var inputs: UInt64
  public var mode: UInt32
  public var seed: UInt64
  /// Nil: no lock-down, for tests that show what it prevents.
  public var lockdown: LockdownPolicy?

  public init(
    id: String, name: String, parameters: [PluginParameter], json: String, inputs: UInt64, mode: UInt32, seed: UInt64,
    lockdown: LockdownPolicy?
  ) {
    self.id = id
    self.name = name
    self.parameters = parameters
    self.json = json
    self.inputs = inputs
    self.mode = mode
    self.seed = seed
    self.lockdown = lockdown
  }

  public func write(to wire: inout WireWriter) {
    for text in [id, name, json] { wire.put(text) }
    wire.put(inputs)
    wire.put(mode)
    wire.put(seed)
    wire.put(UInt64(parameters.count))
    for parameter in parameters {
      wire.put(parameter.name)
      switch parameter.value {
      case .bool(let value):
        wire.put(AL_PARAM_BOOL)
        wire.put(UInt64(value ? 1 : 0))
      case .integer(let value):
        wire.put(AL_PARAM_INTEGER)
        wire.put(value)
      case .number(let value):
        wire.put(AL_PARAM_NUMBER)
        wire.put(value)
      case .text(let value):
        wire.put(AL_PARAM_TEXT)
        wire.put(value)
      }
    }
    write(lockdown, to: &wire)
  }

  private func write(_ policy: LockdownPolicy?, to wire: inout WireWriter) {
    guard let policy else { return wire.put(UInt64(0)) }
    wire.put(UInt64(1))
    wire.put(policy.limits.addressSpaceGrowth ?? 0)
    wire.put(policy.limits.descriptors)
    wire.put(policy.limits.cpuSeconds ?? 0)
    wire.put(UInt64(policy.requirement == .everything ? 1 : 0))
  }

  public init(from wire: inout WireReader) throws(WireError) {
    id = try wire.text()
    name = try wire.text()
    json = try wire.text()
    inputs = try wire.word()
    mode = try wire.small()
    seed = try wire.word()
    parameters = []
    for _ in 0..<(try wire.word()) {
      let name = try wire.text()
      switch try wire.small() {
      case AL_PARAM_BOOL: parameters.append(PluginParameter(name, .bool(try wire.word() != 0)))
      case AL_PARAM_INTEGER: parameters.append(PluginParameter(name, .integer(try wire.signed())))
      case AL_PARAM_NUMBER: parameters.append(PluginParameter(name, .number(try wire.double())))
      case AL_PARAM_TEXT: parameters.append(PluginParameter(name, .text(try wire.text())))
      default: throw WireError()
      }
    }
    guard try wire.word() == 1 else { return }
    let growth = try wire.word()
    let descriptors = try wire.word()
    let seconds = try wire.word()
    let limits = LockdownPolicy.Limits(
      addressSpaceGrowth: growth == 0 ? nil : growth, descriptors: descriptors, cpuSeconds: seconds == 0 ? nil : seconds
    )
    let requirement: LockdownPolicy.Requirement = try wire.word() == 1 ? .everything : .whatIsAvailable
    lockdown = LockdownPolicy(.computeOnly, limits: limits, requirement: requirement)
  }
}
