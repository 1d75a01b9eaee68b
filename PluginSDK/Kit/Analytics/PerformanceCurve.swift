/// An equity curve by UTC day: the last value of each day that has one.
///
/// Shapes: `days`, `values` have one entry a day; `returns` has one a day up to and including the first day whose value is zero
/// or below, after which a return has no meaning.
public struct DailyCurve: Sendable {
  /// The value the first return is measured from, above zero.
  public let base: Double
  /// The day number of `base`; at most the first of `days`.
  public let baseDay: Int
  /// Day numbers (days since 1970-01-01), ascending.
  public let days: [Int]
  public let values: [Double]
  /// Simple returns, day on day.
  public let returns: [Double]

  /// Whether the curve reached zero or below, and the day it did.
  public var ruinDay: Int? {
    returns.isEmpty || values[returns.count - 1] > 0 ? nil : days[returns.count - 1]
  }

  /// - Parameters:
  ///   - base: the value before the first observation, above zero.
  ///   - baseTime: the moment of `base`, nanoseconds UTC.
  ///   - times: nanoseconds UTC, not descending.
  ///   - values: one a time.
  public init(base: Double, baseTime: Int64, times: [Int64], values: [Double]) {
    precondition(base > 0 && times.count == values.count, "a curve starts above zero and pairs times with values")
    var days: [Int] = []
    var last: [Double] = []
    for (time, value) in zip(times, values) {
      let day = CivilDate.dayNumber(nanoseconds: time)
      if day == days.last {
        last[last.count - 1] = value
      } else {
        days.append(day)
        last.append(value)
      }
    }
    var returns: [Double] = []
    var previous = base
    for value in last where previous > 0 {
      returns.append(value / previous - 1)
      previous = value
    }
    self.base = base
    self.days = days
    self.values = last
    self.returns = returns
    baseDay = min(CivilDate.dayNumber(nanoseconds: baseTime), days.first ?? .max)
  }

  /// Value at the end over `base`, less 1; -1 or less after ruin.
  public var cumulativeReturn: Metric {
    values.last.map { .value($0 / base - 1) } ?? .undefined("no equity was recorded")
  }

  /// A calendar month or year and the return within it.
  public struct PeriodReturn: Equatable, Sendable {
    public let year: Int
    /// 1 to 12; 0 for a whole year.
    public let month: Int
    public let value: Double
  }

  /// The return of each calendar month that has observations; the first and last may be partial.
  public var monthlyReturns: [PeriodReturn] { periodReturns { ($0.year, $0.month) } }

  /// The return of each calendar year that has observations; the first and last may be partial.
  public var yearlyReturns: [PeriodReturn] { periodReturns { ($0.year, 0) } }

  private func periodReturns(_ period: (CivilDate) -> (year: Int, month: Int)) -> [PeriodReturn] {
    var result: [PeriodReturn] = []
    var start = base
    for index in returns.indices {
      let this = period(CivilDate(dayNumber: days[index]))
      let isLast = index + 1 == returns.count || period(CivilDate(dayNumber: days[index + 1])) != this
      if isLast {
        result.append(PeriodReturn(year: this.year, month: this.month, value: values[index] / start - 1))
        start = values[index]
      }
    }
    return result
  }

  /// The return since the last observation at or before a day, the base included.
  ///
  /// - Returns: undefined when the curve begins after that day.
  public func trailingReturn(since day: Int) -> Metric {
    guard let last = values.last else { return .undefined("no equity was recorded") }
    guard baseDay <= day else { return .undefined("the run begins after \(CivilDate(dayNumber: day))") }
    var start = base
    for (index, observed) in days.enumerated() {
      if observed > day { break }
      start = values[index]
    }
    guard start > 0 else { return .undefined("equity was zero or below on \(CivilDate(dayNumber: day))") }
    return .value(last / start - 1)
  }

  /// The return since the same day so many months before the last; a year multiple above 1 is annualised when asked.
  public func trailingReturn(months: Int, annualised: Bool = false) -> Metric {
    guard let last = days.last else { return .undefined("no equity was recorded") }
    let start = CivilDate(dayNumber: last).adding(months: -months).dayNumber
    return trailingReturn(since: start).flatMap {
      annualised ? Performance.annualise($0, years: Double(months) / 12) : .value($0)
    }
  }

  /// The return since the end of the month (or year, `month` false) before the last observation. A run that began within it is
  /// measured from its base.
  public func returnToDate(month: Bool) -> Metric {
    guard let last = days.last else { return .undefined("no equity was recorded") }
    let date = CivilDate(dayNumber: last)
    let first = last - date.day + 1
    let start = month ? first : CivilDate(dayNumber: first).adding(months: 1 - date.month).dayNumber
    return baseDay >= start ? cumulativeReturn : trailingReturn(since: start - 1)
  }
}
