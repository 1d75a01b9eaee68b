import CAlphaLoop

@testable import AlphaLoopCore

/// An engine over closes of a few instruments with one scripted agent, and a broker that fills what it is told to.
final class EngineRig {
  /// What the agent answers at each panel; nil rows: nothing.
  final class Script {
    var rows: [Int: [al_row_v1]] = [:]
    var call = 0
  }

  let script = Script()
  let engine: Engine
  let journal = EventJournal()
  private let memory = HeapInputMemory()
  private var filled: UInt64 = 0

  init(
    instruments: [Instrument], limits: Limits, cash: Int64 = 1_000_000,
    outputs: UInt64 = AL_OUT_QUANTITY | AL_OUT_ORDER, inputs: UInt64 = AL_IN_BARS,
    triggers: UInt32 = AL_CAUSE_PANEL, worker: Bool = false
  ) throws {
    var needs = al_needs_v1()
    needs.lookback = 4
    needs.triggers = triggers
    needs.columns = AL_COLUMN_CLOSE
    let spec = AgentSpec(
      instance: "script", descriptorID: "test.script", tier: AL_TIER_SENIOR, family: "", outputs: outputs,
      inputs: inputs,
      maxRows: 4, universe: Array(0..<UInt32(instruments.count)), needs: needs,
      context: Unmanaged.passUnretained(script).toOpaque(),
      evaluate: { context, _, output in
        guard let context, let output else { return AL_E_ARGUMENT }
        let script = Unmanaged<Script>.fromOpaque(context).takeUnretainedValue()
        for row in script.rows[script.call] ?? [] {
          output.pointee.rows[Int(output.pointee.len)] = row
          output.pointee.len += 1
        }
        script.call += 1
        return AL_OK
      })
    engine = try Engine(
      settings: EngineSettings(
        session: 7, instruments: instruments, limits: limits, initialCash: Money(raw: cash * fixedPointScale)),
      available: instruments.map { _ in AL_COLUMN_CLOSE },
      agents: worker ? [spec, Self.worker(instruments.count)] : [spec], memory: memory,
      journal: JournalCursor(sink: journal, block: journal.block))
  }

  /// Works every quantity in two halves: one at once, one 10 s later.
  private static func worker(_ instruments: Int) -> AgentSpec {
    var needs = al_needs_v1()
    needs.lookback = 1
    needs.triggers = AL_CAUSE_WORK
    return AgentSpec(
      instance: "worker", descriptorID: "test.worker", tier: AL_TIER_JUNIOR, family: "", outputs: AL_OUT_ORDER,
      inputs: AL_IN_ORDERS, maxRows: 4, universe: Array(0..<UInt32(instruments)), needs: needs, context: nil,
      evaluate: { _, input, output in
        guard let input, let output, let work = input.pointee.work else { return AL_E_ARGUMENT }
        for half in 0..<2 {
          var row = al_row_v1()
          row.kind = AL_ROW_ORDER
          row.instrument = work.pointee.instrument
          row.quantity = work.pointee.remaining / 2
          row.time_ns = half == 0 ? 0 : input.pointee.as_of_ns + seconds(10)
          output.pointee.rows[half] = row
        }
        output.pointee.len = 2
        return AL_OK
      })
  }

  static func quantity(_ instrument: UInt32, _ units: Int64) -> al_row_v1 {
    var row = al_row_v1()
    row.kind = AL_ROW_QUANTITY
    row.instrument = instrument
    row.quantity = units * fixedPointScale
    return row
  }

  static func limitOrder(_ instrument: UInt32, _ units: Int64, at price: Int64) -> al_row_v1 {
    var row = al_row_v1()
    row.kind = AL_ROW_ORDER
    row.instrument = instrument
    row.quantity = units * fixedPointScale
    row.order_type = AL_ORDER_LIMIT
    row.limit_price = price * fixedPointScale
    return row
  }

  /// One panel at whole prices.
  func panel(_ time: Int64, _ closes: [Int64], flags: UInt32 = 0) {
    let prices = closes.map { $0 * fixedPointScale }
    prices.withUnsafeBufferPointer { p in
      guard let base = p.baseAddress else { return }
      let columns = BarColumns(open: nil, high: nil, low: nil, close: base, volume: nil, instruments: nil)
      engine.process(BarBatch(ts: time, columns: columns, firstRow: 0, count: closes.count, flags: flags))
    }
  }

  /// Closes of some instruments only, at whole prices.
  func prices(_ time: Int64, _ closes: [UInt32: Int64], flags: UInt32 = 0) {
    let list = closes.sorted { $0.key < $1.key }
    list.map(\.value).map { $0 * fixedPointScale }.withUnsafeBufferPointer { p in
      list.map(\.key).withUnsafeBufferPointer { i in
        guard let base = p.baseAddress else { return }
        let columns = BarColumns(
          open: nil, high: nil, low: nil, close: base, volume: nil, instruments: i.baseAddress)
        engine.process(BarBatch(ts: time, columns: columns, firstRow: 0, count: list.count, flags: flags))
      }
    }
  }

  /// The broker takes what waits.
  func accept() {
    for i in 0..<engine.pendingCommands.count { engine.ackBuffer[i] = al_ack_v1(status: AL_OK, code: 0, broker_id: 0) }
    engine.applyAcks()
  }

  /// Fills `units` of order `sequence` at a whole price.
  func fill(_ sequence: UInt64, _ instrument: UInt32, _ units: Int64, at price: Int64) {
    filled += 1
    var report = al_report_v1()
    report.id = al_order_id_v1(session: 7, sequence: sequence)
    report.kind = AL_REPORT_FILL
    report.instrument = instrument
    report.quantity = units * fixedPointScale
    report.price = price * fixedPointScale
    report.execution = (1, filled)
    withUnsafePointer(to: report) { engine.apply(UnsafeBufferPointer(start: $0, count: 1)) }
  }

  /// The broker has what waits, and will answer.
  func leaveUnanswered() { answer(AL_AGAIN) }

  func answer(_ status: al_status) {
    for i in 0..<engine.pendingCommands.count { engine.ackBuffer[i] = al_ack_v1(status: status, code: 0, broker_id: 0) }
    engine.applyAcks()
  }

  /// The answers to all cancels that wait.
  func answerCancels(_ status: al_status) {
    let acks = engine.pendingCancels.map { _ in al_ack_v1(status: status, code: 0, broker_id: 0) }
    engine.applyCancelAcks(acks)
  }

  /// A fact of the broker about order `sequence` of this session.
  func report(_ kind: UInt16, _ sequence: UInt64, at time: Int64, _ change: (inout al_report_v1) -> Void = { _ in }) {
    var report = al_report_v1()
    report.id = al_order_id_v1(session: 7, sequence: sequence)
    report.kind = kind
    report.ts = time
    change(&report)
    engine.clock.pointee = time
    withUnsafePointer(to: report) { engine.apply(UnsafeBufferPointer(start: $0, count: 1)) }
  }

  func state(_ sequence: UInt64) -> OrderState? {
    let slot = engine.machine.pool.find(OrderID(session: 7, sequence: sequence))
    return slot < 0 ? nil : engine.machine.pool[slot].state
  }

  /// Moves of the kill switch so far: trigger, limit, value.
  func trips() -> [JournalRecord] {
    engine.journal.flush()
    return journal.drain().filter { $0.kind == .halt }
  }

  /// Reasons of the denials so far, in order.
  func denials() -> [UInt16] {
    engine.journal.flush()
    return journal.drain().filter { $0.kind == .denial }.map(\.code)
  }
}

extension Limits {
  /// No limits at all: a test sets the one it is about.
  static func open(_ change: (inout Limits) -> Void = { _ in }) -> Limits {
    var limits = Limits()
    limits.maxPosition = .none
    limits.maxPositions = 1000
    limits.maxGross = .none
    limits.maxNet = .none
    limits.priceCollarPPM = 0
    limits.buyingPowerPPM = 0
    limits.dailyLossPPM = 0
    limits.drawdownPPM = 0
    change(&limits)
    return limits
  }
}

/// Nanoseconds of whole seconds.
func seconds(_ n: Int64) -> Int64 { n * 1_000_000_000 }
