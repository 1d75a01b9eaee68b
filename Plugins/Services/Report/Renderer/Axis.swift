import AlphaLoopKit
import Glibc

/// A scale from data to the page, with ticks at round values.
struct Axis {
  struct Tick {
    var value: Double
    var label: String
  }

  let lower: Double
  let upper: Double
  let isLogarithmic: Bool
  let ticks: [Tick]

  /// The position in [0, 1] of a value within the domain.
  func position(_ value: Double) -> Double {
    isLogarithmic
      ? (log(value) - log(lower)) / (log(upper) - log(lower)) : (value - lower) / (upper - lower)
  }

  enum Notation {
    case percent, number, integer, multiple

    func text(_ value: Double, decimals: Int) -> String {
      switch self {
      case .percent: NumberText.percent(value, decimals: max(0, decimals - 2))
      case .number: NumberText.fixed(value, decimals: decimals)
      case .integer: NumberText.fixed(value, decimals: 0)
      case .multiple: NumberText.fixed(value, decimals: decimals) + "×"
      }
    }
  }

  /// A linear axis around the values, its ends on ticks whose step is 1, 2, 2.5 or 5 times a power of ten.
  static func linear(_ values: [Double], notation: Notation, including zero: Bool = false) -> Axis {
    var lower = values.min() ?? 0
    var upper = values.max() ?? 1
    if zero {
      lower = min(lower, 0)
      upper = max(upper, 0)
    }
    if !(upper - lower > 1e-9 * max(1, lower.magnitude)) {
      let margin = max(lower.magnitude * 0.05, notation == .integer ? 1 : 0.01)
      lower -= zero && lower == 0 ? 0 : margin
      upper += margin
    }
    var step = niceStep((upper - lower) / 5)
    if notation == .integer { step = max(1, step.rounded(.up)) }
    let decimals = max(0, Int((-log10(step)).rounded(.up)) + (isQuarter(step) ? 1 : 0))
    let first = Int((lower / step + 1e-9).rounded(.down))
    let last = max(first + 1, Int((upper / step - 1e-9).rounded(.up)))
    // An outer tick the data hardly reaches for would leave most of a step empty; the axis then ends near the data.
    let slack = notation == .integer ? Double.infinity : 0.6 * step
    let ends = (
      lower: lower - Double(first) * step > slack ? lower - 0.12 * step : min(lower, Double(first) * step),
      upper: Double(last) * step - upper > slack ? upper + 0.12 * step : max(upper, Double(last) * step)
    )
    let ticks = (first...last).map { index in
      let value = Double(index) * step
      return Tick(value: value, label: notation.text(value, decimals: decimals))
    }
    return Axis(
      lower: ends.lower, upper: ends.upper, isLogarithmic: false,
      ticks: ticks.filter { $0.value >= ends.lower && $0.value <= ends.upper })
  }

  private static func niceStep(_ rough: Double) -> Double {
    let power = pow(10, log10(rough).rounded(.down))
    let fraction = rough / power
    return power * (fraction <= 1 ? 1 : fraction <= 2 ? 2 : fraction <= 2.5 ? 2.5 : fraction <= 5 ? 5 : 10)
  }

  private static func isQuarter(_ step: Double) -> Bool {
    let power = pow(10, log10(step).rounded(.down))
    return (step / power - 2.5).magnitude < 1e-6
  }

  /// A logarithmic axis around positive values; ticks at 1, 2 and 5 times powers of ten, or linear ticks over a short range.
  static func logarithmic(_ values: [Double], notation: Notation) -> Axis {
    let lower = max(values.min() ?? 1, 1e-12)
    let upper = max(values.max() ?? 2, lower * 1.000001)
    var marks: [Double] = []
    for exponent in Int(log10(lower).rounded(.down))...Int(log10(upper).rounded(.up)) {
      let steps: [Double] = upper / lower > 1_000 ? [1] : upper / lower > 100 ? [1, 3] : [1, 2, 5]
      marks += steps.map { $0 * pow(10, Double(exponent)) }
    }
    let below = marks.last { $0 <= lower } ?? lower
    let above = marks.first { $0 >= upper } ?? upper
    let inside = marks.filter { $0 >= below && $0 <= above }
    if upper / lower < 4 {
      let plain = linear([lower, upper], notation: notation)
      let positive = plain.ticks.filter { $0.value > 0 }
      return Axis(
        lower: positive.first.map { min($0.value, lower) } ?? lower, upper: plain.upper, isLogarithmic: true,
        ticks: positive)
    }
    let ticks = inside.map { mark in
      let decimals = mark >= 1 ? 0 : Int((-log10(mark) - 1e-9).rounded(.up))
      return Tick(value: mark, label: notation.text(mark, decimals: decimals))
    }
    return Axis(lower: below, upper: above, isLogarithmic: true, ticks: ticks)
  }

  /// A time axis in days since 1970; ticks at hours, days, months or years, at most 8.
  static func time(from: Double, to: Double) -> Axis {
    let upper = max(to, from + 1.0 / 24)
    let span = upper - from
    let ticks = span < 3 ? hours(from, upper) : span < 60 ? days(from, upper) : months(from, upper)
    return Axis(lower: from, upper: upper, isLogarithmic: false, ticks: ticks)
  }

  private static func hours(_ from: Double, _ to: Double) -> [Tick] {
    let steps = [1, 2, 3, 6, 12, 24]
    let step = steps.first { (to - from) * 24 / Double($0) <= 6.5 } ?? 24
    let first = Int((from * 24 / Double(step)).rounded(.up))
    let last = Int((to * 24 / Double(step)).rounded(.down))
    guard first <= last else { return [] }
    return (first...last).map { index in
      let hour = index * step
      let text = String(((hour % 24) + 24) % 24)
      return Tick(value: Double(hour) / 24, label: (text.utf8.count == 1 ? "0" : "") + text + ":00")
    }
  }

  private static func days(_ from: Double, _ to: Double) -> [Tick] {
    let step = [1, 2, 5, 7, 10].first { (to - from) / Double($0) <= 7 } ?? 10
    return stride(from: Int(from.rounded(.up)), through: Int(to), by: step).map { day in
      Tick(value: Double(day), label: String(CivilDate(dayNumber: day).description.suffix(5)))
    }
  }

  private static func months(_ from: Double, _ to: Double) -> [Tick] {
    // A label of a month is twice as long as one of a year.
    let step =
      [1, 2, 3, 6, 12, 24, 60, 120, 240].first { (to - from) / 30.44 / Double($0) <= ($0 < 12 ? 6 : 8) } ?? 600
    let start = CivilDate(dayNumber: Int(from.rounded(.up)))
    var index = start.year * 12 + start.month - 1
    index += (step - index % step) % step
    var ticks: [Tick] = []
    while let date = CivilDate(year: index / 12, month: index % 12 + 1, day: 1), Double(date.dayNumber) <= to {
      if Double(date.dayNumber) >= from {
        let label = step >= 12 ? String(date.description.prefix(4)) : String(date.description.prefix(7))
        ticks.append(Tick(value: Double(date.dayNumber), label: label))
      }
      index += step
    }
    return ticks
  }
}
