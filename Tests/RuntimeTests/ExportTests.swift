import AlphaLoopCore
import CAlphaLoop
import Testing

@testable import AlphaLoopRuntime

@Suite("What is told of a recorded session", .serialized)
struct ExportTests {
  /// A session of some days and its facts.
  private static func recorded() throws -> (fixture: SessionFixture, journal: String, records: [ExportRecord]) {
    let fixture = try SessionFixture()
    let session = try fixture.session(12)
    try session.run()
    _ = try session.finish()
    session.close()
    var records: [ExportRecord] = []
    try SessionReader(session: "last", folder: "\(fixture.folder)/journal").export { records.append($0) }
    return (fixture, session.journalPath, records)
  }

  @Test("the JSON of a fact holds the words of its text, in their order, under names")
  func json() throws {
    let (_, _, records) = try Self.recorded()
    #expect(Set(records.map(\.kind)).isSuperset(of: ["input", "time", "output", "intent", "owner", "order", "fill"]))
    for record in records {
      let object = try #require(record.json.object)
      #expect(object.keys.first == "record")
      #expect(Set(object.keys).count == record.fields.count + 1, "a name stands twice in \(record.json.text)")
      #expect(try JSONValue.parse(record.json.text) == record.json)
      let words = object.values.compactMap { $0.string ?? $0.number?.text }
      var rest = Substring(record.text)
      for word in words {
        let place = try #require(rest.firstRange(of: word), "'\(word)' is not in '\(record.text)'")
        rest = rest[place.upperBound...]
      }
    }
    let intent = try #require(records.first { $0.kind == "intent" })
    #expect(intent.json.object?.keys == ["record", "order", "symbol", "quantity", "type", "time_in_force"])
    #expect(intent.json["order"] == 1)
  }

  @Test("the story of an order tells what was said of its instrument, and nothing said of others")
  func story() throws {
    let (fixture, journal, records) = try Self.recorded()
    defer { withExtendedLifetime(fixture) {} }
    let said = Set(records.filter { $0.kind == "output" }.compactMap { $0.json["symbol"]?.string })
    #expect(said == ["AAA", "BBB"])
    for order in records.filter({ $0.kind == "intent" }) {
      let number = try #require(order.json["order"]?.number?.int64)
      let story = try OrderStory(journal: journal, session: nil).story("\(number)")
      #expect(story.symbol == order.json["symbol"]?.string)
      let outputs = story.records.filter { $0.kind == "output" }
      #expect(!outputs.isEmpty)
      #expect(outputs.allSatisfy { $0.json["symbol"]?.string == story.symbol })
      #expect(story.records.contains { $0.kind == "order" })
      #expect(story.json["records"]?.array?.count == story.records.count)
    }
  }

  @Test("an order's story tells the last word of every agent on its instrument, however long ago it was said")
  func lastWords() throws {
    let fixture = try SessionFixture()
    let session = try fixture.session(2)
    try session.run()
    session.close()
    let header = try SessionReader(session: "last", folder: "\(fixture.folder)/journal").header
    var number = Int64(0)
    func moment(_ rows: JournalRecord...) -> [JournalRecord] {
      number += 1
      return [JournalRecord(.time, b: number * 1_000_000_000)] + rows
    }
    // Agent 0 sees AAA alone, agent 1 BBB alone.
    func say(
      _ kind: UInt16, _ agent: UInt32, _ value: Double = 0, of index: UInt32 = 0, reason: UInt32 = 0
    ) -> JournalRecord {
      JournalRecord(
        .output, subject: agent << 16 | index, state: UInt8(kind), code: UInt16(reason),
        b: Int64(bitPattern: value.bitPattern))
    }
    let everything: UInt32 = 0xffff
    let records =
      moment(say(AL_ROW_VIEW, 0, 0.25), say(AL_ROW_WEIGHT, 0, 0.5), say(AL_ROW_VETO, 1, of: everything))
      + moment(say(AL_ROW_ABSTAIN, 0, of: everything, reason: AL_REASON_WARM_UP))
      + moment(say(AL_ROW_VIEW, 0, 0.75), say(AL_ROW_ORDER, 0), say(AL_ROW_VIEW, 1, 1))
      + moment(say(AL_ROW_VIEW, 1, -1), JournalRecord(.intent, subject: 0, a: 1, b: 1))
      + moment(JournalRecord(.intent, subject: 1, a: 2, b: 1))
    let path = "\(fixture.folder)/journal/paper-T.db"
    do {
      let journal = try SessionJournal(path: path, mode: "paper", account: "T")
      try journal.begin(header)
      try records.withUnsafeBufferPointer { try journal.append(records: $0, time: 0) }
      try journal.commit()
    }
    func story(_ order: String) throws -> [String] {
      try OrderStory(journal: path, session: nil).story(order).text.split(separator: "\n").map(String.init)
    }
    let first = try story("1")
    #expect(
      first.map { String($0.prefix(while: { $0 != "=" })).split(separator: " equity").first.map(String.init) ?? "" }
        == [
          "time 1970-01-01T00:00:01Z", "  said: output b veto * none",
          "time 1970-01-01T00:00:03Z", "  said: output a view AAA value 0.75 confidence 0.0",
          "time 1970-01-01T00:00:04Z", "  intent 1 AAA quantity 0.00000001 type market tif day",
        ])
    let second = try story("2")
    #expect(
      second.filter { $0.contains("said") } == [
        "  said: output b veto * none", "  said: output b view BBB value -1.0 confidence 0.0",
      ])
  }

  @Test("a journal that cannot be read is named once")
  func journalError() throws {
    let fixture = try SessionFixture()
    let path = "\(fixture.folder)/journal/simulation-SIM.db"
    try writeAtomically(Array("no database".utf8), to: path)
    for path in [path, "\(fixture.folder)/bars.csv/simulation-SIM.db"] {
      let error = #expect(throws: HostError.self) {
        _ = try SessionJournal(path: path, mode: "simulation", account: "SIM", isReadOnly: true)
      }
      #expect(error?.code == .data)
      #expect(error?.message.ranges(of: path).count == 1, "\(error?.message ?? "")")
    }
  }

  @Test("a record of a run that cannot be written is an error at once")
  func unwritable() {
    let error = #expect(throws: HostError.self) { _ = try FileJournal(path: "/proc/none/journal") }
    #expect(error?.message == "/proc/none/journal: cannot be written: No such file or directory")
  }

  @Test("an order of which nothing is recorded says where it was looked for")
  func noJournal() {
    let error = #expect(throws: HostError.self) {
      _ = try OrderStory(journal: "/nonexistent/simulation-SIM.db", session: nil).story("1")
    }
    #expect(error?.message.hasPrefix("/nonexistent/simulation-SIM.db: nothing was recorded there yet") == true)
  }

  @Test("what bears on an instrument: its own row, the whole book, an agent that sees it")
  func concerns() throws {
    let fixture = try SessionFixture()
    let session = try fixture.session(2)
    try session.run()
    session.close()
    let reader = try SessionReader(session: "last", folder: "\(fixture.folder)/journal")
    let printer = SessionPrinter(reader.header).printer
    // Agent 0 sees AAA alone, agent 1 BBB alone.
    func output(_ kind: UInt16, agent: UInt32, of index: UInt32) -> JournalRecord {
      JournalRecord(.output, subject: agent << 16 | index, state: UInt8(kind))
    }
    let everything: UInt32 = 0xffff
    let cases: [(row: JournalRecord, aaa: Bool, text: String)] = [
      (output(AL_ROW_VIEW, agent: 0, of: 0), true, "output a view AAA value 0.0 confidence 0.0"),
      (output(AL_ROW_VIEW, agent: 1, of: 0), false, "output b view BBB value 0.0 confidence 0.0"),
      (output(AL_ROW_ABSTAIN, agent: 0, of: everything), true, "output a abstain * none"),
      (output(AL_ROW_ABSTAIN, agent: 1, of: everything), false, "output b abstain * none"),
      (output(AL_ROW_VETO, agent: 1, of: everything), true, "output b veto * none"),
      (output(AL_ROW_AGENT_WEIGHT, agent: 1, of: 0), true, "output b agent_weight a value 0.0 confidence 0.0"),
      (output(AL_ROW_AGENT_WEIGHT, agent: 0, of: 1), false, "output a agent_weight b value 0.0 confidence 0.0"),
    ]
    for (row, aaa, text) in cases {
      #expect(printer.concerns(row, symbol: "AAA") == aaa, "\(text)")
      #expect(printer.line(row) == text)
    }
  }
}
