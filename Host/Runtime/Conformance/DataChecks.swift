import CAlphaLoop

/// Data sources answer queries in order, and say what they cannot do.
enum DataChecks {
  private static let data = Check.Scope.plugin(kinds: AL_KIND_DATA_SOURCE)
  static let all: [Check] = [
    Check(
      "data.unknown", data, "a kind of data that there is not is an error with a text",
      advice: "check query->kind against what you serve; answer AL_E_UNSUPPORTED", unknown),
    Check(
      "data.bars", data, "bars come in order, within the query, of known instruments, each time the same",
      advice: "sort by time, then instrument; honour from_ns and to_ns (exclusive)", bars),
  ]

  private struct Row: Equatable {
    var ts: Int64
    var instrument: UInt32
    var close: Int64
  }

  private struct Source {
    var instance: Instance
    var table: al_data_v1

    func open(_ kind: UInt32, from: Int64 = 0, to: Int64 = 0) throws(Finding) -> (Reply, UnsafeMutableRawPointer?) {
      guard let open = table.open else { throw .fail("open is NULL") }
      var query = al_query_v1()
      query.size = UInt32(MemoryLayout<al_query_v1>.size)
      query.kind = kind
      query.from_ns = from
      query.to_ns = to
      var cursor: UnsafeMutableRawPointer?
      let answer = try reply("open") { open(instance.c.ctx, &query, &cursor, $0) }
      return (answer, cursor)
    }

    /// All rows of a cursor.
    func rows(_ cursor: UnsafeMutableRawPointer?, from: Int64, to: Int64) throws(Finding) -> [Row] {
      guard let next = table.next else { throw .fail("next is NULL") }
      var all: [Row] = []
      for _ in 0..<100_000 {
        var batch = al_batch_v1()
        batch.size = UInt32(MemoryLayout<al_batch_v1>.size)
        let answer = try reply("next") { next(instance.c.ctx, cursor, &batch, $0) }
        if answer.isFailure { throw .fail("next fails: \(answer.description)") }
        if answer.status == AL_DONE { return all }
        try take(batch, from, to, &all)
      }
      throw .fail("next never says AL_DONE")
    }

    private func take(_ batch: al_batch_v1, _ from: Int64, _ to: Int64, _ all: inout [Row]) throws(Finding) {
      let bars = batch.bars
      if bars.n == 0 { return }
      guard bars.n < 1 << 32, let ts = bars.ts, let close = bars.close else {
        throw .fail("a batch of bars without ts or close")
      }
      for i in 0..<Int(bars.n) {
        let instrument = bars.instrument.map { $0[i] } ?? UInt32(i)
        if batch.n_symbols > 0, instrument >= batch.n_symbols {
          throw .fail("row \(all.count) is of instrument \(instrument), the batch names \(batch.n_symbols)")
        }
        if let last = all.last, (ts[i], instrument) < (last.ts, last.instrument) {
          throw .fail(
            "row \(all.count) (time \(ts[i]), instrument \(instrument)) comes after time \(last.ts), instrument \(last.instrument)"
          )
        }
        if ts[i] < from || (to != 0 && ts[i] >= to) { throw .fail("row \(all.count) at \(ts[i]) is outside the query") }
        all.append(Row(ts: ts[i], instrument: instrument, close: close[i]))
      }
    }
  }

  private static func source(_ context: CheckContext) throws(Finding) -> Source {
    let subject = try context.subject()
    if subject.descriptor.flags & AL_FLAG_NETWORK != 0 {
      throw .skip("it talks to a service; only its tables are checked")
    }
    let instance = try subject.make()
    try instance.start()
    return Source(instance: instance, table: try instance.table(AL_INTERFACE_DATA, al_data_v1.self))
  }

  private static func unknown(_ context: CheckContext) throws(Finding) -> String {
    let source = try source(context)
    for kind in [UInt32(0), 99, .max] {
      context.phase("asking for data of kind \(kind)")
      let (answer, cursor) = try source.open(kind)
      guard answer.isFailure else {
        source.table.close?(source.instance.c.ctx, cursor)
        throw .fail("opens a query for data of the unknown kind \(kind)")
      }
      if answer.text.isEmpty { throw .fail("refuses data of kind \(kind) without a text") }
    }
    try source.instance.stop()
    source.instance.destroy()
    return ""
  }

  private static func bars(_ context: CheckContext) throws(Finding) -> String {
    let source = try source(context)
    guard source.table.kinds & 1 << AL_DATA_BARS != 0 else { throw .skip("it serves no bars") }
    context.phase("reading bars")
    let (answer, cursor) = try source.open(AL_DATA_BARS)
    if answer.isFailure { throw .skip("no bars to read here: \(answer.description); name some with --params") }
    let all = try source.rows(cursor, from: 0, to: 0)
    source.table.close?(source.instance.c.ctx, cursor)
    let (_, again) = try source.open(AL_DATA_BARS)
    guard try source.rows(again, from: 0, to: 0) == all else { throw .fail("a second cursor gives other rows") }
    source.table.close?(source.instance.c.ctx, again)
    if let middle = all.dropFirst(all.count / 2).first?.ts {
      context.phase("reading half of the bars")
      let (_, half) = try source.open(AL_DATA_BARS, from: middle)
      let rest = try source.rows(half, from: middle, to: 0)
      source.table.close?(source.instance.c.ctx, half)
      let expected = all.filter { $0.ts >= middle }
      guard rest.map(\.close) == expected.map(\.close) else {
        throw .fail("from \(middle) on it gives \(rest.count) rows, of all rows \(expected.count) are")
      }
    }
    try source.instance.stop()
    source.instance.destroy()
    return "\(all.count) rows"
  }
}
