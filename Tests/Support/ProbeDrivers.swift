import CAlphaLoop

/// An agent behind the C tables of a loaded library.
final class LibraryDriver: AgentDriver {
  private let library: ProbeLibrary
  private let host: ProbeHost
  private let instance: al_instance_v1
  private let agent: al_agent_v1
  private let state: al_state_v1
  private let version: UInt32

  init(
    _ library: ProbeLibrary, descriptor: al_descriptor_v1, parameters: [String: Any], grants: UInt64, host: ProbeHost
  ) throws {
    self.library = library
    self.host = host
    version = descriptor.state_version
    let resolved = try ProbeParameters(schema: String(cString: descriptor.parameters), given: parameters)
    let arena = TextArena()
    var out = al_instance_v1()
    try resolved.withC { table, count, json in
      var args = al_create_v1(
        size: UInt32(MemoryLayout<al_create_v1>.size), n_parameters: count,
        id: arena.add(String(cString: descriptor.id)),
        instance: arena.add("probe"), parameters_json: json, parameters: table, inputs: grants)
      try withError("create") { library.entry.pointee.create(host.table, &args, &out, $0) }
    }
    guard let agent = out.get_interface(out.ctx, "alphaloop.agent/1"),
      let state = out.get_interface(out.ctx, "alphaloop.state/1")
    else { throw ProbeError("the instance has no agent or no state interface") }
    self.agent = agent.assumingMemoryBound(to: al_agent_v1.self).pointee
    self.state = state.assumingMemoryBound(to: al_state_v1.self).pointee
    instance = out
  }

  deinit {
    _ = instance.stop(instance.ctx, nil)
    instance.destroy(instance.ctx)
  }

  func bind(_ universe: al_universe_v1) throws -> al_needs_v1 {
    var universe = universe
    var needs = al_needs_v1()
    needs.size = UInt32(MemoryLayout<al_needs_v1>.size)
    try withError("bind") { agent.bind(instance.ctx, &universe, &needs, $0) }
    return needs
  }

  func start() throws { try withError("start") { instance.start(instance.ctx, $0) } }
  func stop() throws { try withError("stop") { instance.stop(instance.ctx, $0) } }

  func evaluate(_ input: UnsafePointer<al_input_v1>, _ output: UnsafeMutablePointer<al_output_v1>) -> al_status {
    agent.evaluate(instance.ctx, input, output)
  }

  func save() throws -> [UInt8] {
    let stream = ByteStream([])
    return try withExtendedLifetime(stream) {
      var sink = al_sink_v1(
        size: UInt32(MemoryLayout<al_sink_v1>.size), reserved: 0, ctx: Unmanaged.passUnretained(stream).toOpaque(),
        write: { ctx, bytes, n in
          guard let ctx, let bytes else { return n == 0 ? AL_OK : AL_E_ARGUMENT }
          let stream = Unmanaged<ByteStream>.fromOpaque(ctx).takeUnretainedValue()
          stream.bytes.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: Int(n)))
          return AL_OK
        })
      try withError("save") { state.save(instance.ctx, &sink, $0) }
      return stream.bytes
    }
  }

  func restore(_ bytes: [UInt8]) throws {
    let stream = ByteStream(bytes)
    try withExtendedLifetime(stream) {
      var source = al_source_v1(
        size: UInt32(MemoryLayout<al_source_v1>.size), reserved: 0, ctx: Unmanaged.passUnretained(stream).toOpaque(),
        read: { ctx, into, cap in
          guard let ctx, let into else { return -1 }
          return Unmanaged<ByteStream>.fromOpaque(ctx).takeUnretainedValue().read(into, Int(cap))
        })
      try withError("restore") { state.restore(instance.ctx, version, &source, $0) }
    }
  }
}

private final class ByteStream {
  var bytes: [UInt8]
  private var position = 0
  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Short reads, as a real stream may give.
  func read(_ into: UnsafeMutableRawPointer, _ cap: Int) -> Int64 {
    let n = min(7, cap, bytes.count - position)
    bytes.withUnsafeBytes { from in
      if n > 0, let base = from.baseAddress { into.copyMemory(from: base + position, byteCount: n) }
    }
    position += n
    return Int64(n)
  }
}

/// Runs a call with an error buffer and throws what it reports.
private func withError(_ what: String, _ call: (UnsafeMutablePointer<al_error_v1>) -> al_status) throws {
  var buffer = [CChar](repeating: 0, count: 1024)
  try buffer.withUnsafeMutableBufferPointer { room in
    var error = al_error_v1(
      size: UInt32(MemoryLayout<al_error_v1>.size), code: 0, buf: room.baseAddress, cap: UInt32(room.count), len: 0,
      retry_after_ns: 0)
    let status = call(&error)
    guard status >= 0 else {
      let message = String(decoding: room.prefix(Int(error.len)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw ProbeError("\(what): \(message)", status: status)
    }
  }
}

/// An agent written in a test, for negative controls: broken on purpose.
public final class FixtureAgent: AgentDriver {
  public typealias Evaluate = (FixtureAgent, UnsafePointer<al_input_v1>) -> [ProbeRow]
  private let lookback: UInt32
  private let body: Evaluate
  /// State that `save` writes, unless `forgets`.
  public var memory: [Int64] = []
  private let forgets: Bool
  /// Of the universe, once bound.
  public private(set) var symbols: [String] = []

  public init(lookback: Int, forgets: Bool = false, _ body: @escaping Evaluate) {
    self.lookback = UInt32(lookback)
    self.forgets = forgets
    self.body = body
  }

  func bind(_ universe: al_universe_v1) throws -> al_needs_v1 {
    symbols = (0..<Int(universe.n)).compactMap { universe.instruments[$0].map { text($0.pointee.symbol) } }
    return al_needs_v1(
      size: UInt32(MemoryLayout<al_needs_v1>.size), triggers: AL_CAUSE_PANEL, lookback: lookback, warm_up: lookback,
      columns: AL_COLUMN_CLOSE | AL_COLUMN_VOLUME, reserved: 0)
  }

  func start() throws {}
  func stop() throws {}

  func evaluate(_ input: UnsafePointer<al_input_v1>, _ output: UnsafeMutablePointer<al_output_v1>) -> al_status {
    let rows = body(self, input)
    guard rows.count <= Int(output.pointee.cap) else { return AL_E_CAPACITY }
    for (i, row) in rows.enumerated() { output.pointee.rows[i] = row.c }
    output.pointee.len = UInt32(rows.count)
    return AL_OK
  }

  func save() throws -> [UInt8] {
    forgets ? [] : memory.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> Int64(8 * $0)) } }
  }

  func restore(_ bytes: [UInt8]) throws {
    memory = stride(from: 0, to: bytes.count - 7, by: 8).map { at in
      (0..<8).reduce(Int64(0)) { $0 | Int64(bytes[at + $1]) << Int64(8 * $1) }
    }
  }
}
