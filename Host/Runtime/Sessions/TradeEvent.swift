import AlphaLoopCore

/// What the trade loop is told by other threads.
public enum TradeEvent: Sendable {
  /// Batch `index` of the feed has come.
  case bars(Int)
  case feedEnded
  /// Time went on without data, to this engine time: what waits for it happens. From feeds that run in real time; in a
  /// replay time comes with the data alone.
  case clock(Int64)
  case command(ControlCommand, Reply)
  /// Bars of one moment as a live source pushed them, and when they came, monotonic ns.
  case live(RecordedEvent.BarsEvent, arrived: Int64)
  /// A live source's own word on its health: `AL_CONNECTION_*`.
  case health(String, UInt32, String)
  /// What a connected broker tells by itself.
  case reports([RecordedEvent.Report])
  case stop

  /// Where the answer to a command goes.
  public final class Reply: @unchecked Sendable {
    private let inbox = Inbox<String>(capacity: 1)
    public init() {}
    public func answer(_ text: String) { inbox.post(text) }
    public func wait(milliseconds: Int) -> String? { inbox.take(milliseconds: milliseconds) }
  }
}

public enum ControlCommand: Sendable, Equatable {
  case status
  case halt(reason: String, actor: String)
  case resume(reason: String, actor: String)
  case flatten(reason: String, actor: String)
  case reload
  case why(String)
}
