/// A setting, given as text, that cannot be used.
public struct CSVOptionError: Error, Equatable, Sendable, CustomStringConvertible {
  public let name: String
  public let value: String
  public let problem: String

  public var description: String { "\(name): \"\(value)\" \(problem)" }
}

extension BarFileOptions {
  /// The settings that `init(settings:)` knows, as manifest and command line spell them.
  public static let settingNames = [
    "layout", "delimiter", "on_bad_row", "time", "daily_close", "daily_zone", "naive_zone", "columns", "symbol",
  ]

  /// Reads settings as a manifest or a command line gives them; those that are missing or empty keep their default.
  ///
  /// - `layout`: automatic, long, wide. `on_bad_row`: fail, skip. `delimiter`: one character, or "tab".
  /// - `time`: automatic, iso, epochSeconds, epochMilliseconds, epochMicroseconds, epochNanoseconds.
  /// - `daily_close`: "16:00", what a date without a time means; `daily_zone`, `naive_zone`: "America/New_York", "UTC",
  ///   "+05:30".
  /// - `columns`: "close=Schluss,symbol=series,volume=", by role. `symbol`: of a file without that column.
  public init(settings: [String: String]) throws(CSVOptionError) {
    self.init()
    for (name, value) in settings.sorted(by: { $0.key < $1.key }) where !value.isEmpty {
      try set(name, value)
    }
  }

  private mutating func set(_ name: String, _ value: String) throws(CSVOptionError) {
    func refuse(_ problem: String) -> CSVOptionError { CSVOptionError(name: name, value: value, problem: problem) }
    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ type: Choice.Type) throws(CSVOptionError) -> Choice {
      guard let choice = Choice(rawValue: value) else {
        throw refuse("is none of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      return choice
    }
    switch name {
    case "layout": layout = try choice(Layout.self)
    case "on_bad_row": csv.onBadRow = try choice(CSVOptions.BadRowPolicy.self)
    case "time": csv.time.notation = try choice(TimestampFormat.Notation.self)
    case "symbol": symbol = value
    case "delimiter":
      let bytes = value == "tab" ? [tab] : Array(value.utf8)
      guard bytes.count == 1, ![quote, lineFeed, carriageReturn].contains(bytes[0]) else {
        throw refuse("is not one ASCII character that may stand between fields")
      }
      csv.delimiter = bytes[0]
    case "daily_close":
      guard let second = BarFileOptions.secondOfDay(value) else { throw refuse("is not a time of day such as 16:00") }
      csv.time.dateSecondOfDay = second
    case "daily_zone", "naive_zone":
      guard let zone = TimeZoneRule(name: value) else {
        throw refuse("is not America/New_York, UTC or an offset such as +05:30")
      }
      if name == "daily_zone" { csv.time.dateZone = zone } else { csv.time.naiveZone = zone }
    case "columns":
      for pair in value.split(separator: ",") {
        let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2 else { throw refuse("is not a list of role=name") }
        columns[String(sides[0])] = String(sides[1])
      }
    default: throw refuse("is no setting; there are \(BarFileOptions.settingNames.joined(separator: ", "))")
    }
  }

  private static func secondOfDay(_ text: String) -> Int64? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) }
    guard parts.count == 2, let hour = parts[0], let minute = parts[1], (0...24).contains(hour),
      (0..<60).contains(minute), hour < 24 || minute == 0
    else { return nil }
    return hour * 3600 + minute * 60
  }
}

extension TimeZoneRule {
  /// "America/New_York", "UTC", or an offset such as "+05:30".
  public init?(name: String) {
    switch name {
    case "America/New_York": self = .newYork
    case "UTC": self = .utc
    default:
      guard name.utf8.count == 6, let sign = name.first, sign == "+" || sign == "-",
        let hours = Int64(name.dropFirst().prefix(2)), name.dropFirst(3).first == ":",
        let minutes = Int64(name.suffix(2)), (0...18).contains(hours), (0..<60).contains(minutes)
      else { return nil }
      let seconds = hours * 3600 + minutes * 60
      self = .fixed(seconds: sign == "-" ? -seconds : seconds)
    }
  }
}
