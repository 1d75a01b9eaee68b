import AlphaLoopCore
import CAlphaLoop

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
      return try story(order)
    } catch {
      return error.message
    }
  }

  /// - Throws: when there is no such order.
  public func story(_ order: String) throws(HostError) -> String {
    let id = OrderID(order)
    guard let sequence = id?.sequence ?? UInt64(order) else {
      throw HostError(.usage, "'\(order)' is no order: give its sequence number or its 32-digit id")
    }
    let name = String(journal.split(separator: "/").last ?? "").replacing(".db", with: "")
    let parts = name.split(separator: "-", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { throw HostError(.data, "\(journal) is no journal") }
    let file = try SessionJournal(path: journal, mode: parts[0], account: parts[1], isReadOnly: true)
    let sessions = try file.sessions()
    guard let session = id?.session ?? session ?? sessions.last?.session else {
      throw HostError(.data, "\(journal) holds no session")
    }
    var names: SessionPrinter?
    var outputs: [JournalRecord] = []
    var lines: [String] = []
    var time: JournalRecord?
    var instrument: UInt32?
    try file.rows(of: session) { row in
      if row.kind == .header { names = SessionHeader(encoded: row.payload).map { SessionPrinter($0) } }
      if row.kind == .event, let event = RecordedEvent(encoded: row.payload) { names?.follow(event) }
      guard row.kind == .records else { return }
      guard let printer = names?.printer else {
        throw HostError(.data, "\(journal): session \(String(session, radix: 16)) is of another version of alphaloop")
      }
      for r in journalRecords(row.payload) {
        if r.kind == .time {
          time = r
          outputs.removeAll()
        }
        if r.kind == .output { outputs.append(r) }
        guard [.intent, .owner, .order, .fill, .fee, .denial, .anomaly, .ledger].contains(r.kind), r.a == sequence
        else {
          continue
        }
        if r.kind == .intent {
          instrument = r.subject
          if let time { lines.append(printer.line(time)) }
          lines.append(contentsOf: outputs.map { "  said: " + printer.line($0) })
        } else if let time, r.kind == .order || r.kind == .fill {
          lines.append("at \(isoTime(time.b))")
        }
        lines.append("  " + printer.line(r))
      }
    }
    guard instrument != nil else {
      throw HostError(.data, "session \(String(session, radix: 16)) has no order \(sequence)")
    }
    return lines.joined(separator: "\n")
  }
}

/// Prints a session's records with the names behind its indices, which may become more with a reload.
public struct SessionPrinter {
  public private(set) var printer: CanonicalExport
  private let symbols: [String]

  public init(_ header: SessionHeader) {
    let sources = ConfigurationSources(directory: header.directory, files: header.files)
    // A reload keeps the instruments.
    symbols = (try? Configuration.load(from: sources))?.instruments.map(\.symbol) ?? []
    printer = CanonicalExport(symbols: symbols, agents: header.agents)
  }

  public mutating func follow(_ event: RecordedEvent) {
    if case .reload(let change) = event { printer = CanonicalExport(symbols: symbols, agents: change.agents) }
  }
}
