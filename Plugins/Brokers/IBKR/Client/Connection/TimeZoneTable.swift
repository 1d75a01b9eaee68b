import AlphaLoopCSV
import AlphaLoopFiles

/// A zone's offsets from UTC, read from the system's time zone files (RFC 8536).
public struct TimeZoneTable: Sendable, Equatable {
  public let name: String
  private var transitions: [Int64] = []
  private var offsets: [Int64] = []
  private var first: Int64 = 0

  public static let utc = TimeZoneTable(name: "UTC", offset: 0)

  init(name: String, offset: Int64) {
    self.name = name
    first = offset
  }

  /// nil for a name that the system does not know. Names of the gateway that are none of the system's are looked up first.
  public init?(_ name: String) {
    self.name = name
    if ["UTC", "GMT", "Z", "Etc/UTC"].contains(name) { return }
    let canonical = TimeZoneTable.aliases[name] ?? name
    let isSafe = canonical.utf8.allSatisfy {
      $0 >= 48 && $0 <= 57 || $0 >= 65 && $0 <= 90 || $0 >= 97 && $0 <= 122 || [47, 43, 45, 95].contains($0)
    }
    guard isSafe, !canonical.isEmpty, !canonical.hasPrefix("/"),
      let file = try? MappedFile(path: "/usr/share/zoneinfo/\(canonical)")
    else { return nil }
    guard withExtendedLifetime(file, { read(ZoneBytes(file.bytes)) }) else { return nil }
  }

  /// Names of operating systems, and short names that mean a place.
  static let aliases: [String: String] = [
    "EST5EDT": "America/New_York", "EST": "America/New_York", "EDT": "America/New_York", "CST": "America/Chicago",
    "CDT": "America/Chicago", "PST": "America/Los_Angeles", "PST8PDT": "America/Los_Angeles", "JST": "Asia/Tokyo",
    "HKT": "Asia/Hong_Kong", "MET": "Europe/Berlin", "CET": "Europe/Berlin", "CEST": "Europe/Berlin",
    "BST": "Europe/London", "US/Eastern": "America/New_York", "US/Central": "America/Chicago",
    "US/Pacific": "America/Los_Angeles", "Eastern Standard Time": "America/New_York",
    "Central Standard Time": "America/Chicago", "GMT Standard Time": "Europe/London",
    "W. Europe Standard Time": "Europe/Berlin", "Tokyo Standard Time": "Asia/Tokyo",
    "China Standard Time": "Asia/Shanghai", "Hong Kong Standard Time": "Asia/Hong_Kong",
  ]

  /// Seconds to add to UTC at a time in seconds UTC.
  public func offset(atUTC second: Int64) -> Int64 {
    var (low, high) = (0, transitions.count)
    while low < high {
      let middle = (low + high) / 2
      if transitions[middle] <= second { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? first : offsets[low - 1]
  }

  /// Seconds UTC of a local time in seconds; the first of the two in the hour that comes twice.
  public func utc(ofLocal local: Int64) -> Int64 {
    let before = offset(atUTC: local - offset(atUTC: local - 86_400))
    let early = local - before
    if offset(atUTC: early) == before { return early }
    return local - offset(atUTC: local - offset(atUTC: early))
  }
}

extension TimeZoneTable {
  /// The second block of a file, whose times have 64 bits, and the rule after it that holds from the last change on.
  private mutating func read(_ bytes: ZoneBytes) -> Bool {
    guard let head = ZoneHead(bytes, at: 0), head.version >= 50 else { return false }
    let start = head.end(timeSize: 4)
    guard let head = ZoneHead(bytes, at: start) else { return false }
    let times = start + ZoneHead.size
    let kinds = times + head.times * 8
    let types = kinds + head.times
    func offset(_ kind: Int) -> Int64? {
      kind < head.types ? bytes.integer(types + kind * 6, size: 4).map { Int64(Int32(truncatingIfNeeded: $0)) } : nil
    }
    guard let initial = offset(0) else { return false }
    first = initial
    for index in 0..<head.times {
      guard let time = bytes.integer(times + index * 8, size: 8), let kind = bytes.integer(kinds + index, size: 1),
        let seconds = offset(Int(kind))
      else { return false }
      transitions.append(time)
      offsets.append(seconds)
    }
    if let rule = PosixZone(bytes.text(from: head.end(timeSize: 8) + start)) { extend(by: rule) }
    return true
  }

  /// Changes of the years that the file does not list.
  private mutating func extend(by rule: PosixZone) {
    if transitions.isEmpty { first = rule.standard }
    for year in 2007...2060 {
      for change in rule.changes(in: year) where change.time > transitions.last ?? .min {
        transitions.append(change.time)
        offsets.append(change.offset)
      }
    }
  }
}

private struct ZoneBytes {
  let raw: UnsafeRawBufferPointer
  init(_ raw: UnsafeRawBufferPointer) { self.raw = raw }

  /// Highest byte first; nil beyond the end.
  func integer(_ place: Int, size: Int) -> Int64? {
    guard place >= 0, place + size <= raw.count else { return nil }
    return Int64(bitPattern: raw[place..<place + size].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }

  func text(from place: Int) -> String {
    place < raw.count ? String(decoding: raw[place...].filter { $0 != 10 }, as: UTF8.self) : ""
  }
}

private struct ZoneHead {
  static let size = 44
  var version: Int64
  var counts: [Int]
  var times: Int { counts[3] }
  var types: Int { counts[4] }

  init?(_ bytes: ZoneBytes, at place: Int) {
    guard bytes.integer(place, size: 4) == 0x545A_6966, let version = bytes.integer(place + 4, size: 1) else {
      return nil
    }
    self.version = version
    counts = []
    for index in 0..<6 {
      guard let count = bytes.integer(place + 20 + index * 4, size: 4), count < 1 << 20 else { return nil }
      counts.append(Int(count))
    }
  }

  /// Where the block ends, from its start.
  func end(timeSize: Int) -> Int {
    ZoneHead.size + times * timeSize + times + types * 6 + counts[5] + counts[2] * (timeSize + 4) + counts[1]
      + counts[0]
  }
}

/// "EST5EDT,M3.2.0,M11.1.0": the rule at the end of a zone file.
struct PosixZone {
  var standard: Int64 = 0
  private var summer: Int64 = 0
  private var rules: [Rule] = []

  private struct Rule {
    var month: Int
    var week: Int
    var day: Int64
    var time: Int64
  }

  init?(_ text: String) {
    let parts = text.split(separator: ",")
    guard let names = parts.first else { return nil }
    var rest = names[...]
    PosixZone.skipName(&rest)
    guard let offset = PosixZone.time(&rest) else { return nil }
    standard = -offset
    summer = standard + 3600
    PosixZone.skipName(&rest)
    if let other = PosixZone.time(&rest) { summer = -other }
    for part in parts.dropFirst() {
      guard part.first == "M" else { return nil }
      let halves = part.dropFirst().split(separator: "/")
      let numbers = halves[0].split(separator: ".").compactMap { Int($0) }
      guard numbers.count == 3 else { return nil }
      var time: Int64 = 7200
      if halves.count > 1 {
        var text = halves[1]
        time = PosixZone.time(&text) ?? time
      }
      rules.append(Rule(month: numbers[0], week: numbers[1], day: Int64(numbers[2]), time: time))
    }
  }

  private static func skipName(_ text: inout Substring) {
    if text.first == "<" {
      text = text.drop { $0 != ">" }.dropFirst()
    } else {
      text = text.drop { $0.isLetter }
    }
  }

  /// "5", "-5:30", "02:00:00" in seconds.
  private static func time(_ text: inout Substring) -> Int64? {
    let isNegative = text.first == "-"
    if isNegative || text.first == "+" { text = text.dropFirst() }
    let digits = text.prefix { $0.isNumber || $0 == ":" }
    guard !digits.isEmpty else { return nil }
    text = text.dropFirst(digits.count)
    var (seconds, unit) = (Int64(0), Int64(3600))
    for part in digits.split(separator: ":") {
      seconds += (Int64(part) ?? 0) * unit
      unit /= 60
    }
    return isNegative ? -seconds : seconds
  }

  /// The times, seconds UTC, of the changes in a year and the offsets after them, the earlier first.
  func changes(in year: Int) -> [(time: Int64, offset: Int64)] {
    guard rules.count == 2 else { return [] }
    let start = (time: day(rules[0], year) * 86_400 + rules[0].time - standard, offset: summer)
    let end = (time: day(rules[1], year) * 86_400 + rules[1].time - summer, offset: standard)
    return start.time < end.time ? [start, end] : [end, start]
  }

  private func day(_ rule: Rule, _ year: Int) -> Int64 {
    guard (1...12).contains(rule.month) else { return 0 }
    let first = CivilDate(year: year, month: rule.month, day: 1).dayNumber
    let weekday = (first + 4).remainder(7)
    var day = first + (rule.day - weekday).remainder(7) + Int64(rule.week - 1) * 7
    let length = Int64(CivilDate.days(inMonth: rule.month, of: year))
    if day >= first + length { day -= 7 }
    return day
  }
}
