import TWSProtocol

/// What the gateway knows of one connected client.
final class ClientSession {
  let number: Int
  let version: ServerVersion
  /// nil before startApi.
  var clientId: Int32?
  var marketDataType: Int32 = 1
  var wantsPositions = false
  var accountUpdates: String?
  var summaries: [Int32: [String]] = [:]
  var positionsMulti: Set<Int32> = []
  var updatesMulti: Set<Int32> = []
  var pnl: Set<Int32> = []
  var pnlSingle: [Int32: Int32] = [:]
  var quotes: [Int32: QuoteStream] = [:]
  var tickByTick: [Int32: TickStream] = [:]
  var bars: [Int32: BarStream] = [:]
  var history: [Int32: BarStream] = [:]

  init(_ number: Int, _ version: ServerVersion) {
    (self.number, self.version) = (number, version)
  }
}

/// A subscription to quotes.
struct QuoteStream {
  var instrument: Instrument
  var isDelayed = false
  var genericTicks: Set<Int> = []
}

/// A subscription to single ticks.
struct TickStream {
  var instrument: Instrument
  var kind: Int32
  var ignoresSize: Bool
}

/// A subscription to bars that grow as time passes.
struct BarStream {
  var instrument: Instrument
  var seconds: Int64
  var whatToShow: String
  /// Times as text (1) or as seconds since 1970 (2).
  var formatDate: Int32
  var bar: FormingBar
}
