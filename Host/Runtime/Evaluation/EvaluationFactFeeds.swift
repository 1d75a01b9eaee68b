import AlphaLoopCore
import CAlphaLoop

/// Fundamentals or macro series: every revision known so far.
final class FactFeed: EvaluationFeed {
  /// By instrument, field, period, known time.
  private let rows: [al_fact_v1]
  /// When something becomes known, in time order.
  private let changes: [Int64]
  private let nameTimes: [Int64]
  private let table: UnsafeMutablePointer<al_facts_v1>
  private let block: UnsafeMutablePointer<al_fact_v1>
  private let offsets: UnsafeMutablePointer<UInt32>
  private let count: Int
  private let place: WritableKeyPath<al_input_v1, UnsafePointer<al_facts_v1>?>
  private var next = 0

  /// - Parameters:
  ///   - index: of each subject.
  ///   - count: subjects in all.
  ///   - place: where the input has the table.
  init(
    _ facts: [EvaluationFact], index: [String: UInt32], count: Int, memory: any InputMemory,
    place: WritableKeyPath<al_input_v1, UnsafePointer<al_facts_v1>?>
  ) {
    self.count = count
    self.place = place
    let known = facts.filter { index[$0.subject] != nil }
    var first: [String: Int64] = [:]
    for fact in known { first[fact.name] = min(first[fact.name] ?? .max, fact.known) }
    // Names in the order in which they become known: a name's index never changes, and none tells of the future.
    let names = first.sorted { a, b in
      a.value != b.value ? a.value < b.value : a.key.utf8.lexicographicallyPrecedes(b.key.utf8)
    }
    nameTimes = names.map(\.value)
    let field = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1.key, UInt32($0)) })
    rows = known.enumerated().map { k, fact in
      let row = al_fact_v1(
        instrument: index[fact.subject] ?? 0, field: field[fact.name] ?? 0, period_ns: fact.period,
        known_ns: fact.known, value: fact.value)
      return (k, row)
    }.sorted { a, b in
      let (x, y) = (a.1, b.1)
      return (x.instrument, x.field, x.period_ns, x.known_ns, a.0) < (
        y.instrument, y.field, y.period_ns, y.known_ns, b.0
      )
    }.map(\.1)
    changes = Set(rows.map(\.known_ns)).sorted()
    block = memory.array(al_fact_v1.self, count: rows.count)
    offsets = memory.array(UInt32.self, count: count + 1)
    table = memory.array(al_facts_v1.self, count: 1)
    let texts = memory.array(names.map { memory.string($0.key) })
    table.pointee = al_facts_v1(
      size: UInt32(MemoryLayout<al_facts_v1>.size), n_names: 0, n_rows: 0, names: UnsafePointer(texts),
      rows: UnsafePointer(block), offsets: UnsafePointer(offsets))
  }

  func fill(_ input: inout al_input_v1, at time: Int64) {
    input[keyPath: place] = UnsafePointer(table)
    let before = next
    while next < changes.count, changes[next] <= time { next += 1 }
    if next != before { rebuild(time) }
  }

  private func rebuild(_ time: Int64) {
    var n = 0
    var subject = 0
    for row in rows where row.known_ns <= time {
      while subject <= Int(row.instrument) {
        offsets[subject] = UInt32(n)
        subject += 1
      }
      block[n] = row
      n += 1
    }
    for rest in subject...count where subject <= count { offsets[rest] = UInt32(n) }
    table.pointee.n_rows = UInt64(n)
    table.pointee.n_names = UInt32(nameTimes.prefix { $0 <= time }.count)
  }
}

/// News known so far, by known time.
final class NewsFeed: EvaluationFeed {
  private let rows: [EvaluationNews]
  private let index: [String: UInt32]
  private let block: UnsafeMutablePointer<al_news_v1>
  private let memory: any InputMemory
  private var next = 0

  init(_ news: [EvaluationNews], index: [String: UInt32], memory: any InputMemory) {
    rows = news.filter { $0.symbol.isEmpty || index[$0.symbol] != nil }.enumerated()
      .sorted { ($0.element.known, $0.offset) < ($1.element.known, $1.offset) }.map(\.element)
    self.index = index
    self.memory = memory
    block = memory.array(al_news_v1.self, count: rows.count)
  }

  func fill(_ input: inout al_input_v1, at time: Int64) {
    while next < rows.count, rows[next].known <= time {
      let row = rows[next]
      block[next] = al_news_v1(
        instrument: index[row.symbol] ?? AL_NONE, flags: 0, published_ns: row.published, known_ns: row.known,
        sentiment: row.sentiment, id: memory.string(row.id), source: memory.string(row.source),
        headline: memory.string(row.headline), body: memory.string(row.body))
      next += 1
    }
    input.news = UnsafePointer(block)
    input.n_news = UInt32(next)
  }
}

/// Events known so far, by known time.
final class EventFeed: EvaluationFeed {
  private let rows: [EvaluationEvent]
  private let index: [String: UInt32]
  private let block: UnsafeMutablePointer<al_event_v1>
  private let memory: any InputMemory
  private var next = 0

  init(_ events: [EvaluationEvent], index: [String: UInt32], memory: any InputMemory) {
    rows = events.filter { $0.symbol.isEmpty || index[$0.symbol] != nil }.enumerated()
      .sorted { ($0.element.known, $0.offset) < ($1.element.known, $1.offset) }.map(\.element)
    self.index = index
    self.memory = memory
    block = memory.array(al_event_v1.self, count: rows.count)
  }

  func fill(_ input: inout al_input_v1, at time: Int64) {
    while next < rows.count, rows[next].known <= time {
      let row = rows[next]
      block[next] = al_event_v1(
        instrument: index[row.symbol] ?? AL_NONE, kind: row.kind, event_ns: row.date, known_ns: row.known,
        value: row.value, value2: row.value2, subject: memory.string(row.subject), text: memory.string(row.text))
      next += 1
    }
    input.events = UnsafePointer(block)
    input.n_events = UInt32(next)
  }
}
