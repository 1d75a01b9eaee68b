import CAlphaLoop

/// Why an instance could not be made, started or restored. The text names what was being done, the input, and what to do.
public struct PluginError: Error, Sendable {
  public var status: al_status
  public var message: String

  public init(_ status: al_status, _ message: String) {
    self.status = status
    self.message = message
  }

  public static func configuration(_ message: String) -> PluginError { PluginError(AL_E_CONFIG, message) }
  public static func data(_ message: String) -> PluginError { PluginError(AL_E_DATA, message) }
  public static func io(_ message: String) -> PluginError { PluginError(AL_E_IO, message) }
  public static func state(_ message: String) -> PluginError { PluginError(AL_E_STATE, message) }
}

public enum LogLevel: Int32, Sendable {
  case debug = 0
  case info = 1
  case warning = 2
  case error = 3
}

/// What the host offers to an instance: time, seeded randomness, logs, secrets, timers. Never a clock of one's own.
public struct Host: @unchecked Sendable {
  @usableFromInline let table: UnsafePointer<al_host_v1>

  init(_ table: UnsafePointer<al_host_v1>) { self.table = table }

  /// The as-of time, nanoseconds UTC; virtual in a backtest or a replay.
  public var now: Int64 { table.pointee.now(table.pointee.ctx) }

  /// The mode of the run, `AL_MODE_*`.
  public var mode: UInt32 { table.pointee.mode }

  /// 1 when long work should return soon.
  public var isStopping: Bool { table.pointee.stopping(table.pointee.ctx) != 0 }

  /// 64 uniform bits of this instance's own stream; reproducible from the run's seed.
  public func random(stream: UInt64 = 0) -> UInt64 { table.pointee.random(table.pointee.ctx, stream) }

  public func log(_ level: LogLevel, _ message: String) {
    withABIString(message) { table.pointee.log(table.pointee.ctx, level.rawValue, $0) }
  }

  /// Ask to be evaluated at `time` (ns UTC) with this token. False when 64 timers are pending already.
  public func timer(at time: Int64, token: UInt64) -> Bool {
    table.pointee.timer(table.pointee.ctx, time, token) == AL_OK
  }

  /// A secret that the manifest grants to this instance, or nil.
  public func secret(_ name: String) -> String? {
    withABIString(name) { key in
      var length: UInt64 = 0
      var buffer = [CChar](repeating: 0, count: 256)
      var status = table.pointee.secret(table.pointee.ctx, key, &buffer, UInt64(buffer.count), &length)
      if status == AL_E_CAPACITY {
        buffer = [CChar](repeating: 0, count: Int(clamping: length))
        status = table.pointee.secret(table.pointee.ctx, key, &buffer, UInt64(buffer.count), &length)
      }
      guard status == AL_OK else { return nil }
      return String(decoding: buffer.prefix(Int(clamping: length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  /// A handle for a metric, to be taken at start.
  public func metric(_ name: String, kind: Int32 = AL_METRIC_GAUGE) -> Int32 {
    withABIString(name) { table.pointee.metric(table.pointee.ctx, $0, kind) }
  }

  public func set(metric handle: Int32, _ value: Double) { table.pointee.metric_set(table.pointee.ctx, handle, value) }
}

/// A Swift string for the duration of a call.
public func withABIString<R>(_ text: String, _ body: (al_str_v1) throws -> R) rethrows -> R {
  var text = text
  return try text.withUTF8 { bytes in
    try bytes.withMemoryRebound(to: CChar.self) {
      try body(al_str_v1(ptr: $0.baseAddress, len: UInt64($0.count)))
    }
  }
}

extension String {
  /// Copies a string that crossed the boundary.
  public init(_ text: al_str_v1) {
    guard let base = text.ptr, text.len > 0 else {
      self = ""
      return
    }
    let bytes = UnsafeRawBufferPointer(start: base, count: Int(clamping: text.len))
    self = String(decoding: bytes, as: UTF8.self)
  }
}

extension PluginError {
  /// Writes the error into the caller's buffer, cut at a character boundary, and gives the status to return.
  func write(to buffer: UnsafeMutablePointer<al_error_v1>?) -> al_status {
    guard let buffer else { return status }
    buffer.pointee.code = status
    guard let base = buffer.pointee.buf, buffer.pointee.cap > 0 else { return status }
    var length: UInt32 = 0
    for character in message.unicodeScalars {
      let bytes = UTF8.encode(character)
      guard let bytes, length + UInt32(bytes.count) <= buffer.pointee.cap else { break }
      for byte in bytes {
        base[Int(length)] = CChar(bitPattern: byte)
        length += 1
      }
    }
    buffer.pointee.len = length
    return status
  }
}
