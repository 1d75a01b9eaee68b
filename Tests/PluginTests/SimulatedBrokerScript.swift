import CAlphaLoop

@testable import PluginProbe

/// A seeded run of orders and bars over three instruments: every type, time in force, duplicates, cancels, replacements.
struct BrokerScript {
  struct Step {
    var time: Int64
    var flags: UInt32
    var bars: [TestBar?]
    var submissions: [al_order_v1] = []
    var cancels: [UInt64] = []
    var replacements: [al_order_v1] = []
  }

  static let universe = ["AAA", "BBB", "CCC"].map { BrokerSubject.Instrument(symbol: $0) }

  var steps: [Step] = []
  /// The first submission of each id.
  var orders: [UInt64: al_order_v1] = [:]

  init(seed: UInt64, steps count: Int) {
    var random = SeededRandom(seed: seed)
    var prices = [100.0, 50.0, 20.0]
    var sequence: UInt64 = 0
    for i in 1...count {
      let time = Int64(i) * 60_000_000_000
      let flags: UInt32 = i % 8 == 1 ? AL_MARKET_SESSION_OPENS : i % 8 == 0 ? AL_MARKET_SESSION_CLOSES : 0
      var step = Step(time: time, flags: flags, bars: [])
      for k in prices.indices {
        let bar = Self.bar(&prices[k], &random)
        step.bars.append(random.uniform() < 0.15 ? nil : bar)
      }
      for _ in 0..<Int(random.next() % 4) {
        sequence += 1
        let k = Int(random.next() % 3)
        let order = Self.order(sequence, UInt32(k), prices[k], time, &random)
        orders[sequence] = order
        step.submissions.append(order)
        if random.uniform() < 0.2 { step.submissions.append(order) }
      }
      if sequence > 3 {
        if random.uniform() < 0.3 { step.cancels.append(sequence - random.next() % 4) }
        if random.uniform() < 0.3, let old = orders[sequence - random.next() % 4] {
          var new = old
          new.quantity = old.quantity / 2 / 100_000_000 * 100_000_000
          if new.quantity == 0 { new.quantity = old.quantity }
          step.replacements.append(new)
        }
      }
      steps.append(step)
    }
  }

  private static func cents(_ value: Double) -> Double { (value * 100).rounded() / 100 }

  private static func bar(_ price: inout Double, _ random: inout SeededRandom) -> TestBar {
    let open = cents(max(5, price * (1 + 0.004 * random.gaussian())))
    let close = cents(max(5, open * (1 + 0.008 * random.gaussian())))
    let high = cents(max(open, close) + 0.3 * random.uniform())
    let low = cents(min(open, close) - 0.3 * random.uniform())
    price = close
    return TestBar(open, high, low, close, volume: Double(random.next() % 400))
  }

  private static func order(
    _ sequence: UInt64, _ instrument: UInt32, _ price: Double, _ time: Int64, _ random: inout SeededRandom
  ) -> al_order_v1 {
    let type = UInt8(random.next() % 9)
    let quantity = Double(1 + random.next() % 60) * (random.uniform() < 0.5 ? 1 : -1)
    let away = { (random: inout SeededRandom) in cents(max(1, price * (1 + 0.01 * random.gaussian()))) }
    var order = al_order_v1.test(sequence, type, quantity, tif: AL_TIF_GTC, at: time, instrument: instrument)
    switch type {
    case AL_ORDER_LIMIT, AL_ORDER_LIMIT_ON_OPEN, AL_ORDER_LIMIT_ON_CLOSE: order.limit_price = fixed(away(&random))
    case AL_ORDER_STOP: order.stop_price = fixed(away(&random))
    case AL_ORDER_STOP_LIMIT:
      order.limit_price = fixed(away(&random))
      order.stop_price = fixed(away(&random))
    case AL_ORDER_TRAILING_STOP:
      if random.uniform() < 0.5 { order.trail_ppm = 5_000 } else { order.stop_price = fixed(0.5) }
    default: break
    }
    let draw = random.uniform()
    if draw < 0.3 {
      order.time_in_force = AL_TIF_DAY
    } else if draw < 0.45 && type <= AL_ORDER_LIMIT {
      order.time_in_force = draw < 0.38 ? AL_TIF_IOC : AL_TIF_FOK
    } else if draw < 0.6 {
      order.time_in_force = AL_TIF_GTD
      order.expire_ns = time + Int64(1 + random.next() % 10) * 60_000_000_000
    }
    return order
  }

  /// Bars first, then the orders decided on them, as the host does.
  func run(_ broker: BrokerSubject, _ range: Range<Int>, map: [Int] = [0, 1, 2]) throws -> [TestReport] {
    var reports: [TestReport] = []
    for step in steps[range] {
      var bars = [TestBar?](repeating: nil, count: broker.count)
      for (k, bar) in step.bars.enumerated() { bars[map[k]] = bar }
      let place = { (order: al_order_v1) in
        var order = order
        order.instrument = UInt32(map[Int(order.instrument)])
        return order
      }
      reports += try broker.advance(bars, at: step.time, step.flags)
      try broker.submit(step.submissions.map(place))
      for id in step.cancels { try broker.cancel(id) }
      for order in step.replacements { try broker.replace(place(order)) }
    }
    return reports
  }
}
