import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop

/// Reads all bars of a generation's instruments out of its data sources.
public struct BarLoader {
  public struct Fault: Sendable {
    public var source: String
    public var line: UInt64
    public var place: String
    public var what: String
  }

  /// By engine index.
  public private(set) var series: [BarSeries]
  public private(set) var faults: [Fault] = []
  public private(set) var faultCount = 0
  static let keptFaults = 100

  /// - Parameters:
  ///   - from, to: known times, ns; 0: no bound.
  public init(_ generation: Generation, from: Int64 = 0, to: Int64 = 0) throws(HostError) {
    series = Array(repeating: BarSeries(), count: generation.instruments.count)
    for source in generation.sources {
      do {
        try read(source.instance, generation.instruments, from, to)
      } catch {
        throw HostError(.data, "\(error); `alphaloop doctor` says what is missing and what mends it")
      }
    }
    for i in series.indices { series[i].sortIfNeeded() }
  }

  /// Hands the series over, leaving none here: they are large.
  public mutating func takeSeries() -> [BarSeries] {
    defer { series = [] }
    return series
  }

  private mutating func read(
    _ source: LoadedInstance, _ instruments: [Instrument], _ from: Int64, _ to: Int64
  ) throws(LoadError) {
    guard let table = try source.table(AL_INTERFACE_DATA, al_data_v1.self), let open = table.pointee.open,
      let next = table.pointee.next, let close = table.pointee.close
    else { throw LoadError(source.name, "answers no \(AL_INTERFACE_DATA)") }
    var cursor: UnsafeMutableRawPointer?
    var failure: LoadError?
    CallMemory.with { memory in
      let symbols = memory.array(instruments.map { memory.string($0.symbol) })
      var query = al_query_v1(
        size: UInt32(MemoryLayout<al_query_v1>.size), kind: AL_DATA_BARS, from_ns: from, to_ns: to, interval_ns: 0,
        n_symbols: UInt32(instruments.count), reserved: 0, symbols: symbols, options_json: memory.string(""))
      failure = check(source.name, "reading bars") { open(source.context, &query, &cursor, $0) }
    }
    if let failure { throw failure }
    defer { close(source.context, cursor) }
    var had = [Bool](repeating: false, count: series.count)
    for i in series.indices { had[i] = !series[i].ts.isEmpty }
    while true {
      var batch = al_batch_v1()
      batch.size = UInt32(MemoryLayout<al_batch_v1>.size)
      var status = AL_OK
      if let failure = check(
        source.name, "reading bars",
        {
          status = next(source.context, cursor, &batch, $0)
          return status
        })
      {
        throw failure
      }
      keepFaults(batch, source.name)
      if status == AL_DONE { return }
      try take(batch.bars, source.name, had)
    }
  }

  private mutating func keepFaults(_ batch: al_batch_v1, _ source: String) {
    for i in 0..<Int(batch.n_faults) {
      faultCount += 1
      guard faults.count < Self.keptFaults, let f = batch.faults?[i] else { continue }
      faults.append(Fault(source: source, line: f.line, place: String(copying: f.where), what: String(copying: f.what)))
    }
  }

  /// Rows of one instrument mostly come in runs; each run is copied at once. An instrument that an earlier source gave is
  /// not given again.
  private mutating func take(_ bars: al_bars_v1, _ source: String, _ had: [Bool]) throws(LoadError) {
    let n = Int(bars.n)
    guard n > 0 else { return }
    guard bars.ts != nil, bars.close != nil else { throw LoadError(source, "gave bars without times or closes") }
    var start = 0
    while start < n {
      let instrument = bars.instrument.map { Int($0[start]) } ?? start
      guard instrument < series.count else {
        throw LoadError(source, "gave a bar of instrument \(instrument), asked for \(series.count)")
      }
      var end = start + 1
      if let list = bars.instrument { while end < n, Int(list[end]) == instrument { end += 1 } }
      if !had[instrument] {
        let isFirst = series[instrument].ts.isEmpty
        let columns = bars.columns & Self.present(bars)
        series[instrument].columns = isFirst ? columns : series[instrument].columns & columns
        series[instrument].append(bars, start..<end)
      }
      start = end
    }
  }

  private static func present(_ bars: al_bars_v1) -> UInt32 {
    (bars.open == nil ? 0 : AL_COLUMN_OPEN) | (bars.high == nil ? 0 : AL_COLUMN_HIGH)
      | (bars.low == nil ? 0 : AL_COLUMN_LOW)
      | AL_COLUMN_CLOSE | (bars.volume == nil ? 0 : AL_COLUMN_VOLUME)
  }
}

extension BarSeries {
  /// Sources give rows by known time; a source of many files may give an instrument's in several runs.
  mutating func sortIfNeeded() {
    if open.count != ts.count { open = [] }
    if high.count != ts.count { high = [] }
    if low.count != ts.count { low = [] }
    if volume.count != ts.count { volume = [] }
    var isSorted = true
    for i in ts.indices.dropFirst() where ts[i] <= ts[i - 1] { isSorted = false }
    if isSorted { return }
    // The later row of two with one time stands.
    let order = ts.indices.sorted { (ts[$0], $0) < (ts[$1], $1) }
    let kept = order.indices.filter { $0 + 1 == order.count || ts[order[$0]] != ts[order[$0 + 1]] }.map { order[$0] }
    func pick(_ values: [Int64]) -> [Int64] { values.isEmpty ? [] : kept.map { values[$0] } }
    (open, high, low, close, volume) = (pick(open), pick(high), pick(low), pick(close), pick(volume))
    ts = pick(ts)
  }
}
