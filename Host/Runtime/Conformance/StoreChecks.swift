import AlphaLoopLoader
import CAlphaLoop

/// Stores give back what they were given.
enum StoreChecks {
  private static let store = Check.Scope.plugin(kinds: AL_KIND_STORE)
  static let all: [Check] = [
    Check(
      "store.values", store, "values are read as they were written, scanned in order, and survive a restart",
      advice: "commit before put returns; scan keys in byte order", values),
    Check(
      "store.bars", store, "bars are read as they were written, listed as segments, and verified",
      advice: "upsert by (series, ts); honour from and to (exclusive); keep the lease's columns alive", bars),
  ]

  private struct Store {
    var instance: Instance
    var table: al_store_v1
    let memory = CArguments()

    func put(_ key: String, _ value: String?) throws(Finding) {
      guard let put = table.put else { throw .fail("put is NULL") }
      let bytes = value.map(memory.text) ?? al_str_v1(ptr: nil, len: 0)
      let answer = try reply("put") { put(instance.c.ctx, memory.text("checks"), memory.text(key), bytes, $0) }
      if answer.isFailure { throw .fail("put of '\(key)' fails: \(answer.description)") }
    }

    func get(_ key: String, room: Int = 256) throws(Finding) -> (status: al_status, length: UInt64, text: String) {
      guard let get = table.get else { throw .fail("get is NULL") }
      var buffer = [CChar](repeating: 0x5A, count: 256)
      var length: UInt64 = 0
      let answer = try reply("get") {
        get(instance.c.ctx, memory.text("checks"), memory.text(key), &buffer, UInt64(room), &length, $0)
      }
      guard buffer[room...].allSatisfy({ $0 == 0x5A }) else { throw .fail("get writes past the end of its buffer") }
      let text = String(
        decoding: buffer.prefix(min(Int(clamping: length), room)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      return (answer.status, length, text)
    }

    func scan(_ prefix: String) throws(Finding) -> [String] {
      guard let scan = table.scan else { throw .fail("scan is NULL") }
      let seen = Seen()
      let answer = try reply("scan") {
        scan(
          instance.c.ctx, memory.text("checks"), memory.text(prefix), Unmanaged.passUnretained(seen).toOpaque(),
          { visitor, key, value in
            guard let visitor else { return 1 }
            let seen = Unmanaged<Seen>.fromOpaque(visitor).takeUnretainedValue()
            seen.texts.append("\(String(copying: key))=\(String(copying: value))")
            return 0
          }, $0)
      }
      if answer.isFailure { throw .fail("scan fails: \(answer.description)") }
      return withExtendedLifetime(seen) { seen.texts }
    }
  }

  private final class Seen {
    var texts: [String] = []
    var rows: UInt64 = 0
  }

  private static func opened(_ context: CheckContext) throws(Finding) -> Store {
    let instance = try context.subject().make()
    context.phase("opening the store")
    try instance.start()
    return Store(instance: instance, table: try instance.table(AL_INTERFACE_STORE, al_store_v1.self))
  }

  private static func values(_ context: CheckContext) throws(Finding) -> String {
    let store = try opened(context)
    context.phase("writing values")
    for (key, value) in [("b/2", "two"), ("a/1", "one"), ("b/1", "ein \u{1F680}"), ("b/10", "ten"), ("c", "")] {
      try store.put(key, value)
    }
    try store.put("b/2", "zwei")
    let got = try store.get("b/2")
    guard got.status == AL_OK, got.text == "zwei" else {
      throw .fail("get gives '\(got.text)' (status \(got.status)) for 'zwei'")
    }
    guard try store.get("nothing").status == AL_DONE else { throw .fail("get of a missing key is not AL_DONE") }
    let short = try store.get("b/2", room: 2)
    guard short.status == AL_E_CAPACITY, short.length == 4 else {
      throw .fail("get with too little room answers status \(short.status) and needs \(short.length), not 4")
    }
    let expected = ["b/1=ein \u{1F680}", "b/10=ten", "b/2=zwei"]
    guard try store.scan("b/") == expected else { throw .fail("scan of 'b/' gives \(try store.scan("b/"))") }
    try store.put("b/10", nil)
    guard try store.get("b/10").status == AL_DONE else { throw .fail("a deleted key is still there") }
    try store.instance.stop()
    context.phase("opening the store again")
    try store.instance.start()
    guard try store.get("a/1").text == "one" else { throw .fail("a value is gone after stop and start") }
    try store.instance.stop()
    store.instance.destroy()
    return ""
  }

  private static func bars(_ context: CheckContext) throws(Finding) -> String {
    let store = try opened(context)
    let memory = store.memory
    guard let write = store.table.write_bars, let read = store.table.read_bars, let release = store.table.release else {
      throw .fail("write_bars, read_bars or release is NULL")
    }
    let count = 40
    let times = (0..<count).map { BrokerBench.time($0) }
    let close = (0..<count).map { Int64(100 + $0) * AL_UNIT }
    var series = al_series_v1(
      size: UInt32(MemoryLayout<al_series_v1>.size), reserved: 0, source: memory.text("checks"),
      symbol: memory.text("AAA"),
      interval_ns: SyntheticMarket.day)
    var rows = al_bars_v1()
    rows.size = UInt32(MemoryLayout<al_bars_v1>.size)
    rows.columns = SyntheticMarket.allColumns
    rows.n = UInt64(count)
    rows.ts = memory.array(times)
    let column = memory.array(close)
    (rows.open, rows.high, rows.low, rows.close, rows.volume) = (column, column, column, column, column)
    let ctx = store.instance.c.ctx
    for seal in [UInt32(0), 1] {
      context.phase("writing bars with seal \(seal)")
      let answer = try reply("write_bars") { write(ctx, &series, &rows, seal, $0) }
      if answer.isFailure { throw .fail("write_bars fails: \(answer.description)") }
    }
    for (from, to) in [(Int64(0), Int64(0)), (times[10], times[20])] {
      context.phase("reading bars")
      var out = al_bars_v1()
      out.size = UInt32(MemoryLayout<al_bars_v1>.size)
      var lease: UnsafeMutableRawPointer?
      let answer = try reply("read_bars") { read(ctx, &series, from, to, &out, &lease, $0) }
      if answer.isFailure { throw .fail("read_bars fails: \(answer.description)") }
      let expected = to == 0 ? 0..<count : 10..<20
      guard out.n == UInt64(expected.count), let ts = out.ts, let got = out.close else {
        throw .fail("read_bars gives \(out.n) rows of \(expected.count)")
      }
      for (i, k) in expected.enumerated() where ts[i] != times[k] || got[i] != close[k] {
        throw .fail("row \(i) is read otherwise than it was written")
      }
      release(ctx, lease)
    }
    try inspect(store, context)
    try store.instance.stop()
    store.instance.destroy()
    return "\(count) rows"
  }

  private static func inspect(_ store: Store, _ context: CheckContext) throws(Finding) {
    guard let segments = store.table.segments, let verify = store.table.verify else {
      throw .fail("segments or verify is NULL")
    }
    let seen = Seen()
    context.phase("listing segments")
    let listed = try reply("segments") {
      segments(
        store.instance.c.ctx, Unmanaged.passUnretained(seen).toOpaque(),
        { visitor, segment in
          guard let visitor, let segment else { return 1 }
          Unmanaged<Seen>.fromOpaque(visitor).takeUnretainedValue().rows += segment.pointee.n_rows
          return 0
        }, $0)
    }
    if listed.isFailure { throw .fail("segments fails: \(listed.description)") }
    if withExtendedLifetime(seen, { seen.rows }) == 0 { throw .fail("segments lists no rows after bars were written") }
    context.phase("verifying")
    let verified = try reply("verify") { verify(store.instance.c.ctx, nil, $0) }
    if verified.isFailure { throw .fail("verify fails on what it just wrote: \(verified.description)") }
  }
}
