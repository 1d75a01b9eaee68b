import AlphaLoopCore
import CAlphaLoop

/// What the agent may read at a moment, out of a folder: nothing that is known later, and nothing that it was not granted.
final class EvaluationInput {
  private(set) var c = al_input_v1()
  private let windows: EvaluationWindows
  private let session: UnsafeMutablePointer<al_session_v1>
  private let calendar = SessionCalendar.newYork
  private let feeds: [any EvaluationFeed]
  /// The other agents whose rows it reads, in the order of their indices.
  let agents: [String]

  /// - Parameters:
  ///   - grants: `AL_IN_*`; what is not in it stays NULL.
  init(
    _ folder: EvaluationFolder, instruments: [Instrument], needs: al_needs_v1, grants: UInt64, memory: HeapInputMemory
  ) {
    let bars = folder.bars ?? [:]
    windows = EvaluationWindows(
      instruments.map { bars[$0.symbol] ?? EvaluationBars() }, lookback: Int(needs.lookback), columns: needs.columns,
      memory: memory)
    session = memory.array(al_session_v1.self, count: 1)
    feeds = []
    agents = []
    c.size = UInt32(MemoryLayout<al_input_v1>.size)
    c.n_instruments = UInt32(instruments.count)
    if grants & AL_IN_BARS != 0 { c.windows = UnsafePointer(windows.list) }
    c.session = UnsafePointer(session)
  }

  /// Shows everything known by `time`.
  func advance(to time: Int64, cause: UInt32, timer: UInt64, sequence: UInt64) {
    c.as_of_ns = time
    c.cause = cause
    c.timer = timer
    c.sequence = sequence
    windows.advance(to: time)
    calendar.fill(&session.pointee, at: time)
    for feed in feeds { feed.fill(&c, at: time) }
  }
}

/// One capability beside the bars.
protocol EvaluationFeed: AnyObject {
  /// Points the input at what is known by `time`; times never fall from call to call.
  func fill(_ input: inout al_input_v1, at time: Int64)
}
