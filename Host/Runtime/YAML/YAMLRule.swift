/// How one value is read: what is expected, and how a node becomes it. Rules compose: `.list(of: .text)`.
///
/// A rule that fails has reported exactly why; the caller goes on reading, so that all errors come out together.
public struct YAMLRule<Value> {
  let read: (YAMLNode, IssueCollector) -> Value?

  public init(_ read: @escaping (YAMLNode, IssueCollector) -> Value?) { self.read = read }

  public func callAsFunction(_ node: YAMLNode, _ issues: IssueCollector) -> Value? { read(node, issues) }

  /// The same rule with a further step that may refuse, by returning the rest of the message "'x' ...".
  public func mapping<Other>(
    _ transform: @escaping (Value) -> YAMLRuleOutcome<Other>
  ) -> YAMLRule<Other> {
    YAMLRule<Other> { node, issues in
      guard let value = read(node, issues) else { return nil }
      switch transform(value) {
      case .value(let other): return other
      case .refused(let message):
        issues.report(node.location, message)
        return nil
      }
    }
  }
}

public enum YAMLRuleOutcome<Value> {
  case value(Value)
  case refused(String)
}

private func expected(_ what: String, _ node: YAMLNode, _ issues: IssueCollector) {
  issues.report(node.location, "expected \(what), found \(node.summary)")
}

/// The text of a scalar whatever it looks like; nil, with a report, for anything else.
private func scalarText(_ what: String, _ node: YAMLNode, _ issues: IssueCollector) -> String? {
  guard case .scalar(let scalar) = node.content, scalar.meaning != .null, !scalar.text.isEmpty else {
    expected(what, node, issues)
    return nil
  }
  return scalar.text
}

extension YAMLRule where Value == String {
  /// Text. A plain scalar that YAML reads as a number, boolean or null must be quoted: `"TRUE"` is a ticker, `TRUE` is not.
  public static var text: YAMLRule<String> {
    YAMLRule { node, issues in
      guard case .scalar(let scalar) = node.content else {
        expected("text", node, issues)
        return nil
      }
      switch scalar.meaning {
      case .text(let text) where !text.isEmpty: return text
      case .text, .null: expected("text", node, issues)
      default:
        issues.report(node.location, "expected text, found \(node.summary); to mean text, write \"\(scalar.text)\"")
      }
      return nil
    }
  }

  /// An identifier: letters, digits and `. _ - /`, starting with a letter or digit, up to 64 characters.
  public static var identifier: YAMLRule<String> {
    YAMLRule.text.mapping { text in
      let isPlain = text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
          UInt8(ascii: "/"):
          true
        default: false
        }
      }
      guard isPlain, let first = text.first, first.isLetter || first.isNumber, text.utf8.count <= 64 else {
        return .refused("'\(text.prefix(80))' is not an identifier; use up to 64 letters, digits, '.', '_', '-', '/'")
      }
      return .value(text)
    }
  }
}

extension YAMLRule where Value == Bool {
  public static var bool: YAMLRule<Bool> {
    YAMLRule { node, issues in
      if case .scalar(let scalar) = node.content, case .bool(let value) = scalar.meaning { return value }
      expected("true or false", node, issues)
      return nil
    }
  }
}

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

extension YAMLRule where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of the cases, by raw value.
  public static var choice: YAMLRule<Value> {
    YAMLRule { node, issues in
      let words = Value.allCases.map(\.rawValue)
      guard let text = scalarText("one of \(words.joined(separator: ", "))", node, issues) else { return nil }
      if let value = Value(rawValue: text) { return value }
      let advice = NearestWord.advice(for: text, in: words, noun: "the choices are")
      issues.report(node.location, "'\(text.prefix(60))' is not one of the choices; \(advice)")
      return nil
    }
  }
}

extension YAMLRule {
  /// A list; items that fail are reported and left out.
  public static func list<Item>(of rule: YAMLRule<Item>) -> YAMLRule<[Item]> where Value == [Item] {
    YAMLRule<[Item]> { node, issues in
      guard case .sequence(let items) = node.content else {
        expected("a list", node, issues)
        return nil
      }
      return items.compactMap { rule($0, issues) }
    }
  }

  /// The value with the place it was read from.
  public var located: YAMLRule<Located<Value>> {
    YAMLRule<Located<Value>> { node, issues in
      self(node, issues).map { Located(value: $0, location: node.location) }
    }
  }

  /// A nested mapping read by a function.
  public static func mapping<Keys: RawRepresentable<String> & CaseIterable>(
    _ what: String, _ keys: Keys.Type, _ read: @escaping (MappingReader<Keys>) -> Value?
  ) -> YAMLRule<Value> {
    YAMLRule { node, issues in
      MappingReader<Keys>(node, what: what, issues: issues).flatMap(read)
    }
  }
}

extension YAMLRule where Value == YAMLNode {
  /// The node as it is, for later checks.
  public static var node: YAMLRule<YAMLNode> { YAMLRule { node, _ in node } }
}

/// A value and where it was written.
public struct Located<Value> {
  public var value: Value
  public var location: SourceLocation

  public init(value: Value, location: SourceLocation) {
    self.value = value
    self.location = location
  }
}

extension Located: Sendable where Value: Sendable {}
extension Located: Equatable where Value: Equatable {}
