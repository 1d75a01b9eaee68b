extension YAMLRule where Value == Int64 {
  /// A whole number; `1e3` and `1.0` are not.
  public static func integer(in range: ClosedRange<Int64> = .min ... .max) -> YAMLRule<Int64> {
    YAMLRule { node, issues in
      guard case .scalar(let scalar) = node.content, case .number(let text) = scalar.meaning else {
        expected("a whole number", node, issues)
        return nil
      }
      guard let value = Int64(text) else {
        let isWhole = text.utf8.allSatisfy { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "e") }
        if isWhole {
          issues.report(node.location, "\(scalar.shortened) does not fit 64 bits; write a smaller number")
        } else {
          expected("a whole number", node, issues)
        }
        return nil
      }
      guard range.contains(value) else {
        let low = range.lowerBound
        let bounds =
          range.upperBound == .max
          ? "at least \(low)" : range.upperBound == low ? "\(low)" : "\(low) to \(range.upperBound)"
        issues.report(node.location, "\(value) is out of range; write \(bounds)")
        return nil
      }
      return value
    }
  }
}

extension YAMLRule where Value == Double {
  public static func double(in range: ClosedRange<Double>) -> YAMLRule<Double> {
    YAMLRule { node, issues in
      guard case .scalar(let scalar) = node.content, case .number(let text) = scalar.meaning,
        let value = Double(text), value.isFinite
      else {
        expected("a number", node, issues)
        return nil
      }
      guard range.contains(value) else {
        issues.report(
          node.location, "\(scalar.text) is out of range; write \(range.lowerBound) to \(range.upperBound)")
        return nil
      }
      return value
    }
  }
}

extension YAMLRule where Value == FixedDecimal {
  /// An exact decimal with at most eight places.
  public static func decimal(
    in range: ClosedRange<FixedDecimal> = FixedDecimal(units: .min)...FixedDecimal(units: .max)
  ) -> YAMLRule<FixedDecimal> {
    YAMLRule { node, issues in
      guard case .scalar(let scalar) = node.content, case .number(let text) = scalar.meaning else {
        expected("a decimal number", node, issues)
        return nil
      }
      return fixed(text, scale: 0, written: scalar.text, node, issues).flatMap { inRange($0, range, node, issues) }
    }
  }

  /// A fraction, written `2 %`, `2%` or `0.02`.
  ///
  /// - Parameter range: of the fraction: 1 is 100 %.
  public static func percentage(in range: ClosedRange<FixedDecimal>) -> YAMLRule<FixedDecimal> {
    YAMLRule { node, issues in
      let what = "a percentage such as '2 %' or 0.02"
      guard let text = scalarText(what, node, issues) else { return nil }
      guard text.hasSuffix("%") else {
        guard case .scalar(let scalar) = node.content, case .number(let number) = scalar.meaning else {
          expected(what, node, issues)
          return nil
        }
        guard let value = fixed(number, scale: 0, written: text, node, issues) else { return nil }
        guard range.contains(value) else {
          let hint = value > range.upperBound ? "; for \(text) per cent write '\(text) %'" : ""
          issues.report(node.location, "\(text) is out of range; write \(percent(range))\(hint)")
          return nil
        }
        return value
      }
      var number = text.dropLast()
      while number.last == " " { number = number.dropLast() }
      guard case .number(let plain) = YAMLScalar(text: String(number), isText: false).meaning else {
        expected(what, node, issues)
        return nil
      }
      guard let value = fixed(plain, scale: 2, written: text, node, issues) else { return nil }
      guard range.contains(value) else {
        issues.report(node.location, "\(text) is out of range; write \(percent(range))")
        return nil
      }
      return value
    }
  }

  private static func fixed(
    _ text: String, scale: Int, written: String, _ node: YAMLNode, _ issues: IssueCollector
  ) -> FixedDecimal? {
    do {
      return try FixedDecimal(parsing: text, scale: scale)
    } catch .notANumber {
      issues.report(node.location, "'\(written)' uses an exponent; write the digits out")
    } catch .tooPrecise {
      issues.report(node.location, "'\(written)' has more than eight decimal places; round it")
    } catch {
      issues.report(node.location, "'\(written)' is too large; the largest is \(FixedDecimal(units: .max))")
    }
    return nil
  }

  private static func inRange(
    _ value: FixedDecimal, _ range: ClosedRange<FixedDecimal>, _ node: YAMLNode, _ issues: IssueCollector
  ) -> FixedDecimal? {
    if range.contains(value) { return value }
    let bounds =
      range.upperBound.units == .max ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    issues.report(node.location, "\(value) is out of range; write \(bounds)")
    return nil
  }

  private static func percent(_ range: ClosedRange<FixedDecimal>) -> String {
    func shown(_ value: FixedDecimal) -> String {
      let (hundredfold, overflow) = value.units.multipliedReportingOverflow(by: 100)
      return overflow ? "\(value)" : "\(FixedDecimal(units: hundredfold)) %"
    }
    return "\(shown(range.lowerBound)) to \(shown(range.upperBound))"
  }
}

extension YAMLRule where Value == TimeSpan {
  public static func duration(
    in range: ClosedRange<TimeSpan> = TimeSpan(nanoseconds: 0)...TimeSpan(nanoseconds: .max)
  ) -> YAMLRule<TimeSpan> {
    YAMLRule { node, issues in
      let what = "a duration such as 250ms, 30s, 5m, 2h or 4d"
      guard let text = scalarText(what, node, issues) else { return nil }
      guard let span = TimeSpan(parsing: text) else {
        expected(what, node, issues)
        return nil
      }
      guard range.contains(span) else {
        let bounds =
          range.upperBound.nanoseconds == .max
          ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
        issues.report(node.location, "\(text) is out of range; write \(bounds)")
        return nil
      }
      return span
    }
  }
}

extension YAMLRule where Value == TimeOfDay {
  public static var timeOfDay: YAMLRule<TimeOfDay> {
    YAMLRule { node, issues in
      let what = "a time of day such as \"09:30\""
      guard let text = scalarText(what, node, issues) else { return nil }
      if let time = TimeOfDay(parsing: text) { return time }
      expected(what, node, issues)
      return nil
    }
  }
}

extension YAMLRule where Value == CalendarDate {
  public static var date: YAMLRule<CalendarDate> {
    YAMLRule { node, issues in
      let what = "a date such as 2024-07-03"
      guard let text = scalarText(what, node, issues) else { return nil }
      if let date = CalendarDate(parsing: text) { return date }
      expected(what, node, issues)
      return nil
    }
  }
}
