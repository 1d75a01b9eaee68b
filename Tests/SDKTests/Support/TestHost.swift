import CAlphaLoop

/// The least host that an instance can live with; what it is told is kept.
final class TestHost {
  let table = UnsafeMutablePointer<al_host_v1>.allocate(capacity: 1)
  var isStopping = false
  var logs: [String] = []

  init() {
    var c = al_host_v1()
    c.size = UInt32(MemoryLayout<al_host_v1>.size)
    c.abi_major = AL_ABI_MAJOR
    c.abi_minor = AL_ABI_MINOR
    c.mode = AL_MODE_VALIDATE
    c.now = { _ in 1_000 }
    c.random = { _, stream in 42 + stream }
    c.log = { ctx, _, message in TestHost.at(ctx)?.logs.append(text(message)) }
    c.metric = { _, _, _ in 0 }
    c.metric_set = { _, _, _ in }
    c.secret = { _, _, _, _, _ in AL_E_AUTH }
    c.timer = { _, _, _ in AL_OK }
    c.stopping = { ctx in TestHost.at(ctx)?.isStopping == true ? 1 : 0 }
    c.get_interface = { _, _ in nil }
    c.ctx = Unmanaged.passUnretained(self).toOpaque()
    table.initialize(to: c)
  }

  deinit { table.deallocate() }

  private static func at(_ ctx: UnsafeMutableRawPointer?) -> TestHost? {
    ctx.map { Unmanaged<TestHost>.fromOpaque($0).takeUnretainedValue() }
  }
}

func text(_ c: al_str_v1) -> String {
  guard let base = c.ptr else { return "" }
  return String(decoding: UnsafeRawBufferPointer(start: base, count: Int(c.len)), as: UTF8.self)
}

/// A text at an address of its own that outlives the test.
func str(_ value: String) -> al_str_v1 {
  let bytes = Array(value.utf8)
  let copy = UnsafeMutablePointer<CChar>.allocate(capacity: max(bytes.count, 1))
  for (i, byte) in bytes.enumerated() { copy[i] = CChar(bitPattern: byte) }
  return al_str_v1(ptr: copy, len: UInt64(bytes.count))
}

/// Collects what a sink is given.
final class TestSink {
  var bytes: [UInt8] = []
  var status = AL_OK

  func with<R>(_ body: (UnsafePointer<al_sink_v1>) throws -> R) rethrows -> R {
    var c = al_sink_v1()
    c.size = UInt32(MemoryLayout<al_sink_v1>.size)
    c.ctx = Unmanaged.passUnretained(self).toOpaque()
    c.write = { ctx, bytes, n in
      guard let ctx else { return AL_E_ARGUMENT }
      let sink = Unmanaged<TestSink>.fromOpaque(ctx).takeUnretainedValue()
      if sink.status == AL_OK { sink.bytes.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: Int(n))) }
      return sink.status
    }
    return try body(&c)
  }
}

/// Gives bytes in reads of at most `step`.
final class TestSource {
  let bytes: [UInt8]
  let step: Int
  var position = 0

  init(_ bytes: [UInt8], step: Int = 7) {
    self.bytes = bytes
    self.step = step
  }

  func with<R>(_ body: (UnsafePointer<al_source_v1>) throws -> R) rethrows -> R {
    var c = al_source_v1()
    c.size = UInt32(MemoryLayout<al_source_v1>.size)
    c.ctx = Unmanaged.passUnretained(self).toOpaque()
    c.read = { ctx, into, cap in
      guard let ctx, let into else { return -1 }
      let source = Unmanaged<TestSource>.fromOpaque(ctx).takeUnretainedValue()
      let n = min(source.step, Int(cap), source.bytes.count - source.position)
      for i in 0..<n { into.storeBytes(of: source.bytes[source.position + i], toByteOffset: i, as: UInt8.self) }
      source.position += n
      return Int64(n)
    }
    return try body(&c)
  }
}
