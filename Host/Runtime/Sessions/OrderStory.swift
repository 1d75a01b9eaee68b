import AlphaLoopCore
import CAlphaLoop
import Glibc

/// Everything the journal knows of one order: the views before it, its intent and owners, the gate, the broker's facts.
public struct OrderStory {
  private let journal: String
  private let session: UInt64?

  public init(journal: String, session: UInt64?) {
    self.journal = journal
    self.session = session
  }

  /// - Parameter order: a sequence number, or the 32-digit order id.
  public func text(_ order: String) -> String {
    do {
      return try story(order).text
    } catch {
      return error.message
    }
  }

  /// An order's facts in the order in which they happened.
  public struct Story {
    public let session: UInt64
    public let sequence: UInt64
    public let symbol: String
    public fileprivate(set) var records: [ExportRecord] = []

    /// A line a fact, below the time at which it happened.
    public var text: String {
      records.map { record in
        switch record.kind {
        case "time": record.text
        case "output": "  said: " + record.text
        default: "  " + record.text
        }
      }.joined(separator: "\n")
    }

    public var json: JSONValue {
      [
        "session": .string(String(session, radix: 16)), "order": .integer(Int64(clamping: sequence)),
        "symbol": .string(symbol), "records": .array(records.map(\.json)),
      ]
    }
  }

  /// - Throws: when there is no such order.
  public func story(_ order: String) throws(HostError) -> Story {
    let id = OrderID(order)
    guard let sequence = id?.sequence ?? UInt64(order) else {
      throw HostError(.usage, "'\(order)' is no order: give its sequence number or its 32-digit id")
    }
    let name = String(journal.split(separator: "/").last ?? "").replacing(".db", with: "")
    let parts = name.split(separator: "-", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { throw HostError(.data, "\(journal) is no journal") }
    guard access(journal, F_OK) == 0 else {
      throw HostError(.data, "\(journal): nothing was recorded there yet; `alphaloop status` lists what is recorded")
    }
    let file = try SessionJournal(path: journal, mode: parts[0], account: parts[1], isReadOnly: true)
    let sessions = try file.sessions()
    guard let session = id?.session ?? session ?? sessions.last?.session else {
      throw HostError(.data, "\(journal) holds no session")
    }
    var builder = StoryBuilder(session: session, sequence: sequence)
    try file.rows(of: session) { row in
      if row.kind == .header { builder.names = SessionHeader(encoded: row.payload).map { SessionPrinter($0) } }
      if row.kind == .event, let event = RecordedEvent(encoded: row.payload) { builder.names?.follow(event) }
      guard row.kind == .records else { return }
      guard let names = builder.names else {
        throw HostError(.data, "\(journal): session \(String(session, radix: 16)) is of another version of alphaloop")
      }
      for record in journalRecords(row.payload) { builder.take(record, names.printer) }
    }
    guard let story = builder.story else {
      throw HostError(.data, "session \(String(session, radix: 16)) has no order \(sequence)")
    }
    return story
  }
}

/// Picks one order's facts out of a session's records.
private struct StoryBuilder {
  private let session: UInt64
  private let sequence: UInt64
  var names: SessionPrinter?
  private(set) var story: OrderStory.Story?
  private var outputs: [JournalRecord] = []
  private var time: JournalRecord?
  private var toldTime: JournalRecord?

  init(session: UInt64, sequence: UInt64) {
    self.session = session
    self.sequence = sequence
  }

  mutating func take(_ r: JournalRecord, _ printer: CanonicalExport) {
    if r.kind == .time {
      time = r
      outputs.removeAll()
    }
    if r.kind == .output { outputs.append(r) }
    guard [.intent, .owner, .order, .fill, .fee, .denial, .anomaly, .ledger].contains(r.kind), r.a == sequence else {
      return
    }
    var told: [JournalRecord] = []
    if let time, time != toldTime { told.append(time) }
    toldTime = time
    if r.kind == .intent || r.kind == .denial, story == nil {
      let symbol = printer.symbol(r.subject)
      story = OrderStory.Story(session: session, sequence: sequence, symbol: symbol)
      told += outputs.filter { printer.concerns($0, symbol: symbol) }
    }
    story?.records += (told + [r]).map(printer.record)
  }
}

/// Prints a session's records with the names behind its indices, from the configuration that it kept; a reload may bring
/// more of them.
public struct SessionPrinter {
  public private(set) var printer: CanonicalExport
  private let directory: String
  private var symbols: [String] = []
  /// Agent -> the symbols that it sees, in the order of its universe.
  private var universes: [String: [String]] = [:]

  public init(_ header: SessionHeader) {
    directory = header.directory
    printer = CanonicalExport(symbols: [], agents: [])
    note(header.files, agents: header.agents)
  }

  public mutating func follow(_ event: RecordedEvent) {
    if case .reload(let change) = event { note(change.files, agents: change.agents) }
  }

  private mutating func note(_ files: [String: [UInt8]], agents: [String]) {
    if let configuration = try? Configuration.load(from: ConfigurationSources(directory: directory, files: files)) {
      symbols = configuration.instruments.map(\.symbol)
      for agent in configuration.instances(of: .agent) { universes[agent.id] = agent.symbols }
    }
    printer = CanonicalExport(
      symbols: symbols, agents: agents, universes: universes.isEmpty ? [] : agents.map { universes[$0] ?? [] })
  }
}
