import AlphaLoopCore
import CAlphaLoop

/// What the agent may read at a moment, out of a folder: nothing that is known later, and nothing that it was not granted.
final class EvaluationInput {
  /// Lies in `memory`, as all that it points to.
  let c: UnsafeMutablePointer<al_input_v1>
  private let windows: EvaluationWindows
  private let session: UnsafeMutablePointer<al_session_v1>
  private let calendar = SessionCalendar.newYork
  private let feeds: [any EvaluationFeed]
  /// The other agents whose rows it reads, in the order of their indices.
  let agents: [String]

  /// - Parameters:
  ///   - grants: `AL_IN_*`; what is not in it stays NULL.
  init(
    _ folder: EvaluationFolder, instruments: [Instrument], needs: al_needs_v1, grants: UInt64, memory: any InputMemory
  ) {
    let bars = folder.bars ?? [:]
    windows = EvaluationWindows(
      instruments.map { bars[$0.symbol] ?? EvaluationBars() }, lookback: Int(needs.lookback), columns: needs.columns,
      memory: memory)
    session = memory.array(al_session_v1.self, count: 1)
    let views = ViewFeed(folder, index: Self.index(instruments), memory: memory)
    agents = grants & AL_IN_VIEWS == 0 ? [] : views.agents
    feeds = Self.feeds(folder, instruments, grants, windows, memory) + (grants & AL_IN_VIEWS == 0 ? [] : [views])
    c = memory.array(al_input_v1.self, count: 1)
    c.pointee.size = UInt32(MemoryLayout<al_input_v1>.size)
    c.pointee.n_instruments = UInt32(instruments.count)
    if grants & AL_IN_BARS != 0 { c.pointee.windows = UnsafePointer(windows.list) }
    c.pointee.session = UnsafePointer(session)
  }

  private static func index(_ instruments: [Instrument]) -> [String: UInt32] {
    Dictionary(instruments.enumerated().map { ($1.symbol, UInt32($0)) }, uniquingKeysWith: { first, _ in first })
  }

  private static func feeds(
    _ folder: EvaluationFolder, _ instruments: [Instrument], _ grants: UInt64, _ windows: EvaluationWindows,
    _ memory: any InputMemory
  ) -> [any EvaluationFeed] {
    let index = index(instruments)
    let n = instruments.count
    var feeds: [any EvaluationFeed] = []
    func add<T>(_ input: UInt64, _ data: T?, _ make: (T) -> any EvaluationFeed) {
      if grants & input != 0, let data { feeds.append(make(data)) }
    }
    add(AL_IN_QUOTES, folder.quotes) { QuoteFeed($0, index: index, count: n, memory: memory) }
    add(AL_IN_TRADES, folder.trades) { TradeFeed($0, index: index, memory: memory) }
    add(AL_IN_OPTIONS, folder.options) { OptionFeed($0, index: index, memory: memory) }
    add(AL_IN_FUNDAMENTALS, folder.fundamentals) {
      FactFeed($0, index: index, count: n, memory: memory, place: \.fundamentals)
    }
    add(AL_IN_MACRO, folder.macro) { FactFeed($0, index: ["": 0], count: 1, memory: memory, place: \.macro) }
    add(AL_IN_NEWS, folder.news) { NewsFeed($0, index: index, memory: memory) }
    add(AL_IN_EVENTS, folder.events) { EventFeed($0, index: index, memory: memory) }
    add(AL_IN_PORTFOLIO | AL_IN_ORDERS, folder.accounts) {
      AccountFeed($0, instruments: instruments, grants: grants, windows: windows, memory: memory)
    }
    return feeds
  }

  /// Shows everything known by `time`.
  func advance(to time: Int64, cause: UInt32, timer: UInt64, sequence: UInt64) {
    c.pointee.as_of_ns = time
    c.pointee.cause = cause
    c.pointee.timer = timer
    c.pointee.sequence = sequence
    windows.advance(to: time)
    calendar.fill(&session.pointee, at: time)
    for feed in feeds { feed.fill(&c.pointee, at: time) }
  }
}

/// One capability beside the bars.
protocol EvaluationFeed: AnyObject {
  /// Points the input at what is known by `time`; times never fall from call to call.
  func fill(_ input: inout al_input_v1, at time: Int64)
}
