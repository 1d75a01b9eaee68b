import AlphaLoopCore

/// What a campaign found, as its line of JSON.
struct CrashReport: Encodable {
  var torture = "crash"
  var broker: String
  var seed: UInt64
  /// Calls of one whole session that a process can be killed at, by kind.
  var boundaries: [String: Int] = [:]
  var lives = 0
  var kills = 0
  var killsByKind: [String: Int] = [:]
  /// Successors that were killed as well.
  var secondKills = 0
  /// Over all lives.
  var orders = 0
  /// Of the session whose boundaries were counted.
  var sessionOrders = 0
  var partialFills = 0
  var fills = 0
  var cancels = 0
  var rejects = 0
  /// Sent, and never received.
  var lostOrders = 0
  /// Fills that came after the end of their order; each halted its session.
  var lateFills = 0
  var replays = 0
  var duplicates = 0
  var orphans = 0
  var lostFills = 0
  var wrongOwner = 0
  var halts = 0
  var broken = 0
  /// Lives with any of these.
  var failedLives = 0
  var control = Control()
  var seconds = 0.0
  /// The first bad life: rerun with the seed, `--from` and `--lives 1`.
  var first: String?
  var firstLife: Int?
  var passed = false

  struct Control: Encodable {
    /// Of a host that sends before it commits.
    var lives = 0
    var caught = 0
    /// Changes made to good books by hand, and those that the comparison noticed.
    var changes = 0
    var noticed = 0
  }

  mutating func count(_ result: Life.Result, _ index: Int) {
    lives += 1
    kills += result.kills.count
    secondKills += max(0, result.kills.count - 1)
    for kind in result.kills { killsByKind[kind.name, default: 0] += 1 }
    let book = result.broker
    orders += book.orders.count
    fills += book.executions.count
    partialFills += book.orders.reduce(0) {
      $0 + ($1.executions > 1 || $1.executions == 1 && $1.filled != $1.quantity ? 1 : 0)
    }
    cancels += book.orders.count { $0.isCancelled }
    rejects += book.orders.count { $0.isRejected }
    lostOrders += book.orders.count { !$0.isReceived }
    lateFills += result.own.lateFills
    replays += result.replays
    let found = result.findings
    duplicates += found.duplicates.count
    orphans += found.orphans.count
    lostFills += found.lostFills.count
    wrongOwner += found.wrongOwner.count
    halts += found.halts.count
    broken += found.broken.count
    if !found.isEmpty { failedLives += 1 }
    if first == nil, let text = found.all.first { (first, firstLife) = ("life \(index): \(text)", index) }
  }

  mutating func judge() {
    let isClean = failedLives == 0 && lives > 0 && kills > 0 && sessionOrders >= 40
    let isMixed = partialFills > 0 && cancels > 0 && rejects > 0 && replays > 0
    let isNoticed = control.caught > 0 && control.changes > 0 && control.noticed == control.changes
    passed = isClean && isMixed && isNoticed
  }
}
