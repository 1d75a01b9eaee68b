import CAlphaLoop

/// A generated market for checks: correlated random walks with full bars. Nothing is concluded from it but whether a plugin
/// keeps its promises.
struct SyntheticMarket {
  struct Bar: Equatable {
    var open: Double
    var high: Double
    var low: Double
    var close: Double
    var volume: Double

    static let missing = Bar(open: .nan, high: .nan, low: .nan, close: .nan, volume: .nan)

    subscript(column: Int) -> Double {
      switch column {
      case 0: open
      case 1: high
      case 2: low
      case 3: close
      default: volume
      }
    }
  }

  struct Series {
    /// The position in the market as made; survives a change of order.
    var key: Int
    var symbol: String
    var columns: UInt32
    var times: [Int64]
    var bars: [Bar]
  }

  enum Rhythm: CaseIterable { case daily, halfHour }

  static let allColumns = AL_COLUMN_OPEN | AL_COLUMN_HIGH | AL_COLUMN_LOW | AL_COLUMN_CLOSE | AL_COLUMN_VOLUME
  static let day: Int64 = 86_400_000_000_000
  static let minute: Int64 = 60_000_000_000

  var rhythm: Rhythm
  /// The as-of times, rising.
  var times: [Int64]
  var series: [Series]

  init(instruments: Int, bars: Int, rhythm: Rhythm = .daily, seed: UInt64) {
    self.rhythm = rhythm
    let times = Self.times(bars, rhythm)
    self.times = times
    var generator = SeededGenerator(seed: seed)
    let scale = rhythm == .daily ? 0.012 : 0.004
    let common = times.map { _ in generator.normal() * scale }
    series = (0..<instruments).map { i in
      var price = 20.0 + 30 * Double(i + 1)
      let drift = scale * 0.05 * Double(i - instruments / 2)
      let walk = common.map { shared -> Bar in
        let open = price * (1 + 0.2 * scale * generator.normal())
        price = max(1, price * (1 + drift + shared * 0.6 + scale * generator.normal()))
        let reach = 1 + scale * generator.uniform()
        return Bar(
          open: open, high: max(open, price) * reach, low: min(open, price) / reach, close: price,
          volume: (1e6 * (0.5 + generator.uniform())).rounded())
      }
      return Series(key: i, symbol: "SYM\(i)", columns: Self.allColumns, times: times, bars: walk)
    }
  }

  /// Weekday closes at 21:00 UTC from 2015-01-02, or thirteen half hours a weekday from 15:00 to 21:00 UTC.
  private static func times(_ count: Int, _ rhythm: Rhythm) -> [Int64] {
    var all: [Int64] = []
    var date: Int64 = 16437
    while all.count < count {
      // 1970-01-01 was a Thursday.
      if (date + 3) % 7 < 5 {
        let close = date * day + 21 * 60 * minute
        all += rhythm == .daily ? [close] : (0..<13).map { close - (12 - Int64($0)) * 30 * minute }
      }
      date += 1
    }
    return Array(all.prefix(count))
  }

  /// The session that a time belongs to.
  func session(at time: Int64) -> al_session_v1 {
    let date = time / Self.day
    func next(_ step: Int64) -> Int64 {
      var other = date + step
      while (other + 3) % 7 >= 5 { other += step }
      return other * Self.day
    }
    return al_session_v1(
      size: UInt32(MemoryLayout<al_session_v1>.size), early_close: 0, date_ns: date * Self.day,
      open_ns: date * Self.day + (14 * 60 + 30) * Self.minute, close_ns: date * Self.day + 21 * 60 * Self.minute,
      previous_date_ns: next(-1), next_date_ns: next(1))
  }

  /// The market with every series changed.
  func changing(_ body: (inout Series) -> Void) -> SyntheticMarket {
    var other = self
    for i in other.series.indices { body(&other.series[i]) }
    return other
  }

  /// How many of rising times are at or before one.
  static func count(_ times: [Int64], upTo time: Int64) -> Int {
    var (low, high) = (0, times.count)
    while low < high {
      let middle = (low + high) / 2
      if times[middle] <= time { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The newest close at a time; 0 before the first bar or where it is no number.
  func close(_ i: Int, at time: Int64) -> Double {
    let row = Self.count(series[i].times, upTo: time) - 1
    guard row >= 0 else { return 0 }
    let close = series[i].bars[row].close
    return close.isFinite && close > 0 ? close : 0
  }
}
