import AlphaLoopCSV

/// Times as the gateway writes them.
enum ServerTime {
  /// ns UTC of `yyyymmdd-hh:mm:ss` (UTC), `yyyymmdd hh:mm:ss zone`, `yyyymmdd  hh:mm:ss` (in the login's zone), or seconds since 1970;
  /// nil for other texts and unknown zones.
  static func parse(_ text: String, loginZone: TimeZoneTable) -> Int64? {
    let bytes = Array(text.utf8)
    if bytes.count > 8, let seconds = Int64(text) { return seconds.multipliedSafely(by: 1_000_000_000) }
    guard bytes.count >= 8, let day = day(bytes[0..<8]) else { return nil }
    if bytes.count == 8 { return loginZone.utc(ofLocal: day * 86_400) * 1_000_000_000 }
    let isUTC = bytes[8] == UInt8(ascii: "-")
    let parts = text.dropFirst(9).split(separator: " ", maxSplits: 1)
    guard let clock = parts.first, let second = seconds(clock) else { return nil }
    let local = day * 86_400 + second
    if isUTC { return local * 1_000_000_000 }
    guard parts.count > 1 else { return loginZone.utc(ofLocal: local) * 1_000_000_000 }
    guard let zone = zone(String(parts[1])) else { return nil }
    return zone.utc(ofLocal: local) * 1_000_000_000
  }

  /// Days since 1970 of `yyyymmdd`.
  static func day(_ digits: some Sequence<UInt8>) -> Int64? {
    guard let number = Int(String(decoding: Array(digits), as: UTF8.self)), number > 0 else { return nil }
    let date = CivilDate(year: number / 10_000, month: number / 100 % 100, day: number % 100)
    return date.isValid ? date.dayNumber : nil
  }

  private static func seconds(_ clock: Substring) -> Int64? {
    let parts = clock.split(separator: ":").map { Int64($0) }
    guard parts.count >= 2, let hour = parts[0], let minute = parts[1], (0..<24).contains(hour),
      (0..<60).contains(minute)
    else { return nil }
    guard parts.count > 2 else { return hour * 3600 + minute * 60 }
    guard let second = parts[2], (0...60).contains(second) else { return nil }
    return hour * 3600 + minute * 60 + second
  }

  private static let zones = Monitor<[String: TimeZoneTable]>([:])

  /// Read once each.
  static func zone(_ name: String) -> TimeZoneTable? {
    if let known = zones.withLock({ $0[name] }) { return known }
    guard let read = TimeZoneTable(name) else { return nil }
    return zones.withLock { zones in
      if zones.count < 256 { zones[name] = read }
      return read
    }
  }

  /// `yyyymmdd-hh:mm:ss`, which the gateway takes as UTC.
  static func text(_ time: Int64) -> String {
    let second = time.quotient(1_000_000_000)
    let date = CivilDate(day: second.quotient(86_400))
    let clock = Int(second.remainder(86_400))
    return "\(pad(date.year, 4))\(pad(date.month, 2))\(pad(date.day, 2))-"
      + "\(pad(clock / 3600, 2)):\(pad(clock / 60 % 60, 2)):\(pad(clock % 60, 2))"
  }

  /// `yyyymmdd`, the day in UTC.
  static func dayText(_ time: Int64) -> String { String(text(time).prefix(8)) }

  private static func pad(_ number: Int, _ places: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, places - digits.count)) + digits
  }
}

extension Int64 {
  func multipliedSafely(by other: Int64) -> Int64? {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? nil : product
  }
}
