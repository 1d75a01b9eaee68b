import AlphaLoopSDK
import CAlphaLoop

/// What compliance has to remember of the account: losses taken, trades opened and closed within a session, changes asked
/// for. Read off the positions from one evaluation to the next, so a position that opens and closes between two evaluations
/// is not seen.
struct ComplianceHistory {
  private struct Position {
    var quantity: Int64 = 0
    var realised: Int64 = 0
    /// When a part was last sold at a loss, and which side it was on; 0 never.
    var lossTime: Int64 = 0
    var lossSide: Int64 = 0
    /// The session in which it last grew.
    var grewOn = Int64.min
  }

  private static let sessions = 5

  private let symbols: [String]
  private var positions: [Position]
  /// The newest sessions seen, newest last, and the day trades of each.
  private var dates = Array(repeating: Int64.min, count: sessions)
  private var dayTradeCounts = Array(repeating: 0, count: sessions)
  /// When changes were asked for, a ring; the oldest stands at `nextOrder`.
  private var orderTimes: [Int64]
  private var nextOrder = 0
  private var hasSeenAccount = false

  init(symbols: [String], maxOrders: Int) {
    self.symbols = symbols
    positions = Array(repeating: Position(), count: symbols.count)
    orderTimes = Array(repeating: .min, count: maxOrders)
  }

  /// Day trades of the newest five sessions.
  var dayTrades: Int { dayTradeCounts.reduce(0, +) }

  mutating func observe(_ portfolio: Portfolio, asOf: Int64, session: al_session_v1?) {
    let day: Int64 = 86_400_000_000_000
    var date = session?.date_ns ?? 0
    if date == 0 { date = asOf - asOf % day }
    open(date)
    for i in positions.indices {
      let now = portfolio.position(i)
      let before = positions[i]
      positions[i].quantity = now.quantity
      positions[i].realised = now.realised
      // The first look at an account finds positions, it does not see them opened.
      guard hasSeenAccount, now.quantity != before.quantity else { continue }
      let isReduced = before.quantity != 0 && (now.quantity < before.quantity) == (before.quantity > 0)
      if isReduced {
        if now.realised < before.realised {
          positions[i].lossTime = asOf
          positions[i].lossSide = before.quantity.signum()
        }
        if before.grewOn == date {
          dayTradeCounts[Self.sessions - 1] += 1
          positions[i].grewOn = .min
        }
      }
      if !isReduced || now.quantity.signum() == -before.quantity.signum() { positions[i].grewOn = date }
    }
    hasSeenAccount = true
  }

  private mutating func open(_ date: Int64) {
    guard let newest = dates.last, date > newest else { return }
    for k in 1..<Self.sessions {
      dates[k - 1] = dates[k]
      dayTradeCounts[k - 1] = dayTradeCounts[k]
    }
    dates[Self.sessions - 1] = date
    dayTradeCounts[Self.sessions - 1] = 0
  }

  /// A position on this side (+1, -1) was sold at a loss less than `window` ago.
  func isWashSale(_ i: Int, side: Int, asOf: Int64, window: Int64) -> Bool {
    let p = positions[i]
    return window > 0 && p.lossTime != 0 && p.lossSide == Int64(side) && asOf - p.lossTime <= window
  }

  /// Counts one change; false when `maxOrders` were counted within the window already.
  mutating func countOrder(asOf: Int64, window: Int64) -> Bool {
    let oldest = orderTimes[nextOrder]
    guard oldest == .min || asOf - oldest >= window else { return false }
    orderTimes[nextOrder] = asOf
    nextOrder = (nextOrder + 1) % orderTimes.count
    return true
  }

  func save(to writer: inout StateWriter) {
    writer.write(positions.count)
    for (symbol, p) in zip(symbols, positions) {
      writer.write(symbol)
      for value in [p.quantity, p.realised, p.lossTime, p.lossSide, p.grewOn] { writer.write(value) }
    }
    writer.write(dates)
    writer.write(dayTradeCounts.map(Int64.init))
    writer.write(Array(orderTimes[nextOrder...] + orderTimes[..<nextOrder]))
    writer.write(hasSeenAccount)
  }

  mutating func restore(from reader: inout StateReader) throws(PluginError) {
    let count = try reader.count()
    for _ in 0..<count {
      let symbol = try reader.text()
      let position = Position(
        quantity: try reader.integer(), realised: try reader.integer(), lossTime: try reader.integer(),
        lossSide: try reader.integer(), grewOn: try reader.integer())
      // A symbol that left the universe is forgotten.
      if let i = symbols.firstIndex(of: symbol) { positions[i] = position }
    }
    let dates = try reader.integers()
    let counts = try reader.integers()
    let times = try reader.integers()
    guard dates.count == Self.sessions, counts.count == Self.sessions, counts.allSatisfy({ $0 >= 0 && $0 < 1 << 32 })
    else { throw .data("the saved state does not have \(Self.sessions) sessions") }
    self.dates = dates
    dayTradeCounts = counts.map(Int.init)
    // Oldest first; a smaller max_orders keeps the newest.
    let kept = times.suffix(orderTimes.count)
    orderTimes = Array(repeating: .min, count: orderTimes.count - kept.count) + kept
    nextOrder = 0
    hasSeenAccount = try reader.bool()
  }
}
