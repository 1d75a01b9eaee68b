import TWSProtocol

/// What a request for history asks for, in numbers.
struct BarRequest {
  /// Seconds of a bar; a day or more is of the trading day.
  var barSeconds: Int64
  var durationSeconds: Int64
  /// The duration in trading days, where it is stated in days or more.
  var days: Int64

  static let sizes: [String: Int64] = [
    "1 secs": 1, "1 sec": 1, "5 secs": 5, "10 secs": 10, "15 secs": 15, "30 secs": 30, "1 min": 60, "2 mins": 120,
    "3 mins": 180, "5 mins": 300, "10 mins": 600, "15 mins": 900, "20 mins": 1200, "30 mins": 1800, "1 hour": 3600,
    "2 hours": 7200, "3 hours": 10_800, "4 hours": 14_400, "8 hours": 28_800, "1 day": 86_400, "1 week": 604_800,
    "1W": 604_800, "1 month": 2_592_000, "1M": 2_592_000,
  ]

  init?(_ query: HistoricalDataQuery) {
    guard let size = Self.sizes[query.barSizeSetting] else { return nil }
    let parts = query.durationStr.split(separator: " ")
    guard parts.count == 2, let count = Int64(parts[0]), count > 0, count <= 100_000 else { return nil }
    barSeconds = size
    switch parts[1] {
    case "S" where count <= 86_400: (durationSeconds, days) = (count, 0)
    case "D": (durationSeconds, days) = (count * 86_400, count)
    case "W": (durationSeconds, days) = (count * 604_800, count * 5)
    case "M": (durationSeconds, days) = (count * 2_592_000, count * 21)
    case "Y": (durationSeconds, days) = (count * 31_536_000, count * 252)
    default: return nil
    }
  }

  /// The starts of the bars that end at a time, the earliest first.
  func starts(until end: Int64, useRTH: Bool) -> [Int64] {
    barSeconds >= 86_400 ? dailyStarts(end) : intradayStarts(end, useRTH)
  }

  private static let most = 20_000

  private func dailyStarts(_ end: Int64) -> [Int64] {
    var starts: [Int64] = []
    let wanted = min(days > 0 ? max(days * 86_400 / barSeconds, 1) : max(durationSeconds / barSeconds, 1), 20_000)
    var day = (end - CivilTime.behindUTC(end)) / 86_400 * 86_400
    while starts.count < wanted {
      if ![0, 6].contains(CivilTime.weekday(day)) { starts.append(day) }
      day -= barSeconds
      while barSeconds > 86_400, [0, 6].contains(CivilTime.weekday(day)) { day -= 86_400 }
    }
    return starts.reversed()
  }

  private func intradayStarts(_ end: Int64, _ useRTH: Bool) -> [Int64] {
    var starts: [Int64] = []
    var daysSeen: Set<Int64> = []
    var start = (end - 1) / barSeconds * barSeconds
    let earliest = days > 0 ? end - durationSeconds * 3 - 5 * 86_400 : end - durationSeconds
    while start >= earliest, starts.count < Self.most {
      let local = start - CivilTime.behindUTC(start)
      let second = local % 86_400
      let isOpen =
        days == 0
        || ![0, 6].contains(CivilTime.weekday(local))
          && (useRTH ? second >= 34_200 && second < 57_600 : second >= 14_400 && second < 72_000)
      if isOpen {
        if days > 0 {
          daysSeen.insert(local / 86_400)
          if daysSeen.count > days { break }
        }
        starts.append(start)
      }
      start -= barSeconds
    }
    return starts.reversed()
  }
}
