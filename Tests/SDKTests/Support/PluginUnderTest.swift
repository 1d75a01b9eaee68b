import CAlphaLoop
import Glibc
import Testing

/// Where a library comes from: the fixtures in this process, or a built shared library.
enum Libraries {
  static func fixtures() throws -> UnsafePointer<al_entry_v1> {
    try #require(alphaloop_plugin_v1(AL_ABI_MAJOR, AL_ABI_MINOR))
  }

  /// `libNAME.so` beside the test binary. It is never closed.
  static func product(_ name: String) throws -> UnsafePointer<al_entry_v1> {
    try load("\(try productFolder())/lib\(name).so")
  }

  static func load(_ path: String) throws -> UnsafePointer<al_entry_v1> {
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | Int32(RTLD_NODELETE)) else {
      throw Broken("\(path): \(String(cString: dlerror()))")
    }
    typealias Entry = @convention(c) (UInt32, UInt32) -> UnsafePointer<al_entry_v1>?
    let symbol = try #require(dlsym(handle, "alphaloop_plugin_v1"))
    return try #require(unsafeBitCast(symbol, to: Entry.self)(AL_ABI_MAJOR, AL_ABI_MINOR))
  }

  static func productFolder() throws -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let n = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(decoding: buffer.prefix(max(n, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
  }
}

struct Broken: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// A status with the text that came with it.
struct Outcome: Error, Equatable, CustomStringConvertible {
  var status: al_status
  var text: String
  var description: String { "\(status): \(text)" }
}

enum Parameter {
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case text(String)
}

/// One instance, driven through its C tables only.
final class PluginUnderTest {
  let host = TestHost()
  private(set) var c = al_instance_v1()
  var ctx: UnsafeMutableRawPointer? { c.ctx }
  private var errorText = [CChar](repeating: 0, count: 1024)

  init(_ entry: UnsafePointer<al_entry_v1>, _ id: String, _ parameters: [String: Parameter] = [:]) throws {
    let sorted = parameters.sorted { $0.key < $1.key }.map { name, value in
      var p = al_param_v1()
      p.name = str(name)
      switch value {
      case .bool(let v): (p.type, p.integer) = (AL_PARAM_BOOL, v ? 1 : 0)
      case .integer(let v): (p.type, p.integer, p.number) = (AL_PARAM_INTEGER, v, Double(v))
      case .number(let v): (p.type, p.number) = (AL_PARAM_NUMBER, v)
      case .text(let v): (p.type, p.text) = (AL_PARAM_TEXT, str(v))
      }
      return p
    }
    let outcome = sorted.withUnsafeBufferPointer { list in
      var args = al_create_v1()
      args.size = UInt32(MemoryLayout<al_create_v1>.size)
      args.id = str(id)
      args.instance = str("test")
      args.parameters_json = str("{}")
      args.parameters = list.baseAddress
      args.n_parameters = UInt32(list.count)
      args.inputs = ~0
      return report { entry.pointee.create(host.table, &args, &c, $0) }
    }
    guard outcome.status == AL_OK else { throw outcome }
  }

  deinit { if c.ctx != nil { c.destroy(c.ctx) } }

  /// Runs a call that may write an error text.
  func report(_ body: (UnsafeMutablePointer<al_error_v1>) -> al_status) -> Outcome {
    errorText.withUnsafeMutableBufferPointer { buffer in
      var err = al_error_v1()
      err.size = UInt32(MemoryLayout<al_error_v1>.size)
      err.buf = buffer.baseAddress
      err.cap = UInt32(buffer.count)
      let status = body(&err)
      return Outcome(status: status, text: text(al_str_v1(ptr: err.buf, len: UInt64(err.len))))
    }
  }

  func start() -> Outcome { report { c.start(c.ctx, $0) } }
  func stop() -> Outcome { report { c.stop(c.ctx, $0) } }

  func interface<T>(_ id: String, as type: T.Type = T.self) -> UnsafePointer<T>? {
    c.get_interface(c.ctx, id)?.assumingMemoryBound(to: T.self)
  }

  func save() throws -> [UInt8] {
    let table = try #require(interface("alphaloop.state/1", as: al_state_v1.self))
    let sink = TestSink()
    let outcome = sink.with { to in report { table.pointee.save(ctx, to, $0) } }
    guard outcome.status == AL_OK else { throw outcome }
    return sink.bytes
  }

  func restore(_ bytes: [UInt8], version: UInt32 = 1) throws -> Outcome {
    let table = try #require(interface("alphaloop.state/1", as: al_state_v1.self))
    return TestSource(bytes).with { from in report { table.pointee.restore(ctx, version, from, $0) } }
  }

  func bind(symbols: [String], feed: UnsafePointer<al_report_feed_v1>? = nil) throws -> Outcome {
    let table = try #require(interface("alphaloop.broker/1", as: al_broker_v1.self))
    return withUniverse(symbols) { universe in report { table.pointee.bind(ctx, universe, feed, $0) } }
  }

  func withUniverse<R>(_ symbols: [String], _ body: (UnsafePointer<al_universe_v1>) throws -> R) rethrows -> R {
    let list = UnsafeMutablePointer<UnsafePointer<al_instrument_v1>?>.allocate(capacity: max(symbols.count, 1))
    for (i, symbol) in symbols.enumerated() {
      // Lives as long as the instance, which the test outlives.
      let c = UnsafeMutablePointer<al_instrument_v1>.allocate(capacity: 1)
      c.initialize(to: al_instrument_v1())
      c.pointee.size = UInt32(MemoryLayout<al_instrument_v1>.size)
      c.pointee.index = UInt32(i)
      c.pointee.lot = AL_UNIT
      c.pointee.multiplier = AL_UNIT
      c.pointee.symbol = str(symbol)
      c.pointee.flags = AL_INSTRUMENT_TRADABLE
      (list + i).initialize(to: UnsafePointer(c))
    }
    var universe = al_universe_v1()
    universe.size = UInt32(MemoryLayout<al_universe_v1>.size)
    universe.n = UInt32(symbols.count)
    universe.instruments = UnsafePointer(list)
    return try body(&universe)
  }
}
