import AlphaLoopCore
import CAlphaLoop
import Glibc

/// Everything the journal knows of one order: what every agent said last before it, its intent and owners, the gate, the
/// broker's facts.
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
      if row.kind == .event, let event = RecordedEvent(encoded: row.payload) { builder.follow(event) }
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
  private var said = LastWords()
  /// How the last wish of each instrument became a quantity.
  private var sizings: [UInt32: [JournalRecord]] = [:]
  private var time: JournalRecord?
  private var toldTime: JournalRecord?

  init(session: UInt64, sequence: UInt64) {
    self.session = session
    self.sequence = sequence
  }

  mutating func follow(_ event: RecordedEvent) {
    let before = names
    names?.follow(event)
    guard case .reload = event, let before, let names else { return }
    said.forget { agent in names.universe(of: agent) == nil || names.universe(of: agent) != before.universe(of: agent) }
  }

  mutating func take(_ r: JournalRecord, _ printer: CanonicalExport) {
    if r.kind == .time {
      time = r
      said.begin(r)
    }
    if r.kind == .output { said.take(r) }
    if r.kind == .allocation { sizings[r.subject] = [r] }
    if r.kind == .sizing { sizings[r.subject] = (sizings[r.subject] ?? []).filter { $0.kind == .allocation } + [r] }
    guard [.intent, .owner, .check, .order, .fill, .fee, .denial, .anomaly, .ledger].contains(r.kind), r.a == sequence
    else { return }
    if r.kind == .intent || r.kind == .denial, story == nil {
      let symbol = printer.symbol(r.subject)
      story = OrderStory.Story(session: session, sequence: sequence, symbol: symbol)
      for (time, output) in said.standing(where: { printer.concerns($0, symbol: symbol) }) {
        tell(output, at: time, printer)
      }
      for sizing in sizings[r.subject] ?? [] { tell(sizing, at: self.time, printer) }
    }
    tell(r, at: time, printer)
  }

  private mutating func tell(_ r: JournalRecord, at time: JournalRecord?, _ printer: CanonicalExport) {
    if let time, time != toldTime { story?.records.append(printer.record(time)) }
    toldTime = time
    story?.records.append(printer.record(r))
  }
}

/// What every agent said last of every thing: a view holds until its agent says another. No more is kept than that.
struct LastWords {
  /// What a word takes the place of: an earlier one of the same agent and kind on the same thing.
  private struct Key: Hashable {
    var subject: UInt32
    var kind: UInt16
  }

  private struct Word {
    var moment: Int
    var time: JournalRecord?
    /// More than one when they fell at the same moment; with their places among all outputs.
    var rows: [(place: Int, row: JournalRecord)]
  }

  private var agents: [[Key: Word]] = []
  private var moment = 0
  private var time: JournalRecord?
  private var count = 0

  mutating func begin(_ time: JournalRecord) {
    moment += 1
    self.time = time
  }

  mutating func take(_ r: JournalRecord) {
    let agent = Int(r.subject >> 16)
    while agents.count <= agent { agents.append([:]) }
    if UInt16(r.state) == AL_ROW_ABSTAIN { withdraw(r, agent) }
    let key = Key(subject: r.subject, kind: Self.kind(r))
    count += 1
    if agents[agent][key]?.moment == moment {
      agents[agent][key]?.rows.append((count, r))
    } else {
      agents[agent][key] = Word(moment: moment, time: time, rows: [(count, r)])
    }
  }

  /// An abstention is the opposite of a view.
  private static func kind(_ r: JournalRecord) -> UInt16 {
    UInt16(r.state) == AL_ROW_ABSTAIN ? AL_ROW_VIEW : UInt16(r.state)
  }

  /// An abstention takes back wishes, and what was forbidden where it says that there is nothing to say now.
  private mutating func withdraw(_ r: JournalRecord, _ agent: Int) {
    var kinds = [AL_ROW_VIEW, AL_ROW_WEIGHT]
    if UInt32(r.code) == AL_REASON_NO_SIGNAL { kinds += [AL_ROW_MULTIPLIER, AL_ROW_VETO] }
    if r.subject & 0xffff != 0xffff {
      for kind in kinds { remove(Key(subject: r.subject, kind: kind), agent) }
    } else {
      for key in agents[agent].keys where kinds.contains(key.kind) { remove(key, agent) }
    }
  }

  private mutating func remove(_ key: Key, _ agent: Int) {
    if let word = agents[agent][key], word.moment < moment { agents[agent][key] = nil }
  }

  mutating func forget(where isGone: (Int) -> Bool) {
    for agent in agents.indices where isGone(agent) { agents[agent] = [:] }
  }

  /// The words that bear on something, in the order in which they were said, each after the time at which it was.
  func standing(where concerns: (JournalRecord) -> Bool) -> [(time: JournalRecord?, row: JournalRecord)] {
    var found: [(place: Int, time: JournalRecord?, row: JournalRecord)] = []
    for words in agents {
      let views = words.filter { key, word in key.kind == AL_ROW_VIEW && word.rows.contains { concerns($0.row) } }
      let newest = views.values.map(\.moment).max() ?? 0
      for (key, word) in words {
        // An order was obeyed when it was given; an abstention from everything ends where a view of this begins.
        if key.kind == AL_ROW_ORDER, word.moment < moment { continue }
        if key.kind == AL_ROW_VIEW, word.moment < newest { continue }
        found += word.rows.filter { concerns($0.row) }.map { ($0.place, word.time, $0.row) }
      }
    }
    return found.sorted { $0.place < $1.place }.map { ($0.time, $0.row) }
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
  /// Those that take part, by name.
  private var active: Set<String> = []
  /// By engine index.
  private var agents: [String] = []

  public init(_ header: SessionHeader) {
    directory = header.directory
    printer = CanonicalExport(symbols: [], agents: [])
    note(header.files, agents: header.agents)
  }

  public mutating func follow(_ event: RecordedEvent) {
    if case .reload(let change) = event { note(change.files, agents: change.agents) }
  }

  /// What an agent sees; nil for one that takes no part any more.
  func universe(of agent: Int) -> [String]? {
    guard agent < agents.count, active.contains(agents[agent]) else { return nil }
    return universes[agents[agent]]
  }

  private mutating func note(_ files: [String: [UInt8]], agents: [String]) {
    if let configuration = try? Configuration.load(from: ConfigurationSources(directory: directory, files: files)) {
      symbols = configuration.instruments.map(\.symbol)
      for agent in configuration.instances(of: .agent) { universes[agent.id] = agent.symbols }
      active = Set(configuration.instances(of: .agent).filter(\.isEnabled).map(\.id))
    }
    self.agents = agents
    printer = CanonicalExport(
      symbols: symbols, agents: agents, universes: universes.isEmpty ? [] : agents.map { universes[$0] ?? [] })
  }
}
