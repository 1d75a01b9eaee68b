import CAlphaLoop

/// Checks of agents that answer with other rows than views: multipliers, weights, vetoes, orders, agent weights.
extension AgentChecks {
  /// Prices times 10 with volumes over 10 change no row.
  public static func priceScaleOfRows(_ subject: AgentSubject, _ market: ProbeMarket) throws -> [String] {
    sameRows(try subject.run(market), try subject.run(market.scaled(price: 10, volume: 0.1)), "price x 10")
  }

  /// The universe in reverse and in a rotated order gives the same rows.
  public static func permutationOfRows(_ subject: AgentSubject, _ market: ProbeMarket) throws -> [String] {
    let n = market.instruments.count
    let base = try subject.run(market)
    return try [Array((0..<n).reversed()), (0..<n).map { ($0 + 1) % n }].flatMap { order in
      let answers = try subject.run(market.reordered(order)).map { answer in
        var answer = answer
        for k in answer.rows.indices
        where answer.rows[k].instrument >= 0 && answer.rows[k].kind != AL_ROW_AGENT_WEIGHT {
          answer.rows[k].instrument = order[answer.rows[k].instrument]
        }
        return answer
      }
      return sameRows(base, answers, "universe order \(order)")
    }
  }

  /// What an agent must pass that reads no bars, or reads them beside the account and other agents.
  public static func withoutBars(
    _ subject: AgentSubject, second: AgentSubject, _ market: ProbeMarket
  ) throws -> [String] {
    try wellFormed(subject, market) + invariance(subject, second: second, market)
  }

  /// The same but for the form: for agents that do not answer every instrument.
  public static func invariance(
    _ subject: AgentSubject, second: AgentSubject, _ market: ProbeMarket
  ) throws -> [String] {
    try priceScaleOfRows(subject, market) + permutationOfRows(subject, market)
      + renaming(subject, market, as: { "Z" + $0 }) + noLookAhead(subject, market) + extraHistory(subject, market)
      + resume(subject, market) + sameAnswers(subject, second, market)
  }

  /// Rows of two runs in the order of (instrument, kind, label), values within 1e-9.
  static func sameRows(_ a: [ProbeAnswer], _ b: [ProbeAnswer], _ what: String) -> [String] {
    guard a.count == b.count else { return ["\(what): \(a.count) evaluations against \(b.count)"] }
    guard a.contains(where: { $0.rows.contains { $0.kind != AL_ROW_ABSTAIN } }) else {
      return ["\(what): nothing but abstentions"]
    }
    return zip(a, b).compactMap { x, y in
      let sorted = { (rows: [ProbeRow]) in
        rows.sorted { ($0.instrument, $0.kind, $0.label) < ($1.instrument, $1.kind, $1.label) }
      }
      let (p, q) = (sorted(x.rows), sorted(y.rows))
      let same =
        p.count == q.count
        && zip(p, q).allSatisfy { r, s in
          var other = s
          (other.value, other.confidence) = (r.value, r.confidence)
          return other == r && abs(r.value - s.value) <= 1e-9 && abs(r.confidence - s.confidence) <= 1e-9
        }
      return same ? nil : "\(what): at \(x.asOf) \(p) became \(q)"
    }
  }
}

extension ProbeMarket {
  /// The universe in another order, with the positions, rows and work of it: place k holds what stood at `order[k]`.
  public func reordered(_ order: [Int]) -> ProbeMarket {
    var copy = self
    copy.instruments = order.map { instruments[$0] }
    let place: @Sendable (Int) -> Int = { order.firstIndex(of: $0) ?? $0 }
    if let portfolio {
      copy.portfolio = { time in
        var account = portfolio(time)
        let positions = account.positions
        account.positions = order.map { $0 < positions.count ? positions[$0] : ProbePosition() }
        return account
      }
    }
    if let views {
      copy.views = { time in
        views(time).map { record in
          var record = record
          for k in record.rows.indices where record.rows[k].instrument >= 0 {
            record.rows[k].instrument = place(record.rows[k].instrument)
          }
          return record
        }
      }
    }
    if let work {
      copy.work = { time in
        work(time).map { item in
          var item = item
          item.instrument = UInt32(place(Int(item.instrument)))
          return item
        }
      }
    }
    return copy
  }

  /// `count` weekdays of closes at 100 for each symbol: for agents that do not look at prices.
  public static func flat(_ symbols: [String], count: Int = 1) -> ProbeMarket {
    ProbeMarket(symbols.map { ProbeInstrument($0, closes: Array(repeating: 100, count: count)) })
  }
}

extension ProbeRow {
  public static func weight(_ instrument: Int, _ weight: Double) -> Self {
    var row = Self(kind: AL_ROW_WEIGHT, instrument: instrument)
    row.value = weight
    row.confidence = 1
    return row
  }

  public static func quantity(_ instrument: Int, _ units: Int64) -> Self {
    var row = Self(kind: AL_ROW_QUANTITY, instrument: instrument)
    row.quantity = units * AL_UNIT
    return row
  }
}

extension ProbeAnswer {
  /// The only row of a kind for an instrument (-1: of none); nil when there is none or more than one.
  public func only(_ kind: UInt16, _ instrument: Int) -> ProbeRow? {
    let found = rows.filter { $0.kind == kind && $0.instrument == instrument }
    return found.count == 1 ? found[0] : nil
  }
}

extension ProbeAgent {
  /// The answer at the market's last bar, after all bars before, with orders of these quantities (1e-8 units, by instrument)
  /// working beside what is held.
  public func last(_ market: ProbeMarket, working: [Int64]) -> ProbeAnswer? {
    guard let time = market.barTimes.last else { return nil }
    var feed = Feed()
    feed.until = time - 1
    _ = run(market, feed)
    let windows = ProbeWindows(market.instruments, lookback: max(1, Int(needs.lookback)), options: .init())
    _ = windows.advance(to: time)
    let input = ProbeInput(market, windows: windows, asOf: time, cause: AL_CAUSE_PANEL, token: 0, sequence: 0)
    var c = input.c
    for (i, quantity) in working.enumerated() {
      guard let position = c.portfolio?.pointee.positions[i] else { return nil }
      UnsafeMutablePointer(mutating: position).pointee.committed += quantity
    }
    return withExtendedLifetime(input) { evaluate(&c) }
  }
}
