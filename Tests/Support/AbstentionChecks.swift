import CAlphaLoop

/// An agent that cannot answer says why, with the right code, and nothing else about that instrument.
extension AgentChecks {
  /// At `needs.warm_up` bars it stops saying "warm-up"; one bar earlier it says nothing else.
  public static func warmUp(_ subject: AgentSubject, _ market: ProbeMarket) throws -> [String] {
    let bars = Int(try subject.make(market).needs.warm_up)
    guard market.instruments.allSatisfy({ $0.bars.count >= bars }) else {
      return ["the market is shorter than \(bars) bars"]
    }
    let short = try subject.last(market.changing { $0 = Array($0.prefix(bars - 1)) })
    let warm = try subject.last(market.changing { $0 = Array($0.prefix(bars)) })
    return market.instruments.indices.flatMap { i in
      expect(short, i, AL_REASON_WARM_UP, "one bar short")
        + (warm.abstention(i) == AL_REASON_WARM_UP ? ["instrument \(i) still warms up with \(bars) bars"] : [])
    }
  }

  /// Without the bars, and without each column it needs.
  public static func missingCapability(_ subject: AgentSubject, _ market: ProbeMarket) throws -> [String] {
    var none = market
    none.grantsBars = false
    var found = market.instruments.indices.flatMap { i in
      (try? subject.last(none)).map { expect($0, i, AL_REASON_MISSING_CAPABILITY, "no bars") } ?? ["no bars: failed"]
    }
    let prices = AL_COLUMN_OPEN | AL_COLUMN_HIGH | AL_COLUMN_LOW | AL_COLUMN_CLOSE
    let needed = try subject.make(market).needs.columns & prices
    for bit in (0..<4).map({ UInt32(1) << $0 }) where needed & bit != 0 {
      var without = market
      without.instruments[0].columns &= ~bit
      found += expect(try subject.last(without), 0, AL_REASON_MISSING_CAPABILITY, "no column \(bit)")
    }
    return found
  }

  /// Ten days after its last bar.
  public static func stale(_ subject: AgentSubject, _ market: ProbeMarket) throws -> [String] {
    guard let last = market.barTimes.last else { return ["the market has no bars"] }
    var later = market
    later.extraTimes.append((last + 10 * Clock.day, AL_CAUSE_PANEL))
    let answer = try subject.last(later)
    return market.instruments.indices.flatMap { expect(answer, $0, AL_REASON_STALE, "ten days later") }
  }

  /// NaN, infinite, 0 and negative prices in the newest bar, column by column, and NaN in the bar before.
  /// - Parameter before: checks the bar before the newest too.
  public static func brokenPrice(
    _ subject: AgentSubject, _ market: ProbeMarket, before: Bool = true
  ) throws -> [String] {
    let needs = try subject.make(market).needs
    let fields: [(UInt32, WritableKeyPath<ProbeBar, Double>)] = [
      (AL_COLUMN_OPEN, \.open), (AL_COLUMN_HIGH, \.high), (AL_COLUMN_LOW, \.low), (AL_COLUMN_CLOSE, \.close),
    ]
    var found: [String] = []
    for (bit, field) in fields where needs.columns & bit != 0 {
      for value in [Double.nan, .infinity, 0, -1] {
        let broken = market.changing(0) { $0[$0.count - 1][keyPath: field] = value }
        found += expect(try subject.last(broken), 0, AL_REASON_INVALID_DATA, "\(value) in column \(bit)")
      }
      guard before, needs.lookback > 1 else { continue }
      let older = market.changing(0) { $0[$0.count - 2][keyPath: field] = .nan }
      found += expect(try subject.last(older), 0, AL_REASON_INVALID_DATA, "NaN one bar ago in column \(bit)")
    }
    return found
  }

  /// A newest bar that traded nothing.
  public static func zeroVolume(_ subject: AgentSubject, _ market: ProbeMarket) throws -> [String] {
    let silent = market.changing(0) { $0[$0.count - 1].volume = 0 }
    return expect(try subject.last(silent), 0, AL_REASON_ZERO_VOLUME, "volume 0")
  }

  /// The instrument abstains with this reason and has no other row.
  static func expect(_ answer: ProbeAnswer, _ i: Int, _ reason: UInt32, _ what: String) -> [String] {
    let rows = answer.rows.filter { $0.instrument == i || $0.instrument == -1 }
    guard rows.count == 1, rows[0].kind == AL_ROW_ABSTAIN, rows[0].reason == reason else {
      return ["\(what): expected instrument \(i) to abstain with reason \(reason), got \(rows)"]
    }
    return []
  }

  // MARK: Noise

  /// On i.i.d. noise the mean score of the newest view is 0 within three standard errors.
  /// - Parameters:
  ///   - market: a market from a seed; 200 are drawn.
  ///   - only: evaluates the newest bar only, for agents without memory.
  public static func meanZero(
    _ subject: AgentSubject, seeds: Int = 200, lastOnly: Bool, score: (ProbeAnswer) -> Double? = { $0.view(0)?.value },
    _ market: (UInt64) -> ProbeMarket
  ) throws -> [String] {
    var scores: [Double] = []
    var feed = ProbeAgent.Feed()
    feed.lastOnly = lastOnly
    for seed in 1...UInt64(seeds) {
      guard let answer = try subject.run(market(seed), feed).last else { continue }
      if let score = score(answer) { scores.append(score) }
    }
    guard scores.count >= 30 else { return ["only \(scores.count) of \(seeds) seeds gave a view"] }
    let n = Double(scores.count)
    let mean = scores.reduce(0, +) / n
    let variance = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
    let error = (variance / n).squareRoot()
    guard error > 0 else { return ["every score is \(mean): noise says nothing"] }
    return abs(mean) <= 3 * error ? [] : ["mean score \(mean) on noise is \(mean / error) standard errors from 0"]
  }

  /// Everything in one list: forms, scale, order, abstentions, look-ahead, history, state, two loads.
  /// - Parameters:
  ///   - second: the same agent of another load of the library.
  ///   - countsBars: false where warm-up is counted in months, not in bars.
  ///   - readsBefore: false where the bar before the newest has been taken already.
  public static func all(
    _ subject: AgentSubject, second: AgentSubject, _ market: ProbeMarket, countsBars: Bool = true,
    readsBefore: Bool = true
  ) throws -> [String] {
    var found = try wellFormed(subject, market) + priceScale(subject, market) + permutation(subject, market)
    if countsBars { found += try warmUp(subject, market) }
    found +=
      try missingCapability(subject, market) + stale(subject, market)
      + brokenPrice(subject, market, before: readsBefore)
    found += try zeroVolume(subject, market) + noLookAhead(subject, market) + extraHistory(subject, market)
    return try found + resume(subject, market) + sameAnswers(subject, second, market)
  }
}
