import CAlphaLoop
import Foundation

/// What a probed agent does, whether it lives in a library or in the test itself.
protocol AgentDriver: AnyObject {
  func bind(_ universe: al_universe_v1) throws -> al_needs_v1
  func start() throws
  func stop() throws
  func evaluate(_ input: UnsafePointer<al_input_v1>, _ output: UnsafeMutablePointer<al_output_v1>) -> al_status
  func save() throws -> [UInt8]
  func restore(_ bytes: [UInt8]) throws
}

/// One instance of an agent: created, bound and started; to be fed.
public final class ProbeAgent {
  public let host: ProbeHost
  public let needs: al_needs_v1
  let driver: any AgentDriver
  private let universe: ProbeUniverse
  private let rows: UnsafeMutablePointer<al_row_v1>
  private let capacity: Int
  private var sequence: UInt64 = 0

  /// - Parameters:
  ///   - maxRows: most rows per instrument, for the output buffer.
  init(_ driver: any AgentDriver, host: ProbeHost, instruments: [ProbeInstrument], maxRows: Int) throws {
    self.driver = driver
    self.host = host
    universe = ProbeUniverse(instruments)
    needs = try driver.bind(universe.c)
    capacity = max(1, maxRows) * instruments.count + 64
    rows = .allocate(capacity: capacity)
    try driver.start()
  }

  deinit { rows.deallocate() }

  /// An instance of `id` from a library. The granted capabilities are those the market has.
  public convenience init(
    _ library: ProbeLibrary, _ id: String, _ market: ProbeMarket, parameters: [String: Any] = [:], seed: UInt64 = 1
  ) throws {
    let descriptor = try library.descriptor(id)
    let host = ProbeHost(seed: seed)
    let driver = try LibraryDriver(
      library, descriptor: descriptor, parameters: parameters, grants: market.grants & descriptor.inputs, host: host)
    try self.init(driver, host: host, instruments: market.instruments, maxRows: Int(descriptor.max_rows))
  }

  public func save() throws -> [UInt8] { try driver.save() }

  /// Restores, as the ABI asks, while the instance is stopped.
  public func restore(_ bytes: [UInt8]) throws {
    try driver.stop()
    do { try driver.restore(bytes) } catch {
      try driver.start()
      throw error
    }
    try driver.start()
  }

  func evaluate(_ input: inout al_input_v1) -> ProbeAnswer {
    host.now = input.as_of_ns
    input.sequence = sequence
    sequence += 1
    memset(rows, 0xAA, capacity * MemoryLayout<al_row_v1>.stride)
    var output = al_output_v1(
      size: UInt32(MemoryLayout<al_output_v1>.size), cap: UInt32(capacity), len: 0, needed: 0, rows: rows)
    let status = driver.evaluate(&input, &output)
    let bytes = Array(UnsafeRawBufferPointer(start: rows, count: Int(output.len) * MemoryLayout<al_row_v1>.stride))
    return ProbeAnswer(
      asOf: input.as_of_ns, status: status, rows: (0..<Int(output.len)).map { ProbeRow(rows[$0]) }, bytes: bytes)
  }

  /// How a market is shown.
  public struct Feed: Sendable {
    /// Evaluates at times after `after` and up to `until` only; earlier bars are history.
    public var after: Int64 = .min
    public var until: Int64 = .max
    /// Rows visible beyond the agent's lookback.
    public var extraRows = 0
    /// What fills the memory an agent must not read.
    public var poisonSeed: UInt64 = 1
    /// Leaves the bars still to come in memory behind the window instead of poison.
    public var future = false
    /// Only the newest evaluation is wanted: skip the others.
    public var lastOnly = false
    public init() {}
  }

  /// Feeds the market: one evaluation at every time that has bars, with `AL_CAUSE_PANEL`, and one at every extra time
  /// and every timer the agent asked for.
  public func run(_ market: ProbeMarket, _ feed: Feed = Feed()) -> [ProbeAnswer] {
    let windows = ProbeWindows(
      market.instruments, lookback: max(1, Int(needs.lookback)),
      options: .init(extraRows: feed.extraRows, poisonSeed: feed.poisonSeed, future: feed.future))
    var events = market.barTimes.map { ($0, AL_CAUSE_PANEL) } + market.extraTimes.map { ($0.time, $0.cause) }
    events = events.filter { $0.0 > feed.after && $0.0 <= feed.until }.sorted { $0.0 < $1.0 }
    if feed.lastOnly { events = Array(events.suffix(1)) }
    var answers: [ProbeAnswer] = []
    func step(_ time: Int64, _ cause: UInt32, _ token: UInt64 = 0) {
      _ = windows.advance(to: time)
      let input = ProbeInput(market, windows: windows, asOf: time, cause: cause, token: token, sequence: 0)
      var c = input.c
      answers.append(withExtendedLifetime(input) { evaluate(&c) })
    }
    for (time, cause) in events {
      for timer in host.takeTimers(until: time - 1) { step(timer.time, AL_CAUSE_TIMER, timer.token) }
      step(time, cause)
    }
    return answers
  }
}
