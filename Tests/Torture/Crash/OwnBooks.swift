import AlphaLoopCore
import AlphaLoopRuntime
import CAlphaLoop

/// What the journal of a host says, read from its rows, and the account that they make.
struct OwnBooks {
  struct Intent {
    var symbol: String
    var quantity: Int64
    var agents: [String]
  }

  /// What every broker says of an execution, whatever it calls it.
  struct Execution: Hashable {
    var order: OrderID
    var quantity: Int64
    var price: Int64
  }

  /// Orders that were durable before they were to leave.
  private(set) var intents: [OrderID: Intent] = [:]
  private(set) var executions: [ExecutionID: Execution] = [:]
  private(set) var cancels = 0
  /// Moves of the kill switch that nobody asked for.
  private(set) var halts: [String] = []
  /// Halts by a fill that came after the end of its order: it is booked, and a person is to look.
  private(set) var lateFills = 0
  private(set) var sessions: [UInt64] = []
  /// The account; nil: it was not asked for.
  private(set) var statement: JSONValue?

  init() {}

  /// - Throws: when the journal cannot be opened, or a row does not fit its chain.
  init(_ folder: HostFolder, foldsAccount: Bool) throws {
    let journal = try SessionJournal(
      path: folder.journal, mode: "paper", account: HostFolder.account, isReadOnly: true)
    for summary in try journal.sessions() {
      sessions.append(summary.session)
      var session: (symbols: [String], agents: [String]) = ([], [])
      try journal.rows(of: summary.session) { row in
        switch row.kind {
        case .header:
          guard let header = SessionHeader(encoded: row.payload) else { throw Failure("a header cannot be read") }
          let configuration = try Configuration.load(
            from: ConfigurationSources(directory: header.directory, files: header.files))
          session = (configuration.instruments.map(\.symbol), header.agents)
        case .event:
          guard let event = RecordedEvent(encoded: row.payload) else { throw Failure("an input cannot be read") }
          enter(event, session.symbols, session.agents)
        case .records: for record in journalRecords(row.payload) { enter(record) }
        case .document, .end: break
        }
      }
    }
    guard foldsAccount else { return }
    let configuration = try Configuration.load(directory: folder.config).trading(in: AL_MODE_PAPER)
    statement = try AccountStatement.folded(configuration, mode: AL_MODE_PAPER, account: HostFolder.account).json
  }

  // For the proof that a comparison notices.
  mutating func addHalt(_ trigger: String) { halts.append(trigger) }
  mutating func setAgents(of id: OrderID, _ agents: [String]) { intents[id]?.agents = agents }

  private mutating func enter(_ event: RecordedEvent, _ symbols: [String], _ agents: [String]) {
    switch event {
    case .intents(let list):
      for intent in list {
        let id = OrderID(session: intent.order.id.session, sequence: intent.order.id.sequence)
        let i = Int(intent.order.instrument)
        intents[id] = Intent(
          symbol: i < symbols.count ? symbols[i] : "?", quantity: intent.order.quantity,
          agents: intent.shares.map { Int($0.agent) < agents.count ? agents[Int($0.agent)] : "host" })
      }
    case .cancels(let ids): cancels += ids.count
    case .reports(let list): take(list)
    case .reconciliation(let r): take(r.executions)
    default: break
    }
  }

  private mutating func take(_ reports: [RecordedEvent.Report]) {
    for report in reports where report.kind == AL_REPORT_FILL && report.execution.count == 2 {
      executions[ExecutionID(high: report.execution[0], low: report.execution[1])] = Execution(
        order: OrderID(session: report.session, sequence: report.sequence), quantity: report.quantity,
        price: report.price)
    }
  }

  private mutating func enter(_ record: JournalRecord) {
    guard record.kind == .halt else { return }
    let trigger = HaltTrigger(rawValue: record.code)
    if trigger == .operatorRequest || trigger == .flattened || trigger == .resumed { return }
    if trigger == .lateFill {
      lateFills += 1
      return
    }
    halts.append(trigger.map { "\($0)" } ?? "\(record.code)")
  }
}

/// A decimal text as the statement has it, in 1e-8; nil: it is none.
func fixedPoint(_ text: String) -> Int64? {
  let isNegative = text.hasPrefix("-")
  let parts = text.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
  guard let whole = parts.first.flatMap({ Int64($0) }), parts.count <= 2 else { return nil }
  let digits = parts.count == 2 ? parts[1] : ""
  guard digits.count <= 8, let fraction = Int64(digits + String(repeating: "0", count: 8 - digits.count)) else {
    return nil
  }
  let value = whole * fixedPointScale + fraction
  return isNegative ? -value : value
}
