import CAlphaLoop

/// One resolved parameter leaf.
public struct PluginParameter: Sendable, Equatable {
  public enum Value: Sendable, Equatable {
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
  }
  public var name: String
  public var value: Value
  public init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }
}

/// An instance in this process: the C tables with Swift errors around them. Calls follow the life cycle of the header;
/// one out of order throws.
public final class LoadedInstance: @unchecked Sendable {
  public enum State: Sendable { case created, started, stopped, destroyed }

  public let name: String
  public let descriptor: PluginDescriptor
  public let services: HostServices
  public private(set) var state = State.created
  private var c: al_instance_v1

  /// - Parameters:
  ///   - parameters: resolved against the schema, defaults applied.
  ///   - inputs: `AL_IN_*` granted.
  public init(
    _ library: LoadedLibrary, id: String, name: String, parameters: [PluginParameter] = [], json: String = "{}",
    inputs: UInt64, services: HostServices
  ) throws(LoadError) {
    guard let descriptor = library.descriptor(id) else {
      let known = library.descriptors.map(\.id).joined(separator: ", ")
      throw LoadError(name, "\(library.path) has no '\(id)'; it has \(known)")
    }
    self.name = name
    self.descriptor = descriptor
    self.services = services
    var out = al_instance_v1()
    out.size = UInt32(MemoryLayout<al_instance_v1>.size)
    var failure: LoadError?
    CallMemory.with { memory in
      let sorted = parameters.sorted { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }
      let table = memory.array(sorted.map { memory.parameter($0) })
      var args = al_create_v1(
        size: UInt32(MemoryLayout<al_create_v1>.size), n_parameters: UInt32(sorted.count), id: memory.string(id),
        instance: memory.string(name), parameters_json: memory.string(json), parameters: table, inputs: inputs)
      failure = check(name, "create") { err in
        guard let create = library.entry.pointee.create else { return AL_E_UNSUPPORTED }
        return create(services.table, &args, &out, err)
      }
    }
    if let failure { throw failure }
    guard out.size == UInt32(MemoryLayout<al_instance_v1>.size), out.get_interface != nil, out.start != nil,
      out.stop != nil,
      out.destroy != nil
    else { throw LoadError(name, "create gave an instance with NULL functions or another size") }
    c = out
  }

  public var context: UnsafeMutableRawPointer? { c.ctx }

  /// The table of an interface, checked for its size; nil when the instance has none.
  public func table<T: BitwiseCopyable>(_ id: String, _ type: T.Type = T.self) throws(LoadError) -> UnsafePointer<T>? {
    guard let raw = c.get_interface(c.ctx, id) else { return nil }
    let size = raw.loadUnaligned(as: UInt32.self)
    guard size == UInt32(MemoryLayout<T>.size) else {
      throw LoadError(name, "its table \(id) has \(size) bytes where this host expects \(MemoryLayout<T>.size)")
    }
    return raw.assumingMemoryBound(to: T.self)
  }

  public func start() throws(LoadError) {
    guard state == .created || state == .stopped else { throw LoadError(name, "start is not legal while \(state)") }
    services.isStopped = false
    if let failure = check(name, "start", { c.start(c.ctx, $0) }) { throw failure }
    state = .started
  }

  public func stop() throws(LoadError) {
    guard state == .started else { return }
    let failure = check(name, "stop", { c.stop(c.ctx, $0) })
    state = .stopped
    services.isStopped = true
    if let failure { throw failure }
  }

  public func destroy() {
    guard state != .destroyed else { return }
    if state == .started { try? stop() }
    c.destroy(c.ctx)
    state = .destroyed
  }

  deinit { destroy() }

  /// The instance's state as bytes; nil when it has no state interface.
  public func save() throws(LoadError) -> [UInt8]? {
    guard let table = try table(AL_INTERFACE_STATE, al_state_v1.self), let save = table.pointee.save else { return nil }
    let collector = ByteCollector()
    var sink = collector.sink
    if let failure = check(name, "save", { save(c.ctx, &sink, $0) }) { throw failure }
    return collector.bytes
  }

  public func restore(_ bytes: [UInt8], version: UInt32, chunk: Int = .max) throws(LoadError) {
    guard let table = try table(AL_INTERFACE_STATE, al_state_v1.self), let restore = table.pointee.restore else {
      return
    }
    let feeder = ByteFeeder(bytes, chunk: chunk)
    var source = feeder.source
    if let failure = check(name, "restore", { restore(c.ctx, version, &source, $0) }) { throw failure }
  }
}

/// Calls a function that reports through an error buffer; nil when it succeeded.
public func check(
  _ subject: String, _ action: String, _ call: (UnsafeMutablePointer<al_error_v1>) -> al_status
) -> LoadError? {
  var text = [CChar](repeating: 0, count: 2048)
  return text.withUnsafeMutableBufferPointer { buffer in
    var err = al_error_v1(
      size: UInt32(MemoryLayout<al_error_v1>.size), code: AL_OK, buf: buffer.baseAddress, cap: UInt32(buffer.count),
      len: 0,
      retry_after_ns: 0)
    let status = call(&err)
    if status >= 0 { return nil }
    let length = min(Int(err.len), buffer.count)
    let message = String(decoding: buffer[0..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return LoadError(
      subject, "\(action) failed (\(statusName(status)))\(message.isEmpty ? "" : ": \(message)")", status: status)
  }
}

public func statusName(_ status: al_status) -> String {
  switch status {
  case AL_E_UNSUPPORTED: "unsupported"
  case AL_E_ARGUMENT: "argument"
  case AL_E_CONFIG: "configuration"
  case AL_E_STATE: "state"
  case AL_E_CAPACITY: "capacity"
  case AL_E_IO: "input/output"
  case AL_E_AUTH: "credentials"
  case AL_E_REJECTED: "rejected"
  case AL_E_TIMEOUT: "timeout"
  case AL_E_DATA: "data"
  case AL_E_CANCELLED: "cancelled"
  case AL_E_INTERNAL: "internal"
  default: "status \(status)"
  }
}

/// Memory for the arguments of one call.
public final class CallMemory {
  private var blocks: [UnsafeMutableRawPointer] = []

  public static func with<R>(_ body: (CallMemory) -> R) -> R {
    let memory = CallMemory()
    defer { memory.free() }
    return body(memory)
  }

  public func string(_ text: String) -> al_str_v1 {
    let bytes = Array(text.utf8)
    let block = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
    for (i, byte) in bytes.enumerated() { block[i] = CChar(bitPattern: byte) }
    block[bytes.count] = 0
    blocks.append(UnsafeMutableRawPointer(block))
    return al_str_v1(ptr: UnsafePointer(block), len: UInt64(bytes.count))
  }

  public func array<T: BitwiseCopyable>(_ values: [T]) -> UnsafePointer<T> {
    let block = UnsafeMutablePointer<T>.allocate(capacity: max(values.count, 1))
    for (i, value) in values.enumerated() { block[i] = value }
    blocks.append(UnsafeMutableRawPointer(block))
    return UnsafePointer(block)
  }

  func parameter(_ p: PluginParameter) -> al_param_v1 {
    var c = al_param_v1()
    c.name = string(p.name)
    switch p.value {
    case .bool(let value):
      c.type = AL_PARAM_BOOL
      c.integer = value ? 1 : 0
    case .integer(let value):
      c.type = AL_PARAM_INTEGER
      c.integer = value
      c.number = Double(value)
    case .number(let value):
      c.type = AL_PARAM_NUMBER
      c.number = value
    case .text(let value):
      c.type = AL_PARAM_TEXT
      c.text = string(value)
    }
    return c
  }

  private func free() { for block in blocks { block.deallocate() } }
}

/// Collects what a plugin writes.
public final class ByteCollector {
  public private(set) var bytes: [UInt8] = []
  private let limit: Int
  private let hear: ((String) -> Void)?

  /// - Parameter hear: is told each write at once.
  public init(limit: Int = 1 << 30, hear: ((String) -> Void)? = nil) {
    self.limit = limit
    self.hear = hear
  }

  public var sink: al_sink_v1 {
    al_sink_v1(
      size: UInt32(MemoryLayout<al_sink_v1>.size), reserved: 0, ctx: Unmanaged.passUnretained(self).toOpaque(),
      write: { ctx, p, n in
        guard let ctx else { return AL_E_ARGUMENT }
        let me = Unmanaged<ByteCollector>.fromOpaque(ctx).takeUnretainedValue()
        guard n <= UInt64(me.limit - me.bytes.count) else { return AL_E_CAPACITY }
        if n > 0, let p {
          let piece = UnsafeRawBufferPointer(start: p, count: Int(n))
          me.bytes.append(contentsOf: piece)
          me.hear?(String(decoding: piece, as: UTF8.self))
        }
        return AL_OK
      })
  }
}

/// Feeds bytes to a plugin, `chunk` at a time.
public final class ByteFeeder {
  private let bytes: [UInt8]
  private let chunk: Int
  private var position = 0
  public init(_ bytes: [UInt8], chunk: Int = .max) {
    self.bytes = bytes
    self.chunk = max(chunk, 1)
  }

  public var source: al_source_v1 {
    al_source_v1(
      size: UInt32(MemoryLayout<al_source_v1>.size), reserved: 0, ctx: Unmanaged.passUnretained(self).toOpaque(),
      read: { ctx, p, cap in
        guard let ctx, let p else { return -1 }
        let me = Unmanaged<ByteFeeder>.fromOpaque(ctx).takeUnretainedValue()
        let n = min(me.bytes.count - me.position, Int(clamping: cap), me.chunk)
        me.bytes.withUnsafeBytes { source in
          if n > 0, let base = source.baseAddress { p.copyMemory(from: base + me.position, byteCount: n) }
        }
        me.position += n
        return Int64(n)
      })
  }
}
