import CAlphaLoop

class StoreFace {
  func write(_ rows: al_bars_v1, _ series: Series, _ seal: Bool) throws(PluginError) {}
  func read(_ series: Series, _ from: Int64, _ to: Int64) throws(PluginError) -> BarsLease { BarsLease(al_bars_v1()) }
  func segments() throws(PluginError) -> [Segment] { [] }
  func put(_ value: [UInt8]?, _ table: String, _ key: String) throws(PluginError) {}
  func get(_ table: String, _ key: String) throws(PluginError) -> [UInt8]? { nil }
  func scan(_ table: String, _ prefix: String, _ visit: (String, [UInt8]) -> Bool) throws(PluginError) {}
  func verify(_ progress: WorkProgress) throws(PluginError) {}
}

final class StoreOf<P: Store & ~Copyable>: StoreFace {
  private let plugin: UnsafeMutablePointer<P>
  init(_ plugin: UnsafeMutablePointer<P>) { self.plugin = plugin }

  override func write(_ rows: al_bars_v1, _ series: Series, _ seal: Bool) throws(PluginError) {
    try plugin.pointee.write(rows, to: series, seal: seal)
  }
  override func read(_ series: Series, _ from: Int64, _ to: Int64) throws(PluginError) -> BarsLease {
    try plugin.pointee.read(series, from: from, to: to)
  }
  override func segments() throws(PluginError) -> [Segment] { try plugin.pointee.segments() }
  override func put(_ value: [UInt8]?, _ table: String, _ key: String) throws(PluginError) {
    try plugin.pointee.put(value, table: table, key: key)
  }
  override func get(_ table: String, _ key: String) throws(PluginError) -> [UInt8]? {
    try plugin.pointee.get(table: table, key: key)
  }
  override func scan(_ table: String, _ prefix: String, _ visit: (String, [UInt8]) -> Bool) throws(PluginError) {
    try plugin.pointee.scan(table: table, prefix: prefix, visit)
  }
  override func verify(_ progress: WorkProgress) throws(PluginError) { try plugin.pointee.verify(progress) }
}

private func withStore(
  _ ctx: UnsafeMutableRawPointer?, _ err: ErrorBuffer, _ body: (StoreFace) throws(PluginError) -> al_status
) -> al_status {
  hosted(ctx, err) { (box) throws(PluginError) in
    guard let face = box.store else { return AL_E_UNSUPPORTED }
    return try body(face)
  }
}

private func bytes(_ text: al_str_v1) -> [UInt8] {
  guard let base = text.ptr else { return [] }
  return Array(UnsafeRawBufferPointer(start: base, count: Int(clamping: text.len)))
}

private func withABIBytes<R>(_ bytes: [UInt8], _ body: (al_str_v1) -> R) -> R {
  bytes.withUnsafeBytes { raw in
    // An empty value is not a NULL one, which would mean "no value".
    guard let base = raw.bindMemory(to: CChar.self).baseAddress, raw.count > 0 else {
      return withUnsafePointer(to: CChar(0)) { body(al_str_v1(ptr: $0, len: 0)) }
    }
    return body(al_str_v1(ptr: base, len: UInt64(raw.count)))
  }
}

extension Tables {
  nonisolated(unsafe) static let store: UnsafePointer<al_store_v1> = {
    var table = al_store_v1()
    table.size = UInt32(MemoryLayout<al_store_v1>.size)
    addBars(to: &table)
    addValues(to: &table)
    table.verify = { ctx, progress, err in
      withStore(ctx, err) { (face) throws(PluginError) in
        try face.verify(WorkProgress(progress))
        return AL_OK
      }
    }
    return make(table)
  }()

  private static func addBars(to table: inout al_store_v1) {
    table.write_bars = { ctx, series, rows, seal, err in
      guard let series, let rows else { return AL_E_ARGUMENT }
      return withStore(ctx, err) { (face) throws(PluginError) in
        try face.write(rows.pointee, Series(series.pointee), seal != 0)
        return AL_OK
      }
    }
    table.read_bars = { ctx, series, from, to, out, lease, err in
      guard let series, let out, let lease else { return AL_E_ARGUMENT }
      return withStore(ctx, err) { (face) throws(PluginError) in
        let held = try face.read(Series(series.pointee), from, to)
        out.pointee = held.bars
        out.pointee.size = UInt32(MemoryLayout<al_bars_v1>.size)
        lease.pointee = Unmanaged.passRetained(held).toOpaque()
        return AL_OK
      }
    }
    table.release = { _, lease in
      guard let lease else { return }
      Unmanaged<BarsLease>.fromOpaque(lease).release()
    }
    table.segments = { ctx, visitor, visit, err in
      guard let visit else { return AL_E_ARGUMENT }
      return withStore(ctx, err) { (face) throws(PluginError) in
        let texts = TextArena()
        for segment in try face.segments() {
          texts.removeAll()
          var c = al_segment_v1(
            source: texts.keep(segment.series.source), symbol: texts.keep(segment.series.symbol),
            interval_ns: segment.series.interval, first_ns: segment.first, last_ns: segment.last,
            n_rows: segment.rows, crc32c: segment.crc32c, sealed: segment.isSealed ? 1 : 0,
            path: texts.keep(segment.path))
          if visit(visitor, &c) != 0 { break }
        }
        return AL_OK
      }
    }
  }

  private static func addValues(to table: inout al_store_v1) {
    table.put = { ctx, name, key, value, err in
      withStore(ctx, err) { (face) throws(PluginError) in
        try face.put(value.ptr == nil ? nil : bytes(value), String(name), String(key))
        return AL_OK
      }
    }
    table.get = { ctx, name, key, buf, cap, len, err in
      guard let len else { return AL_E_ARGUMENT }
      return withStore(ctx, err) { (face) throws(PluginError) in
        guard let value = try face.get(String(name), String(key)) else {
          len.pointee = 0
          return AL_DONE
        }
        len.pointee = UInt64(value.count)
        guard value.isEmpty || (buf != nil && UInt64(value.count) <= cap) else { return AL_E_CAPACITY }
        for (i, byte) in value.enumerated() { buf?[i] = CChar(bitPattern: byte) }
        return AL_OK
      }
    }
    table.scan = { ctx, name, prefix, visitor, visit, err in
      guard let visit else { return AL_E_ARGUMENT }
      return withStore(ctx, err) { (face) throws(PluginError) in
        try face.scan(String(name), String(prefix)) { key, value in
          withABIString(key) { k in withABIBytes(value) { visit(visitor, k, $0) } } == 0
        }
        return AL_OK
      }
    }
  }
}
