import CAlphaLoop
import Foundation

/// An agent under test: how to make one more instance of it for a market.
public struct AgentSubject {
  public let make: (ProbeMarket) throws -> ProbeAgent

  public init(make: @escaping (ProbeMarket) throws -> ProbeAgent) { self.make = make }

  /// An agent of a loaded library.
  public init(_ library: ProbeLibrary, _ id: String, parameters: [String: Any] = [:]) {
    make = { try ProbeAgent(library, id, $0, parameters: parameters) }
  }

  /// An agent written in the test, for negative controls.
  public init(fixture: @escaping () -> FixtureAgent, maxRows: Int = 4) {
    make = { try ProbeAgent(fixture(), host: ProbeHost(), instruments: $0.instruments, maxRows: maxRows) }
  }

  func run(_ market: ProbeMarket, _ feed: ProbeAgent.Feed = .init()) throws -> [ProbeAnswer] {
    try make(market).run(market, feed)
  }

  func last(_ market: ProbeMarket) throws -> ProbeAnswer {
    guard let answer = try run(market).last else { throw ProbeError("the market has no bars") }
    return answer
  }
}

/// How returns are turned upside down.
public enum Mirror: Sendable {
  /// P' = P0^2 / P: log returns change sign.
  case log
  /// Simple returns from close to close change sign; open, high and low are mirrored about the previous close.
  case simple
  /// P' = 2 P0 - P: price differences change sign.
  case reflect
}

extension ProbeMarket {
  /// The market with `change` applied to the bars of instrument `index` (nil: of every instrument).
  public func changing(_ index: Int? = nil, _ change: (inout [ProbeBar]) -> Void) -> ProbeMarket {
    var copy = self
    for i in copy.instruments.indices where index == nil || index == i { change(&copy.instruments[i].bars) }
    return copy
  }

  /// Bars up to and including `time`.
  public func cut(after time: Int64) -> ProbeMarket { changing { $0.removeAll { $0.time > time } } }

  public func scaled(price: Double, volume: Double) -> ProbeMarket {
    changing { bars in
      for i in bars.indices {
        bars[i].open *= price
        bars[i].high *= price
        bars[i].low *= price
        bars[i].close *= price
        bars[i].volume *= volume
      }
    }
  }

  public func mirrored(_ mirror: Mirror) -> ProbeMarket {
    changing { bars in
      guard let first = bars.first else { return }
      var previous = first.close
      var mirroredPrevious = first.close
      for i in bars.indices {
        let bar = bars[i]
        let map: (Double) -> Double =
          switch mirror {
          case .log: { first.close * first.close / $0 }
          case .simple: { mirroredPrevious * (2 - $0 / previous) }
          case .reflect: { 2 * first.close - $0 }
          }
        (bars[i].open, bars[i].high) = (map(bar.open), map(bar.low))
        (bars[i].low, bars[i].close) = (map(bar.high), map(bar.close))
        previous = bar.close
        mirroredPrevious = bars[i].close
      }
    }
  }
}

/// Random markets.
public enum RandomMarket {
  /// Full bars of `count` instruments on the same weekdays, with i.i.d. symmetric log returns.
  /// - Parameter drift: log drift per bar of instrument i.
  public static func bars(
    instruments: Int, count: Int, volatility: Double = 0.01, seed: UInt64, drift: (Int) -> Double = { _ in 0 }
  ) -> ProbeMarket {
    var random = SeededRandom(seed: seed)
    let times = Clock.weekdays(count)
    return ProbeMarket(
      (0..<instruments).map { i in
        var price = 50 + 100 * random.uniform()
        let bars = times.map { time in
          let open = price * exp(volatility * 0.3 * random.gaussian())
          let close = open * exp(drift(i) + volatility * random.gaussian())
          let high = max(open, close) * exp(volatility * 0.5 * random.uniform())
          let low = min(open, close) * exp(-volatility * 0.5 * random.uniform())
          price = close
          return ProbeBar(
            time: time, open: open, high: high, low: low, close: close, volume: (1e5 + 1e6 * random.uniform()).rounded()
          )
        }
        return ProbeInstrument("R\(i)", bars: bars)
      })
  }
}
