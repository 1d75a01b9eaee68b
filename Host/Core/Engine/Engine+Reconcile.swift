import CAlphaLoop

/// What to do about orders and positions at the broker that are not ours.
public enum ExternalPolicy: String, CaseIterable, Sendable {
  /// Positions become the account's, nobody's in particular; they count against every limit and can be closed.
  case adopt
  /// They are left alone and left out: our books are what our own orders made.
  case ignore
  /// Trading stops until a person has looked.
  case halt
}

/// The broker's books at one moment, as four queries told them.
public struct BrokerSnapshot: Equatable, Sendable {
  public struct Holding: Equatable, Sendable {
    /// Engine index; nil: not in the universe.
    public var instrument: UInt32?
    public var symbol: String
    public var quantity: Int64
    public var averageCost: Int64

    public init(instrument: UInt32?, symbol: String, quantity: Int64, averageCost: Int64) {
      self.instrument = instrument
      self.symbol = symbol
      self.quantity = quantity
      self.averageCost = averageCost
    }
  }

  public var time: Int64 = 0
  public var policy = ExternalPolicy.halt
  /// The session has been up for so long that an order on its way would have shown.
  public var isSettled = false
  /// When the present trading day began, ns: an order for an earlier day that does not work any more has expired.
  public var dayStart: Int64 = 0
  public var holdings: [Holding] = []
  public var cash: Int64 = 0
  public init() {}
}

/// How the comparison ended.
public enum ReconcileOutcome: Equatable, Sendable {
  case agreed
  /// Something does not fit yet that may still be on its way; ask again.
  case again([String])
  /// It did not fit twice. Trading is halted.
  case halted([String])
}

/// Our books against the broker's. Facts come first: every order and execution that it tells of is applied as if reported;
/// then what it does not tell of is settled, then positions are compared. Nothing is invented to explain a position.
extension Engine {
  /// - Parameters:
  ///   - orders: `AL_REPORT_WORKING` and the ends of orders, ours and others'.
  ///   - executions: `AL_REPORT_FILL`, `CORRECTION`, `FEE`.
  public func reconcile(
    _ snapshot: BrokerSnapshot, orders: [al_report_v1], executions: [al_report_v1]
  ) -> ReconcileOutcome {
    clock.pointee = max(clock.pointee, snapshot.time)
    var pending: [String] = []
    var wrong: [String] = []
    takeExecutions(executions, snapshot.policy, &wrong)
    let named = takeOrders(orders, snapshot.policy, &wrong)
    settleUnnamed(named, snapshot, &pending)
    if !external.hasBaseline { takeBaseline(snapshot, &wrong) }
    compare(snapshot, &pending, &wrong)
    stamp()
    journal.write(
      JournalRecord(
        .reconciliation, subject: UInt32(clamping: orders.count), state: wrong.isEmpty ? pending.isEmpty ? 0 : 1 : 2,
        a: UInt64(executions.count), b: Int64(pending.count), c: Int64(wrong.count)))
    let difference = wrong.isEmpty ? external.unexplained : wrong
    external.unexplained = []
    if !pending.isEmpty, wrong.isEmpty {
      external.unexplained = pending
      // What passes comes and goes while orders do; what stays is a difference.
      let lasting = pending.filter { difference.contains($0) }
      if lasting.isEmpty || !snapshot.isSettled { return .again(pending) }
      wrong = lasting
    }
    if wrong.isEmpty {
      connection.isReconciled = true
      return .agreed
    }
    setHalt(
      settings.limits.reconciliationAction, .reconciliation, limit: 0, value: Int64(wrong.count),
      reason: wrong.joined(separator: "; "))
    connection.isReconciled = true
    return .halted(wrong)
  }

  // MARK: facts

  private func takeExecutions(_ rows: [al_report_v1], _ policy: ExternalPolicy, _ wrong: inout [String]) {
    for row in rows {
      if isOurs(row.id) {
        withUnsafePointer(to: row) { apply(UnsafeBufferPointer(start: $0, count: 1)) }
      } else if row.kind == AL_REPORT_FILL {
        takeForeign(row, policy, &wrong)
      }
    }
  }

  /// An execution that none of our orders made. Before the first comparison it is part of what the account held.
  private func takeForeign(_ row: al_report_v1, _ policy: ExternalPolicy, _ wrong: inout [String]) {
    let id = ExecutionID(high: row.execution.0, low: row.execution.1)
    guard external.executions.insert(id).inserted, external.hasBaseline,
      Int(row.instrument) < settings.instruments.count
    else { return }
    switch policy {
    case .ignore: external.offsets[row.instrument, default: 0] &+= row.quantity
    case .adopt:
      if !bookUnattributed(row, id) {
        wrong.append("an execution of \(symbol(row.instrument)) does not fit the ledger")
      }
    case .halt:
      external.offsets[row.instrument, default: 0] &+= row.quantity
      wrong.append(
        "\(Quantity(raw: row.quantity)) \(symbol(row.instrument)) were executed by an order that is not ours "
          + "(broker's number \(row.broker_id))")
    }
  }

  private func bookUnattributed(_ row: al_report_v1, _ id: ExecutionID) -> Bool {
    guard
      let fill = Fill(
        execution: id, quantity: Quantity(raw: row.quantity), price: Price(raw: row.price), fee: Money(raw: row.fee)),
      ledger.book(fill, instrument: row.instrument, owner: .unattributed)
    else { return false }
    gateUpdate(row.instrument)
    return true
  }

  /// - Returns: the ids of our orders that the broker told of.
  private func takeOrders(
    _ rows: [al_report_v1], _ policy: ExternalPolicy, _ wrong: inout [String]
  ) -> Set<OrderID> {
    var named: Set<OrderID> = []
    for row in rows {
      let id = OrderID(session: row.id.session, sequence: row.id.sequence)
      guard isOurs(row.id) else {
        if row.kind == AL_REPORT_WORKING, policy == .halt {
          wrong.append("an order that is not ours works at the broker (its number \(row.broker_id))")
        }
        continue
      }
      let isWorking = row.kind == AL_REPORT_WORKING
      let isSecond = !named.insert(id).inserted && isWorking
      let slot = find(row.id)
      guard slot >= 0 else {
        if isWorking { wrong.append("order \(id) works at the broker, and our books say that it ended") }
        continue
      }
      withUnsafePointer(to: row) { apply(UnsafeBufferPointer(start: $0, count: 1)) }
      let order = machine.pool[slot]
      // Two of one order: an alarm, and neither may go on. A cancel that may never have left is asked for again.
      if isSecond { wrong.append("order \(id) works twice at the broker") }
      if isWorking, !order.state.isTerminal, isSecond || order.flags.contains(.cancelOutstanding) { cancelAgain(slot) }
    }
    return named
  }

  private func cancelAgain(_ slot: Int32) {
    let order = machine.pool[slot]
    if !order.flags.contains(.cancelOutstanding) { return requestCancel(slot) }
    let id = al_order_id_v1(session: order.id.session, sequence: order.id.sequence)
    if cancels.contains(where: { $0.session == id.session && $0.sequence == id.sequence }) { return }
    cancels.append(id)
    needsDriver = true
  }

  // MARK: what was not told

  /// Orders that may be alive by our books and that the broker does not name. Where it never had one, it says so by silence
  /// once everything on its way has arrived; one that it had is asked about again.
  private func settleUnnamed(_ named: Set<OrderID>, _ snapshot: BrokerSnapshot, _ pending: inout [String]) {
    for i in 0..<settings.instruments.count {
      var slot = machine.pool.books[i].head
      while slot >= 0 {
        let here = slot
        let order = machine.pool[slot]
        slot = order.next
        if named.contains(order.id) { continue }
        applyFact(.foundAbsent, to: here, code: 0)
        let isOfToday = order.timeInForce == .goodTilCancelled || order.createdAt.raw >= snapshot.dayStart
        // One that was only just sent may be on its way: it is doubted first, and settled when it is missed again.
        if snapshot.isSettled, order.state == .unknown, !order.flags.contains(.acknowledged) {
          applyFact(.neverReceived, to: here, code: 0)
        } else if snapshot.isSettled, !isOfToday, order.expiresAt.raw < snapshot.dayStart {
          applyFact(.expired, to: here, code: 0)
        } else {
          pending.append("the broker does not name order \(order.id) of \(symbol(UInt32(i)))")
        }
      }
    }
  }

  // MARK: positions

  /// The first comparison of an account: what it holds already is not of our making.
  private func takeBaseline(_ snapshot: BrokerSnapshot, _ wrong: inout [String]) {
    external.hasBaseline = true
    let before = ledger.balances.pointee.cash.raw
    if (try? ledger.deposit(Money(raw: snapshot.cash &- before))) == nil {
      wrong.append("the cash does not fit the ledger")
    }
    for holding in snapshot.holdings where holding.quantity != 0 {
      guard let instrument = holding.instrument, Int(instrument) < settings.instruments.count else { continue }
      let rest = holding.quantity &- ledger.positions[Int(instrument)].holding.quantity.raw
      if rest == 0 { continue }
      if snapshot.policy == .adopt {
        if !adopt(rest, at: holding.averageCost, instrument) {
          wrong.append("the position of \(symbol(instrument)) does not fit the ledger")
        }
      } else {
        external.offsets[instrument] = rest
        if snapshot.policy == .halt {
          wrong.append("the account holds \(Quantity(raw: rest)) \(symbol(instrument)) that are not ours")
        }
      }
    }
    for holding in snapshot.holdings where holding.instrument == nil && snapshot.policy == .halt {
      wrong.append(
        "the account holds \(Quantity(raw: holding.quantity)) \(holding.symbol), which universe.yaml does not name")
    }
    peakEquity = ledger.balances.pointee.equity.raw
    dayStartEquity = peakEquity
    resetTrips()
  }

  /// Takes a position in at its cost: its price was paid before, so the cash stays what the broker says it is.
  private func adopt(_ quantity: Int64, at cost: Int64, _ instrument: UInt32) -> Bool {
    external.adopted &+= 1
    guard
      let fill = Fill(
        execution: ExecutionID(high: 0xAD0B_7ED0, low: external.adopted), quantity: Quantity(raw: quantity),
        price: Price(raw: cost), fee: .zero)
    else { return false }
    let cash = ledger.balances.pointee.cash.raw
    guard ledger.book(fill, instrument: instrument, owner: .unattributed) else { return false }
    let spent = cash &- ledger.balances.pointee.cash.raw
    gateUpdate(instrument)
    return (try? ledger.deposit(Money(raw: spent))) != nil
  }

  private func compare(_ snapshot: BrokerSnapshot, _ pending: inout [String], _ wrong: inout [String]) {
    var held = Array(repeating: Int64(0), count: settings.instruments.count)
    for holding in snapshot.holdings {
      if let instrument = holding.instrument, Int(instrument) < held.count {
        held[Int(instrument)] &+= holding.quantity
      }
    }
    for (i, quantity) in held.enumerated() {
      let ours = ledger.positions[i].holding.quantity.raw
      let offset = external.offsets[UInt32(i)] ?? 0
      if ours &+ offset == quantity { continue }
      let other = offset == 0 ? "" : " beside \(Quantity(raw: offset)) that are not ours"
      pending.append(
        "\(symbol(UInt32(i))): the broker holds \(Quantity(raw: quantity &- ours &- offset)) beyond our books\(other)")
    }
  }

  private func symbol(_ i: UInt32) -> String {
    Int(i) < settings.instruments.count ? settings.instruments[Int(i)].symbol : "an unknown instrument"
  }
}

/// What is at the broker and not of our making.
struct ExternalBooks {
  var hasBaseline = false
  /// Instrument -> quantity.
  var offsets: [UInt32: Int64] = [:]
  var executions: Set<ExecutionID> = []
  var adopted: UInt64 = 0
  /// What did not fit the last time.
  var unexplained: [String] = []
}
