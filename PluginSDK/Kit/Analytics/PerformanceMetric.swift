/// The value of a metric, or why it has none. A metric over too few or too even observations is never NaN and never a made-up 0.
public enum Metric: Equatable, Sendable {
  case value(Double)
  case undefined(String)

  /// The number, or nil when undefined.
  public var value: Double? {
    if case .value(let number) = self { number } else { nil }
  }

  /// The number when it is finite, otherwise undefined for that reason.
  public static func finite(_ number: Double, else reason: String) -> Metric {
    number.isFinite ? .value(number) : .undefined(reason)
  }

  /// `numerator / denominator`, undefined for that reason when the denominator is zero.
  public static func ratio(_ numerator: Double, _ denominator: Double, zero reason: String) -> Metric {
    denominator == 0 ? .undefined(reason) : .finite(numerator / denominator, else: "the quotient overflows")
  }

  public func map(_ transform: (Double) -> Double) -> Metric {
    flatMap { .finite(transform($0), else: "the result overflows") }
  }

  public func flatMap(_ transform: (Double) -> Metric) -> Metric {
    switch self {
    case .value(let number): transform(number)
    case .undefined: self
    }
  }
}
