import AlphaLoopYAML
import Testing

private enum Key: String, CaseIterable {
  case enabled, symbols, weight, window, at, day, kind, cash, limit, count, name
}
private enum Kind: String, CaseIterable { case equity, etf, index }

/// Reads one key of a text with a rule: the value, and what was reported.
private func read<Value>(_ text: String, _ key: Key, _ rule: YAMLRule<Value>) throws -> (Value?, [String]) {
  let issues = IssueCollector()
  let node = try YAMLNode.parse(Array(text.utf8), file: "f.yaml")
  let reader = try #require(MappingReader<Key>(node, what: "a thing", issues: issues))
  let value = reader.value(key, rule)
  return (value, issues.issues.sorted().map(\.description))
}

@Suite("Typed values from YAML")
struct YAMLRuleTests {
  @Test(
    "an unknown key names the nearest valid one, or lists them all",
    arguments: [
      ("enabeld: true", "f.yaml:1:1: unknown key 'enabeld' in a thing; did you mean 'enabled'?"),
      ("Enabled: true", "f.yaml:1:1: unknown key 'Enabled' in a thing; did you mean 'enabled'?"),
      ("symbol: x", "f.yaml:1:1: unknown key 'symbol' in a thing; did you mean 'symbols'?"),
      ("weihgt: 1", "f.yaml:1:1: unknown key 'weihgt' in a thing; did you mean 'weight'?"),
      ("zzzzzz: 1", "f.yaml:1:1: unknown key 'zzzzzz' in a thing; the keys are: enabled, symbols, weight,"),
    ])
  func unknownKeys(text: String, expected: String) throws {
    let issues = IssueCollector()
    let node = try YAMLNode.parse(Array(text.utf8), file: "f.yaml")
    _ = MappingReader<Key>(node, what: "a thing", issues: issues)
    #expect(issues.issues.count == 1)
    #expect(issues.issues.first?.description.hasPrefix(expected) == true, "got \(issues.issues)")
  }

  @Test("a missing key, a key without value and a wrong kind are three different reports")
  func missing() throws {
    #expect(try read("count: 1", .name, .text).1 == ["f.yaml:1:1: a thing needs the key 'name'; add it"])
    #expect(try read("count: 1\nname:\n", .name, .text).1 == ["f.yaml:2:1: 'name' in a thing has no value; write one"])
    #expect(try read("name: [a]", .name, .text).1 == ["f.yaml:1:7: expected text, found a list"])
  }

  @Test("text that looks like something else must be quoted")
  func text() throws {
    #expect(try read("name: \"5\"", .name, .text).0 == "5")
    #expect(
      try read("name: 5", .name, .text).1 == [
        "f.yaml:1:7: expected text, found the number 5; to mean text, write \"5\""
      ])
    #expect(try read("name: TRUE", .name, .text).1.first?.hasSuffix("write \"TRUE\"") == true)
  }

  @Test("a quoted number is not a number, and yes is not true")
  func quoted() throws {
    #expect(
      try read("count: \"5\"", .count, .integer()).1 == ["f.yaml:1:8: expected a whole number, found the text '5'"])
    #expect(
      try read("enabled: yes", .enabled, .bool).1 == ["f.yaml:1:10: expected true or false, found the text 'yes'"])
    #expect(try read("enabled: true", .enabled, .bool).0 == true)
  }

  @Test("whole numbers are whole, in range and in 64 bits")
  func integers() throws {
    #expect(try read("count: 42", .count, .integer(in: 0...42)).0 == 42)
    #expect(try read("count: 43", .count, .integer(in: 0...42)).1 == ["f.yaml:1:8: 43 is out of range; write 0 to 42"])
    #expect(
      try read("count: 1.0", .count, .integer()).1 == ["f.yaml:1:8: expected a whole number, found the number 1.0"])
    #expect(try read("count: 9223372036854775807", .count, .integer()).0 == .max)
    #expect(
      try read("count: 9223372036854775808", .count, .integer()).1.first?.contains("does not fit 64 bits") == true)
  }

  @Test(
    "decimals are exact to 1e-8",
    arguments: [
      ("0.1", 10_000_000), ("-12.00000001", -1_200_000_001), ("1000000", 100_000_000_000_000),
      ("0.100000000000", 10_000_000),
      ("92233720368.54775807", Int64.max), (".5", 50_000_000),
    ])
  func decimals(text: String, units: Int64) throws {
    #expect(try read("cash: \(text)", .cash, .decimal()).0?.units == units)
  }

  @Test(
    "decimals that cannot be exact are refused",
    arguments: [
      ("0.000000001", "has more than eight decimal places"), ("92233720368.54775808", "is too large"),
      ("1e3", "uses an exponent"), ("x", "expected a decimal number"), ("99999999999999999999", "is too large"),
    ])
  func inexact(text: String, reason: String) throws {
    let (value, reports) = try read("cash: \(text)", .cash, .decimal())
    #expect(value == nil)
    #expect(reports.first?.hasPrefix("f.yaml:1:7: ") == true)
    #expect(reports.first?.contains(reason) == true, "got \(reports)")
  }

  @Test(
    "a decimal prints as the shortest text that reads back",
    arguments: [0, 1, -1, 10_000_000, 123_456_789, Int64.max, -250_000_000])
  func decimalText(units: Int64) throws {
    let text = FixedDecimal(units: units).description
    #expect(try FixedDecimal(parsing: text).units == units)
    #expect(!text.contains(".") || !text.hasSuffix("0"))
  }

  @Test(
    "percentages are read with and without the sign",
    arguments: [
      ("2 %", 2_000_000), ("2%", 2_000_000), ("0.02", 2_000_000), ("\"2 %\"", 2_000_000), ("0.000001 %", 1),
      ("100 %", 100_000_000),
    ])
  func percentages(text: String, units: Int64) throws {
    let whole = FixedDecimal(units: 0)...FixedDecimal(units: 100_000_000)
    #expect(try read("limit: \(text)", .limit, .percentage(in: whole)).0?.units == units)
  }

  @Test("a percentage written without its sign is caught by its range")
  func bareTwo() throws {
    let whole = FixedDecimal(units: 0)...FixedDecimal(units: 100_000_000)
    #expect(
      try read("limit: 2", .limit, .percentage(in: whole)).1
        == ["f.yaml:1:8: 2 is out of range; write 0 % to 100 %; for 2 per cent write '2 %'"])
    #expect(
      try read("limit: 200 %", .limit, .percentage(in: whole)).1 == [
        "f.yaml:1:8: 200 % is out of range; write 0 % to 100 %"
      ])
    #expect(try read("limit: two %", .limit, .percentage(in: whole)).0 == nil)
  }

  @Test(
    "durations carry their unit",
    arguments: [
      ("250ms", 250_000_000), ("30s", 30_000_000_000), ("5m", 300_000_000_000), ("1h 30m", 5_400_000_000_000),
      ("4d", 345_600_000_000_000), ("0s", 0), ("10 s", 10_000_000_000),
    ] as [(String, Int64)])
  func durations(text: String, nanoseconds: Int64) throws {
    #expect(try read("window: \(text)", .window, .duration()).0?.nanoseconds == nanoseconds)
    #expect(TimeSpan(parsing: TimeSpan(nanoseconds: nanoseconds).description)?.nanoseconds == nanoseconds)
  }

  @Test("other durations are refused", arguments: ["30", "s", "5 parsecs", "-5s", "1.5h", "5m 1h", "300000d", "5m5m"])
  func badDurations(text: String) throws {
    let (value, reports) = try read("window: \(text)", .window, .duration())
    #expect(value == nil)
    #expect(reports.first?.hasPrefix("f.yaml:1:9: expected a duration such as 250ms") == true)
  }

  @Test("times of day and dates exist or are refused")
  func timesAndDates() throws {
    #expect(try read("at: \"09:30\"", .at, .timeOfDay).0?.secondsSinceMidnight == 34_200)
    #expect(try read("at: 09:30:15", .at, .timeOfDay).0?.description == "09:30:15")
    for text in ["24:00", "9:30", "09:60", "0930", "09:30:61", "-1:00"] {
      #expect(try read("at: \"\(text)\"", .at, .timeOfDay).0 == nil, "\(text)")
    }
    #expect(try read("day: 2024-02-29", .day, .date).0?.description == "2024-02-29")
    for text in ["2023-02-29", "1900-02-29", "2024-13-01", "2024-00-10", "2024-4-1", "20240401", "2024-04-31"] {
      #expect(try read("day: \"\(text)\"", .day, .date).0 == nil, "\(text)")
    }
  }

  @Test("a wrong choice names the nearest, or all")
  func choices() throws {
    #expect(try read("kind: etf", .kind, YAMLRule<Kind>.choice).0 == .etf)
    #expect(
      try read("kind: equtiy", .kind, YAMLRule<Kind>.choice).1 == [
        "f.yaml:1:7: 'equtiy' is not one of the choices; did you mean 'equity'?"
      ])
    #expect(
      try read("kind: bond", .kind, YAMLRule<Kind>.choice).1.first?.hasSuffix("the choices are: equity, etf, index")
        == true)
  }

  @Test("every wrong item of a list is reported")
  func lists() throws {
    let (value, reports) = try read("symbols:\n  - A\n  - 5\n  - B\n  - [x]\n", .symbols, .list(of: .text))
    #expect(value == ["A", "B"])
    #expect(reports.map { String($0.prefix(10)) } == ["f.yaml:3:5", "f.yaml:5:5"])
  }

  @Test(
    "edit distance counts insertions, deletions, substitutions and swaps",
    arguments: [
      ("", "", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("ab", "ba", 1), ("enabeld", "enabled", 1),
      ("ca", "abc", 3),
    ])
  func distance(left: String, right: String, expected: Int) {
    #expect(NearestWord.distance(left, right) == expected)
    #expect(NearestWord.distance(right, left) == expected)
  }
}
