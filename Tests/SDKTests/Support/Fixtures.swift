import AlphaLoopSDK
import CAlphaLoop

@c(alphaloop_register)
public func registerPlugins() {
  Library.add(agent: FixtureAgent.self)
  Library.add(FixtureGateway.self, as: [.broker, .dataSource, .job])
  Library.add(store: FixtureStore.self)
  Library.add(learner: FixtureLearner.self)
  Library.add(service: FixtureService.self)
}

/// Three kinds in one instance: a broker that works every order until an advance fills it at the close, data that counts
/// the broker's orders, and a job that prints them.
struct FixtureGateway: Broker, DataSource, Job, ~Copyable {
  static let descriptor = Descriptor(
    id: "fixture.gateway", name: "Gateway", summary: "fixture",
    parameters: [.integer("excess", default: 0, in: 0...9, "reports beyond the bound")])
  static let flags: BrokerFlags = [.simulated]
  static let kinds = [AL_DATA_BARS, AL_DATA_FUNDAMENTALS]
  static let isLive = true
  static let verbs = ["orders"]

  let host: Host
  let excess: Int
  var symbols: [String]
  var working: [al_order_v1]
  var longAccount: Bool

  init(_ setup: Setup) throws(PluginError) {
    // A noncopyable type throws before its first assignment or not at all.
    let excess = try setup.parameters.integer("excess")
    guard excess < 9 else { throw .configuration("parameter 'excess' is 9") }
    self.excess = excess
    host = setup.host
    symbols = []
    working = []
    longAccount = false
  }

  mutating func bind(_ universe: [Instrument], _ feed: ReportFeed?) throws(PluginError) {
    symbols = universe.map(\.symbol)
  }

  mutating func submit(_ orders: UnsafeBufferPointer<al_order_v1>, _ acks: UnsafeMutableBufferPointer<al_ack_v1>)
    throws(PluginError)
  {
    for i in orders.indices {
      working.append(orders[i])
      acks[i] = al_ack_v1(status: AL_OK, code: 0, broker_id: Int64(working.count))
    }
  }

  mutating func cancel(_ ids: UnsafeBufferPointer<al_order_id_v1>, _ acks: UnsafeMutableBufferPointer<al_ack_v1>)
    throws(PluginError)
  {
    throw PluginError(AL_E_TIMEOUT, "no answer")
  }

  var reportBound: Int { working.count }

  mutating func advance(_ market: UnsafePointer<al_market_v1>, _ reports: inout ReportWriter) throws(PluginError) {
    for order in working {
      var report = al_report_v1()
      report.id = order.id
      report.kind = AL_REPORT_FILL
      report.quantity = order.quantity
      report.price = market.pointee.bars.close[Int(order.instrument)]
      for _ in 0...excess { reports.append(report) }
    }
    working.removeAll()
  }

  mutating func openOrders(_ reports: inout ReportWriter) throws(PluginError) {
    for order in working {
      var report = al_report_v1()
      report.id = order.id
      report.kind = AL_REPORT_WORKING
      reports.append(report)
    }
  }
  mutating func executions(since time: Int64, _ reports: inout ReportWriter) throws(PluginError) {}
  mutating func positions() throws(PluginError) -> [Holding] {
    [
      Holding(instrument: 0, symbol: "", quantity: 5 * AL_UNIT, averageCost: AL_UNIT),
      Holding(instrument: nil, symbol: "FOREIGN", quantity: -AL_UNIT, averageCost: 2 * AL_UNIT),
    ]
  }
  mutating func account() throws(PluginError) -> Account {
    Account(
      account: longAccount ? String(repeating: "9", count: 25) : "U1", currency: "USD", equity: 3, cash: 2,
      buyingPower: 1)
  }

  func save(to writer: inout StateWriter) { writer.write(longAccount) }
  mutating func restore(from reader: inout StateReader, version: UInt32) throws(PluginError) {
    longAccount = try reader.bool()
  }

  mutating func open(_ query: Query) throws(PluginError) -> any DataCursor { FixtureCursor(query) }

  mutating func subscribe(_ query: Query, _ feed: Feed) throws(PluginError) -> Subscription {
    let batch = DataBatch(kind: AL_DATA_BARS, instruments: query.symbols.count)
    batch.columns = AL_COLUMN_CLOSE
    batch.bar(0, ts: 9, close: 7)
    _ = try feed.push(batch)
    feed.health(AL_CONNECTION_UP, "live")
    return FixtureSubscription(feed)
  }

  mutating func run(_ run: JobRun) throws(PluginError) {
    run.progress.report(1, of: 2, "half")
    if host.isStopping { throw PluginError(AL_E_CANCELLED, "stopped") }
    try run.output.write("\(working.count) orders")
    try run.text.write("done\n")
  }
}

final class FixtureSubscription: Subscription {
  let feed: Feed
  init(_ feed: Feed) { self.feed = feed }
  override func cancel() throws(PluginError) { feed.health(AL_CONNECTION_DOWN, "over") }
}

/// Two batches: one of bars (or facts), one of a fault only.
final class FixtureCursor: DataCursor {
  private let query: Query
  private var step = 0
  init(_ query: Query) { self.query = query }

  func next(_ batch: DataBatch) throws(PluginError) -> Bool {
    step += 1
    switch (step, query.kind) {
    case (1, AL_DATA_FUNDAMENTALS):
      batch.fact(1, field: "eps", period: 20, known: 25, 2.5)
      batch.fact(0, field: "book", period: 10, known: 16, 8)
      batch.fact(0, field: "book", period: 10, known: 15, 9)
      batch.fact(0, field: "eps", period: 10, known: 15, 1.5)
      return true
    case (1, _):
      batch.columns = AL_COLUMN_CLOSE
      if query.symbols.isEmpty { batch.name("NAMED") }
      for i in 0..<100 { batch.bar(0, ts: Int64(i), close: Int64(i) * 2) }
      return true
    case (2, _):
      batch.fault(line: 7, where: "x.csv", "no close")
      return true
    case (3, _):
      batch.fault(line: 8, where: "x.csv", "cut short")
      return false
    default: return false
    }
  }
}

/// Keeps everything in memory.
struct FixtureStore: Store {
  static let descriptor = Descriptor(id: "fixture.store", name: "Store", summary: "fixture")
  nonisolated(unsafe) static var leases = 0
  var values: [String: [UInt8]] = [:]
  var closes: [Int64] = []
  var series: Series?

  init(_ setup: Setup) throws(PluginError) {}

  mutating func write(_ rows: al_bars_v1, to series: Series, seal: Bool) throws(PluginError) {
    closes += (0..<Int(rows.n)).map { rows.close[$0] }
    self.series = series
  }

  mutating func read(_ series: Series, from: Int64, to: Int64) throws(PluginError) -> BarsLease {
    guard series == self.series else { throw .data("no series \(series.symbol)") }
    return FixtureLease(closes)
  }

  mutating func segments() throws(PluginError) -> [Segment] {
    ["a", "b", "c"].map {
      Segment(
        series: Series(source: "s", symbol: $0, interval: 1), first: 1, last: 2, rows: 2, crc32c: 3, isSealed: true,
        path: "p/\($0)")
    }
  }

  mutating func put(_ value: [UInt8]?, table: String, key: String) throws(PluginError) {
    values["\(table)/\(key)"] = value
  }
  mutating func get(table: String, key: String) throws(PluginError) -> [UInt8]? { values["\(table)/\(key)"] }
  mutating func scan(table: String, prefix: String, _ visit: (String, [UInt8]) -> Bool) throws(PluginError) {
    for (key, value) in values.sorted(by: { $0.key < $1.key }) where key.hasPrefix("\(table)/\(prefix)") {
      if !visit(String(key.dropFirst(table.count + 1)), value) { return }
    }
  }
  mutating func verify(_ progress: WorkProgress) throws(PluginError) { throw .data("segment p/b: checksum") }
}

final class FixtureLease: BarsLease {
  private let memory: UnsafeMutableBufferPointer<Int64>
  init(_ closes: [Int64]) {
    memory = .allocate(capacity: closes.count)
    _ = memory.initialize(from: closes)
    FixtureStore.leases += 1
    var bars = al_bars_v1()
    bars.n = UInt64(closes.count)
    bars.columns = AL_COLUMN_CLOSE
    bars.close = UnsafePointer(memory.baseAddress)
    super.init(bars)
  }
  deinit {
    memory.deallocate()
    FixtureStore.leases -= 1
  }
}

/// The model is the mean label; a label of -1 makes training fail.
struct FixtureLearner: Learner {
  static let descriptor = Descriptor(id: "fixture.learner", name: "Learner", summary: "fixture")
  init(_ setup: Setup) throws(PluginError) {}

  struct Mean: TrainedModel {
    var value: UInt8
    var outputs: Int { 2 }
    func encode() -> [UInt8] { [value] }
    func predict(_ rows: Matrix, into out: UnsafeMutableBufferPointer<Double>) throws(PluginError) {
      for i in out.indices { out[i] = Double(value) + Double(rows[i / 2, 0]) }
    }
  }

  mutating func train(_ data: Dataset, _ progress: WorkProgress) throws(PluginError) -> Mean {
    if data.labels.contains(-1) { throw .data("label -1") }
    return Mean(value: UInt8(data.labels.reduce(0, +) / Double(data.labels.count)))
  }
  func decode(_ bytes: [UInt8]) throws(PluginError) -> Mean {
    guard bytes.count == 1 else { throw .data("\(bytes.count) bytes") }
    return Mean(value: bytes[0])
  }
}

/// Counts what it hears; a start after a failure shows that a failed start leaves things as they were.
struct FixtureService: Service {
  static let descriptor = Descriptor(
    id: "fixture.service", name: "Service", summary: "fixture",
    parameters: [.flag("fails", default: false, "start throws once")])
  static let notices = [AL_NOTICE_FILL, AL_NOTICE_HALT]
  let host: Host
  var fails: Bool

  init(_ setup: Setup) throws(PluginError) {
    host = setup.host
    fails = try setup.parameters.flag("fails")
  }
  mutating func start() throws(PluginError) {
    defer { fails = false }
    if fails { throw .io("the disk is full") }
  }
  mutating func receive(_ notices: [Notice], lost: UInt64) throws(PluginError) {
    host.log(.info, notices.map(\.text).joined(separator: ",") + " lost \(lost)")
  }
}

/// Counts its evaluations and writes `rows` rows for each instrument, whatever its descriptor promises.
struct FixtureAgent: Agent {
  static let descriptor = Descriptor(
    id: "fixture.agent", name: "Agent", summary: "fixture", tier: .junior, inputs: .bars, outputs: .view,
    parameters: [.integer("rows", default: 1, in: 0...9, "rows for each instrument")])
  private let rows: Int
  private var calls = 0

  init(_ setup: Setup) throws(PluginError) { rows = try setup.parameters.integer("rows") }
  var needs: Needs { Needs(lookback: -1) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    calls += 1
    for i in 0..<input.count {
      for _ in 0..<rows { output.view(i, score: Double(calls) / 100, confidence: 1, horizon: 0) }
    }
  }
  func save(to writer: inout StateWriter) { writer.write(calls) }
  mutating func restore(from reader: inout StateReader, version: UInt32) throws(PluginError) {
    calls = Int(try reader.integer())
  }
}
