import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop

/// Asks a connected broker what it knows: four queries, all of them answered or none.
struct BrokerBooks {
  let broker: BrokerLink

  struct Answers {
    var orders: [RecordedEvent.Report] = []
    var executions: [RecordedEvent.Report] = []
    var holdings: [BrokerSnapshot.Holding] = []
    var account = al_account_v1()
  }

  /// Orders before executions: what fills between the two shows in the second. Positions come last.
  ///
  /// - Parameter since: executions from here on, ns of the broker's time.
  /// - Throws: the first query that was not answered: that is not an empty answer.
  func ask(since: Int64) throws(LoadError) -> Answers {
    var answers = Answers()
    let table = broker.table.pointee
    guard let openOrders = table.open_orders, let executions = table.executions, let positions = table.positions,
      let account = table.account
    else { throw LoadError("broker", "answers no queries about its books") }
    answers.orders = try reports("open orders") { openOrders(broker.context, $0, $1) }
    answers.executions = try reports("executions") { executions(broker.context, since, $0, $1) }
    answers.holdings = try holdings { positions(broker.context, $0, $1) }
    answers.account.size = UInt32(MemoryLayout<al_account_v1>.size)
    var told = answers.account
    if let failure = check("broker", "account", { account(broker.context, &told, $0) }) { throw failure }
    answers.account = told
    return answers
  }

  /// The orders alone, for who has to cancel whatever else is not answered.
  func openOrders() throws(LoadError) -> [RecordedEvent.Report] {
    guard let openOrders = broker.table.pointee.open_orders else {
      throw LoadError("broker", "answers no queries about its books")
    }
    return try reports("open orders") { openOrders(broker.context, $0, $1) }
  }

  private typealias ErrorRoom = UnsafeMutablePointer<al_error_v1>?

  private func reports(
    _ what: String, _ query: (UnsafeMutablePointer<al_reports_v1>, ErrorRoom) -> al_status
  ) throws(LoadError) -> [RecordedEvent.Report] {
    var capacity: UInt32 = 256
    while true {
      let rows = UnsafeMutablePointer<al_report_v1>.allocate(capacity: Int(capacity))
      defer { rows.deallocate() }
      var list = al_reports_v1(
        size: UInt32(MemoryLayout<al_reports_v1>.size), cap: capacity, len: 0, needed: 0, rows: rows)
      var status = AL_OK
      let failure = check("broker", what) { err in
        status = query(&list, err)
        return status == AL_E_CAPACITY ? AL_OK : status
      }
      if let failure { throw failure }
      if status != AL_E_CAPACITY {
        guard list.len <= capacity else { throw LoadError("broker", "\(what): more rows than there is room for") }
        return (0..<Int(list.len)).map { RecordedEvent.Report(rows[$0]) }
      }
      capacity = try grown(capacity, list.needed, what)
    }
  }

  private func holdings(
    _ query: (UnsafeMutablePointer<al_holdings_v1>, ErrorRoom) -> al_status
  ) throws(LoadError) -> [BrokerSnapshot.Holding] {
    var capacity: UInt32 = 256
    while true {
      let rows = UnsafeMutablePointer<al_holding_v1>.allocate(capacity: Int(capacity))
      defer { rows.deallocate() }
      var list = al_holdings_v1(
        size: UInt32(MemoryLayout<al_holdings_v1>.size), cap: capacity, len: 0, needed: 0, rows: rows)
      var status = AL_OK
      let failure = check("broker", "positions") { err in
        status = query(&list, err)
        return status == AL_E_CAPACITY ? AL_OK : status
      }
      if let failure { throw failure }
      if status != AL_E_CAPACITY {
        guard list.len <= capacity else { throw LoadError("broker", "positions: more rows than there is room for") }
        return (0..<Int(list.len)).map { BrokerSnapshot.Holding(rows[$0]) }
      }
      capacity = try grown(capacity, list.needed, "positions")
    }
  }

  private func grown(_ capacity: UInt32, _ needed: UInt32, _ what: String) throws(LoadError) -> UInt32 {
    guard capacity < 1 << 22 else { throw LoadError("broker", "\(what): it wants room for \(needed) rows") }
    return max(capacity * 2, min(needed, 1 << 22))
  }
}

extension BrokerSnapshot.Holding {
  init(_ c: al_holding_v1) {
    self.init(
      instrument: c.instrument == AL_NONE ? nil : c.instrument,
      symbol: String(decoding: UnsafeRawBufferPointer(start: c.symbol.ptr, count: Int(c.symbol.len)), as: UTF8.self),
      quantity: c.quantity, averageCost: c.average_cost)
  }
}

extension al_account_v1 {
  var accountName: String {
    withUnsafeBytes(of: account) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
