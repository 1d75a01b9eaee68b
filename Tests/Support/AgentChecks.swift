import CAlphaLoop

/// What every agent must pass, whatever its idea. Each check gives the list of what it found wrong: empty is a pass.
public enum AgentChecks {
  /// Every row is legal (finite numbers, score in [-1, 1], confidence in [0, 1], a known instrument), and every
  /// instrument is answered at every evaluation, by an abstention if by nothing else.
  public static func wellFormed(_ subject: AgentSubject, _ market: ProbeMarket) throws -> [String] {
    var found: [String] = []
    for answer in try subject.run(market) {
      if answer.status != AL_OK { found.append("\(answer.asOf): status \(answer.status)") }
      for row in answer.rows {
        let range: ClosedRange<Double> =
          row.kind == AL_ROW_VIEW ? -1...1 : -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
        if !range.contains(row.value) { found.append("\(answer.asOf): \(row) has a value outside its range") }
        if !(0...1).contains(row.confidence) { found.append("\(answer.asOf): \(row) has a confidence outside [0, 1]") }
        if row.instrument >= market.instruments.count { found.append("\(answer.asOf): \(row) names no instrument") }
        if row.kind == AL_ROW_ABSTAIN, row.reason == AL_REASON_NONE { found.append("\(answer.asOf): no reason") }
      }
      for i in market.instruments.indices
      where !answer.rows.contains(where: { $0.instrument == i || $0.instrument == -1 }) {
        found.append("\(answer.asOf): instrument \(i) is not answered")
      }
    }
    return found
  }

  // MARK: Invariance

  /// Prices times 10 with volumes over 10 change no view.
  public static func priceScale(_ subject: AgentSubject, _ market: ProbeMarket) throws -> [String] {
    compare(try subject.run(market), try subject.run(market.scaled(price: 10, volume: 0.1)), "price x 10")
  }

  /// Other symbols, other permanent ids, the same bytes.
  public static func renaming(
    _ subject: AgentSubject, _ market: ProbeMarket, renamed: AgentSubject? = nil, as name: (String) -> String
  ) throws -> [String] {
    var other = market
    for i in other.instruments.indices {
      other.instruments[i].symbol = name(other.instruments[i].symbol)
      other.instruments[i].uid = 9000 - UInt64(i)
    }
    return sameBytes(try subject.run(market), try (renamed ?? subject).run(other), "renamed")
  }

  /// The universe in reverse and in a rotated order gives the same views.
  public static func permutation(_ subject: AgentSubject, _ market: ProbeMarket) throws -> [String] {
    let n = market.instruments.count
    let base = try subject.run(market)
    return try [Array((0..<n).reversed()), (0..<n).map { ($0 + 1) % n }].flatMap { order in
      var other = market
      other.instruments = order.map { market.instruments[$0] }
      other.fundamentals = market.fundamentals?.map { fact in
        var fact = fact
        fact.instrument = order.firstIndex(of: fact.instrument) ?? fact.instrument
        return fact
      }
      let answers = try subject.run(other).map { answer in
        var answer = answer
        answer.rows = answer.rows.map { row in
          var row = row
          if row.instrument >= 0 { row.instrument = order[row.instrument] }
          return row
        }
        return answer
      }
      return compare(base, answers, "universe order \(order)")
    }
  }

  /// Mirrored returns give the opposite score, and the same abstentions.
  public static func mirror(_ subject: AgentSubject, _ market: ProbeMarket, _ mirror: Mirror) throws -> [String] {
    compare(try subject.run(market), try subject.run(market.mirrored(mirror)), "mirrored", sign: -1)
  }

  /// Views and abstentions of two runs, scores within 1e-9 after a change of sign.
  static func compare(_ a: [ProbeAnswer], _ b: [ProbeAnswer], _ what: String, sign: Double = 1) -> [String] {
    guard a.count == b.count else { return ["\(what): \(a.count) evaluations against \(b.count)"] }
    if !a.contains(where: { $0.rows.contains { $0.kind != AL_ROW_ABSTAIN } }) {
      return ["\(what): nothing but abstentions"]
    }
    var found: [String] = []
    for (x, y) in zip(a, b) {
      let kept = { (rows: [ProbeRow]) in
        rows.filter { $0.kind == AL_ROW_VIEW || $0.kind == AL_ROW_ABSTAIN }.sorted {
          ($0.instrument, $0.kind) < ($1.instrument, $1.kind)
        }
      }
      let (p, q) = (kept(x.rows), kept(y.rows))
      let same =
        p.count == q.count
        && zip(p, q).allSatisfy { r, s in
          r.kind == s.kind && r.instrument == s.instrument && r.reason == s.reason && r.time == s.time
            && abs(r.value - sign * s.value) <= 1e-9 && abs(r.confidence - s.confidence) <= 1e-9
        }
      if !same { found.append("\(what): at \(x.asOf) \(p) became \(q)") }
    }
    return found
  }

  static func sameBytes(_ a: [ProbeAnswer], _ b: [ProbeAnswer], _ what: String) -> [String] {
    guard a.count == b.count else { return ["\(what): \(a.count) evaluations against \(b.count)"] }
    return zip(a, b).filter { $0.asOf != $1.asOf || $0.status != $1.status || $0.bytes != $1.bytes }.map {
      "\(what): at \($0.asOf) \($0.rows) became \($1.rows)"
    }
  }

  // MARK: Determinism, memory and state

  /// Outputs up to t are the same bytes whatever comes after t, whatever stands in the memory behind the window, and
  /// however much older history can be seen.
  public static func noLookAhead(_ subject: AgentSubject, _ market: ProbeMarket, seed: UInt64 = 99) throws -> [String] {
    let base = try subject.run(market)
    var found: [String] = []
    var feed = ProbeAgent.Feed()
    feed.poisonSeed = 2
    found += sameBytes(base, try subject.run(market, feed), "other memory behind the window")
    feed.future = true
    found += sameBytes(base, try subject.run(market, feed), "the future in memory behind the window")
    var random = SeededRandom(seed: seed)
    for t in cuts(market.barTimes, &random) {
      let other = market.changing { bars in
        for i in bars.indices where bars[i].time > t {
          let price = 1 + 1000 * random.uniform()
          bars[i] = ProbeBar(
            time: bars[i].time, open: price, high: price * 1.2, low: price * 0.8, close: price * 1.1,
            volume: 1 + 1e7 * random.uniform())
        }
      }
      found += sameBytes(
        base.filter { $0.asOf <= t }, try subject.run(other).filter { $0.asOf <= t }, "another future after \(t)")
    }
    return found
  }

  /// More history than the lookback changes nothing.
  public static func extraHistory(_ subject: AgentSubject, _ market: ProbeMarket) throws -> [String] {
    var feed = ProbeAgent.Feed()
    feed.extraRows = 100
    return sameBytes(try subject.run(market), try subject.run(market, feed), "100 older rows visible")
  }

  /// Two subjects (of two loads of a library) give the same bytes.
  public static func sameAnswers(_ a: AgentSubject, _ b: AgentSubject, _ market: ProbeMarket) throws -> [String] {
    sameBytes(try a.run(market), try b.run(market), "second load")
  }

  /// Saved and restored into a new instance at random points, it goes on as if never stopped; and save, restore, save
  /// gives the same bytes.
  public static func resume(_ subject: AgentSubject, _ market: ProbeMarket, seed: UInt64 = 5) throws -> [String] {
    let whole = try subject.run(market)
    var random = SeededRandom(seed: seed)
    var found: [String] = []
    for t in cuts(market.barTimes, &random) {
      let first = try subject.make(market)
      var feed = ProbeAgent.Feed()
      feed.until = t
      _ = first.run(market, feed)
      let state = try first.save()
      let second = try subject.make(market)
      try second.restore(state)
      if try second.save() != state { found.append("save, restore, save differs at \(t)") }
      feed.after = t
      feed.until = .max
      found += sameBytes(whole.filter { $0.asOf > t }, second.run(market, feed), "resumed at \(t)")
    }
    return found
  }

  /// Four random times and the last but one.
  private static func cuts(_ times: [Int64], _ random: inout SeededRandom) -> [Int64] {
    guard times.count > 4 else { return times }
    let drawn = (0..<4).map { _ in times[Int(random.next() % UInt64(times.count))] }
    return Array(Set(drawn + [times[times.count - 2]])).sorted()
  }
}
