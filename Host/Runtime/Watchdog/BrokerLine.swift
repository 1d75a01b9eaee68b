import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop
import CSystem
import Glibc

/// A line to the broker of a session under the session's own identity: the same library, the same parameters, and so the same
/// client number.
final class BrokerLine {
  let generation: Generation
  /// False: the broker was a part of the host, and its orders ended with it.
  let isConnected: Bool
  private let link: BrokerLink
  private let inbox = Inbox<TradeEvent>(capacity: 4096)
  private let reportInbox: ReportInbox
  private let memory: any InputMemory
  private let clock = UnsafeMutablePointer<Int64>.allocate(capacity: 1)

  /// Makes the broker; the line is opened by ``open()``.
  ///
  /// - Parameters:
  ///   - configuration: resolved for the mode.
  ///   - catalog: with the broker's library.
  init(
    _ configuration: Configuration, _ catalog: PluginCatalog, mode: UInt32,
    log: @escaping @Sendable (String, Int32, String) -> Void
  ) throws(HostError) {
    memory = try catalog.inputMemory()
    var options = Generation.Options(mode: mode, memory: memory)
    options.log = log
    generation = try Generation(number: 0, configuration.keepingBroker(), catalog: catalog, options: options)
    isConnected = try generation.isConnected
    reportInbox = ReportInbox(inbox)
    link = try generation.bindBroker(memory, reports: reportInbox.feed)
    clock.initialize(to: al_realtime_ns())
    generation.broker?.services.clock = UnsafePointer(clock)
  }

  deinit {
    inbox.close()
    _ = generation.stop()
    generation.destroy()
    clock.deallocate()
  }

  func open() throws(HostError) { try generation.start() }

  var symbols: [String] { generation.instruments.map(\.symbol) }

  /// What was pushed since the last call.
  func heard() -> [RecordedEvent.Report] {
    clock.pointee = al_realtime_ns()
    var all: [RecordedEvent.Report] = []
    while let event = inbox.take(milliseconds: 0) { if case .reports(let list) = event { all += list } }
    return all
  }

  /// The broker's books as it tells them now.
  ///
  /// - Throws: when one of the queries was not answered: that is not an empty answer.
  func books(external: ExternalPolicy) throws(LoadError) -> (books: RecordedEvent.Reconciliation, account: String) {
    let answers = try BrokerBooks(broker: link).ask(since: 0)
    var snapshot = BrokerSnapshot()
    snapshot.time = al_realtime_ns()
    snapshot.policy = external
    snapshot.holdings = answers.holdings
    snapshot.cash = answers.account.cash
    let books = RecordedEvent.Reconciliation(
      snapshot: snapshot, orders: answers.orders, executions: answers.executions)
    return (books, answers.account.accountName)
  }

  /// Orders that work at the broker, whoever's.
  func working() throws(LoadError) -> [RecordedEvent.Report] {
    try BrokerBooks(broker: link).openOrders().filter { $0.kind == AL_REPORT_WORKING }
  }

  func cancel(_ id: OrderID) -> RecordedEvent.Ack {
    var c = al_order_id_v1(session: id.session, sequence: id.sequence)
    var ack = al_ack_v1(status: AL_AGAIN, code: 0, broker_id: 0)
    let failure = check("broker", "cancel") { err in
      link.table.pointee.cancel(link.context, &c, 1, &ack, err)
    }
    if let failure { ack.status = failure.status ?? AL_E_IO }
    return RecordedEvent.Ack(ack)
  }

  func submit(_ order: al_order_v1) -> RecordedEvent.Ack {
    var order = order
    var ack = al_ack_v1(status: AL_AGAIN, code: 0, broker_id: 0)
    let failure = check("broker", "submit") { err in
      link.table.pointee.submit(link.context, &order, 1, &ack, err)
    }
    if let failure { ack.status = failure.status ?? AL_E_IO }
    return RecordedEvent.Ack(ack)
  }

  /// What is ours of the account by the journal and the broker's books: signed quantities by instrument, never more than the
  /// account holds and never the other way round.
  ///
  /// - Throws: when the journal cannot tell.
  func own(_ journal: SessionJournal, _ books: RecordedEvent.Reconciliation) throws(HostError) -> [Int64] {
    let records = EventJournal()
    let engine = try Engine.ofAccount(generation.configuration)
    engine.journal = JournalCursor(sink: records, block: records.block)
    defer { withExtendedLifetime(records) {} }
    var fold = AccountFold(journal, engine)
    try fold.enter(upTo: try journal.lastRow(), marksUnanswered: false)
    _ = engine.reconcile(books.snapshot, orders: books.orders.map(\.c), executions: books.executions.map(\.c))
    return generation.instruments.indices.map { i in
      let held = books.snapshot.holdings.filter { $0.instrument == UInt32(i) }.reduce(0) { $0 + $1.quantity }
      let ours = engine.ledger.position(UInt32(i)).quantity.raw
      if ours == 0 || held == 0 || (ours > 0) != (held > 0) { return 0 }
      return ours > 0 ? min(ours, held) : max(ours, held)
    }
  }
}
