import CAlphaLoop
import Testing

@testable import PluginProbe

private let hard: [String: any Sendable] = [
  "participation": 0.3, "commission": "ibkr_tiered", "latency_ns": 90_000_000_000, "reject_probability": 0.1,
  "seed": 5, "spread": "bps", "half_spread_bps": 1, "slippage": "square_root",
]

@Suite("broker.simulated: what holds for every run")
struct SimulatedBrokerPropertyTests {
  @Test("quantities, prices, cash and the cap, over random orders and bars", arguments: 1...40)
  func invariants(_ seed: Int) throws {
    let script = BrokerScript(seed: UInt64(seed), steps: 120)
    let broker = try BrokerSubject(
      ["participation": 0.3, "commission": "bps", "slippage": "bps", "slippage_bps": 10], BrokerScript.universe)
    let reports = try script.run(broker, 0..<script.steps.count)
    let fills = reports.filter { $0.kind == AL_REPORT_FILL }
    #expect(fills.count > 20)
    #expect(violations(fills, script) == [])
    #expect(fills.map { $0.execution[1] } == (1...UInt64(fills.count)).map { $0 })

    // Cash is what it was, less what was bought, less fees; positions are the sums of fills.
    var cash = fixed(1_000_000)
    var positions: [UInt32: Int64] = [:]
    for fill in fills {
      cash -= fill.price * (fill.quantity / 100_000_000) + fill.fee
      positions[fill.instrument, default: 0] += fill.quantity
    }
    #expect(try broker.account().cash == cash)
    #expect(try broker.positions().mapValues(\.quantity) == positions.filter { $0.value != 0 })
    #expect(try broker.executions() == fills)
  }

  /// Each fill against its order and its bar.
  private func violations(_ fills: [TestReport], _ script: BrokerScript) -> [String] {
    var filled: [UInt64: Int64] = [:]
    var taken: [String: Int64] = [:]
    var wrong: [String] = []
    for fill in fills {
      let step = script.steps[Int(fill.ts / 60_000_000_000) - 1]
      guard let order = script.orders[fill.sequence], let bar = step.bars[Int(fill.instrument)] else {
        wrong.append("\(fill): no such order, or no bar")
        continue
      }
      let sum = filled[fill.sequence, default: 0] + fill.quantity
      filled[fill.sequence] = sum
      if sum.signum() != order.quantity.signum() || sum.magnitude > order.quantity.magnitude {
        wrong.append("\(fill): more than was ordered")
      }
      if step.time <= order.decided_ns { wrong.append("\(fill): before its decision") }
      // 10 bp of slippage, rounded up to 1e-8.
      let slack = fixed(bar.high) / 1000 + 1
      let isPast = order.limit_price > 0 && (order.quantity > 0) == (fill.price > order.limit_price)
      if fill.price < fixed(bar.low) - slack || fill.price > fixed(bar.high) + slack {
        wrong.append("\(fill): outside the bar")
      } else if isPast && fill.price != order.limit_price {
        wrong.append("\(fill): beyond its limit")
      }
      let side = "\(fill.ts) \(fill.instrument) \(fill.quantity > 0)"
      taken[side, default: 0] += Int64(fill.quantity.magnitude)
      if taken[side, default: 0] > fixed(bar.volume) / 10 * 3 { wrong.append("\(fill): above the cap") }
    }
    return wrong
  }

  @Test("the checks above see fills that break them")
  func negativeControl() throws {
    let script = BrokerScript(seed: 1, steps: 120)
    let uncapped = try BrokerSubject([:], BrokerScript.universe)
    let fills = try script.run(uncapped, 0..<script.steps.count).filter { $0.kind == AL_REPORT_FILL }
    #expect(violations(fills, script).contains { $0.hasSuffix("above the cap") })
    #expect(violations(fills + fills, script).contains { $0.hasSuffix("more than was ordered") })
    let dear = fills.map { fill in
      var fill = fill
      fill.price *= 2
      return fill
    }
    #expect(violations(dear, script).contains { $0.hasSuffix("outside the bar") })
    let limited = fills.map { fill in
      var fill = fill
      if let order = script.orders[fill.sequence], order.limit_price > 0 {
        fill.price = order.limit_price + order.quantity.signum()
      }
      return fill
    }
    #expect(violations(limited, script).contains { $0.hasSuffix("beyond its limit") })
  }

  @Test("a run that is saved and restored anywhere goes on as if it had not been", arguments: 1...25)
  func restoreAnywhere(_ seed: Int) throws {
    let script = BrokerScript(seed: UInt64(seed) &+ 1000, steps: 80)
    let whole = try BrokerSubject(hard, BrokerScript.universe)
    let expected = try script.run(whole, 0..<80)
    #expect(expected.filter { $0.kind == AL_REPORT_FILL }.count > 10)
    var random = SeededRandom(seed: UInt64(seed))
    let cut = 1 + Int(random.next() % 78)

    let first = try BrokerSubject(hard, BrokerScript.universe)
    var reports = try script.run(first, 0..<cut)
    let saved = try first.save()
    let second = try BrokerSubject(hard, BrokerScript.universe, started: false)
    try second.restore(saved)
    try second.start()
    #expect(try second.save() == saved)
    reports += try script.run(second, cut..<80)
    #expect(reports == expected)
    #expect(try second.account().cash == whole.account().cash)
    #expect(try second.executions() == whole.executions())
    #expect(try second.save() == whole.save())
  }

  @Test("a trailing stop keeps its extreme over a restart")
  func restoreTrailing() throws {
    let first = try BrokerSubject()
    try first.submit(.test(1, AL_ORDER_TRAILING_STOP, -10, stop: 5))
    #expect(try first.advance(TestBar(100, 110, 99, 106), at: 1).isEmpty)
    let second = try BrokerSubject(started: false)
    try second.restore(try first.save())
    try second.start()
    #expect(
      try second.advance(TestBar(106, 107, 105, 106), at: 2).map(\.description) == ["1 triggered", "1 fill -10 @ 105"])
  }

  @Test("a new universe may hold the instruments in another order and others beside them")
  func restoreIntoAnotherUniverse() throws {
    let script = BrokerScript(seed: 77, steps: 80)
    let whole = try BrokerSubject(hard, BrokerScript.universe)
    let expected = try script.run(whole, 0..<80)
    let first = try BrokerSubject(hard, BrokerScript.universe)
    var reports = try script.run(first, 0..<40)
    let names = ["NEW", "CCC", "AAA", "BBB"].map { BrokerSubject.Instrument(symbol: $0) }
    let second = try BrokerSubject(hard, names, started: false)
    try second.restore(try first.save())
    try second.start()
    reports += try script.run(second, 40..<80, map: [2, 3, 1])
    #expect(reports.map(\.description) == expected.map(\.description))
    #expect(try second.account().cash == whole.account().cash)
  }

  @Test("a position whose instrument is gone is named, and the instance stays as it was")
  func restoreWithoutInstrument() throws {
    let first = try BrokerSubject([:], BrokerScript.universe)
    try first.submit(.test(1, AL_ORDER_MARKET, 10, instrument: 1))
    try first.advance([nil, TestBar(50, 50, 50, 50), nil], at: 1)
    let second = try BrokerSubject([:], [BrokerSubject.Instrument(symbol: "AAA")], started: false)
    let before = try second.save()
    let saved = try first.save()
    let error = #expect(throws: ProbeError.self) { try second.restore(saved) }
    #expect(error?.status == AL_E_DATA)
    #expect(error?.description.contains("BBB") == true)
    #expect(try second.save() == before)
  }

  @Test("a cut or changed state is refused or read whole, never a crash")
  func brokenState() throws {
    let script = BrokerScript(seed: 3, steps: 40)
    let source = try BrokerSubject(hard, BrokerScript.universe)
    _ = try script.run(source, 0..<40)
    let saved = try source.save()
    let target = try BrokerSubject(hard, BrokerScript.universe, started: false)
    let before = try target.save()
    for length in stride(from: 0, to: saved.count, by: 7) {
      #expect(throws: ProbeError.self) { try target.restore(Array(saved[0..<length])) }
      #expect(try target.save() == before)
    }
    var random = SeededRandom(seed: 9)
    for _ in 0..<2000 {
      var changed = saved
      for _ in 0..<3 { changed[Int(random.next() % UInt64(saved.count))] = UInt8(truncatingIfNeeded: random.next()) }
      let victim = try BrokerSubject(hard, BrokerScript.universe, started: false)
      if (try? victim.restore(changed)) != nil {
        try victim.start()
        _ = try? script.run(victim, 38..<40)
        _ = try? victim.openOrders()
        _ = try? victim.account()
      }
    }
  }

  @Test("numbers at the ends of 64 bits are refused or cancelled, never a crash")
  func extremes() throws {
    let ends: [Int64] = [.min, .min + 1, -1, 0, 1, .max - 1, .max, 4_000_000_000 * 100_000_000]
    for parameters in [
      [:], hard, ["participation": 1, "commission": "ibkr_fixed", "slippage": "bps", "slippage_bps": 5000],
    ]
      as [[String: any Sendable]]
    {
      let pair = BrokerSubject.Instrument(symbol: "AAA", tick: 1, lot: 1)
      let broker = try BrokerSubject(parameters, [pair])
      var sequence: UInt64 = 0
      for type in 0...9 as ClosedRange<UInt8> {
        for quantity in ends {
          for price in ends {
            sequence += 1
            var order = al_order_v1.test(sequence, type, 1)
            (order.quantity, order.limit_price, order.stop_price) = (quantity, price, type == 4 ? price : 0)
            if type == 2 || type == 3 { order.stop_price = price }
            if type != 1 && type != 3 && type != 6 && type != 8 { order.limit_price = 0 }
            order.time_in_force = UInt8(sequence % 6)
            (order.expire_ns, order.decided_ns, order.trail_ppm) = (price, 0, type == 4 && price == 0 ? quantity : 0)
            try broker.submit(order)
          }
        }
      }
      let huge = TestBar(9e10, 9.2e10, 8e10, 9e10, volume: 9e10)
      for i in 1...20 {
        for report in try broker.advance(i % 2 == 0 ? huge : TestBar(1, 2, 1e-8, 1), at: Int64(i) * 1_000_000_000_000) {
          #expect(report.kind != AL_REPORT_FILL || report.price > 0)
        }
      }
      _ = try broker.account()
    }
  }

  @Test("the order path: two orders a bar, equal to an independent count to the last unit", arguments: [false, true])
  func orderPath(_ sameClose: Bool) throws {
    let parameters: [String: any Sendable] = ["commission": "bps", "fill": sameClose ? "same_close" : "next_open"]
    let broker = try BrokerSubject(parameters)
    var random = SeededRandom(seed: 20_260_104)
    // The reference, in cents, shares and micro-dollars: pending market and limit orders filled by the plain rules.
    var cash: Int64 = 1_000_000_000_000
    var position: Int64 = 0
    var book: [(quantity: Int64, limit: Int64)] = []
    var trades = 0
    var fills = 0
    func trade(_ quantity: Int64, _ price: Int64) {
      let notional = quantity * price * 10_000
      cash -= notional + abs(notional) / 10_000
      position += quantity
      trades += 1
    }
    var last: Int64 = 100_000
    for i in 0..<3000 {
      let open = last + Int64(random.next() % 3) - 1
      let close = open + Int64(random.next() % 5) - 2
      let (high, low) = (max(open, close) + 5, min(open, close) - 5)
      last = close
      for order in book {
        trade(
          order.quantity, order.limit == 0 ? open : order.quantity > 0 ? min(open, order.limit) : max(open, order.limit)
        )
      }
      book.removeAll()
      let bar = TestBar(Double(open) / 100, Double(high) / 100, Double(low) / 100, Double(close) / 100)
      let time = Int64(i + 1)
      fills += try broker.advance(bar, at: time).count
      let quantity: Int64 = i == 0 ? 101 : i % 2 == 0 ? 1 : -1
      let other: Int64 = i % 2 == 0 ? -1 : 1
      let limit = close - 3 * other
      try broker.submit(
        .test(UInt64(2 * i + 1), AL_ORDER_MARKET, Double(quantity), at: time),
        .test(UInt64(2 * i + 2), AL_ORDER_LIMIT, Double(other), limit: Double(limit) / 100, at: time))
      if sameClose {
        trade(quantity, close)
        fills += try broker.advance(bar, at: time, AL_MARKET_SAME_CLOSE).count
      } else {
        book.append((quantity, 0))
      }
      book.append((other, limit))
    }
    let account = try broker.account()
    #expect(fills == trades)
    #expect(account.cash == cash * 100)
    #expect(account.equity == (cash + position * last * 10_000) * 100)
    #expect(try broker.positions()[0]?.quantity == position * 100_000_000)
  }
}
