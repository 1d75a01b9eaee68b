import AlphaLoopKit

/// Numbers, dates and durations as text: one fixed notation, whatever the machine's locale.
enum NumberText {
  /// Digits of `scaled` with the last `decimals` behind the point and commas between thousands. Zero carries no sign.
  static func fixed(scaled: UInt64, decimals: Int, isNegative: Bool) -> String {
    var digits = String(scaled)
    if digits.utf8.count <= decimals {
      digits = String(repeating: "0", count: decimals + 1 - digits.utf8.count) + digits
    }
    let whole = digits.dropLast(decimals)
    var text = isNegative && scaled != 0 ? "-" : ""
    for (index, digit) in whole.enumerated() {
      if index > 0, (whole.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return decimals == 0 ? text : text + "." + digits.suffix(decimals)
  }

  /// A finite number with so many decimals, rounded half to even; past 10^15, where no decimal is exact, in powers of ten.
  static func fixed(_ number: Double, decimals: Int) -> String {
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (number.magnitude * scale).rounded(.toNearestOrEven)
    guard scaled < 9e15 else { return scientific(number) }
    return fixed(scaled: UInt64(scaled), decimals: decimals, isNegative: number < 0)
  }

  private static func scientific(_ number: Double) -> String {
    var mantissa = number.magnitude
    guard mantissa.isFinite else { return number < 0 ? "-∞" : "∞" }
    var exponent = 0
    while mantissa >= 9.995 {
      mantissa /= 10
      exponent += 1
    }
    return (number < 0 ? "-" : "") + fixed(mantissa, decimals: 2) + "e" + String(exponent)
  }

  /// A fraction as a percentage: 0.0123 is `1.23 %`.
  static func percent(_ fraction: Double, decimals: Int = 2) -> String {
    fixed(fraction * 100, decimals: decimals) + "%"
  }

  static func integer(_ number: Int) -> String {
    fixed(scaled: UInt64(number.magnitude), decimals: 0, isNegative: number < 0)
  }

  /// A number of things: `1 day`, `2 days`.
  static func count(_ number: Int, _ thing: String) -> String { "\(integer(number)) \(thing)\(number == 1 ? "" : "s")" }

  static func date(_ nanoseconds: Int64) -> String { CivilDate(nanoseconds: nanoseconds).description }

  static func date(day: Int) -> String { CivilDate(dayNumber: day).description }

  /// `2022-12-30 21:00:00` UTC, with as many decimals of the second as it needs: none, 3, 6 or 9.
  static func time(_ nanoseconds: Int64) -> String {
    let day = CivilDate.dayNumber(nanoseconds: nanoseconds)
    let (start, _) = Int64(day).multipliedReportingOverflow(by: CivilDate.nanosecondsPerDay)
    let within = nanoseconds &- start
    let seconds = within / 1_000_000_000
    let clock = [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }.joined(separator: ":")
    var fraction = within % 1_000_000_000
    guard fraction != 0 else { return "\(date(day: day)) \(clock)" }
    var width = 9
    while width > 3, fraction % 1_000 == 0 {
      fraction /= 1_000
      width -= 3
    }
    return "\(date(day: day)) \(clock).\(padded(fraction, width))"
  }

  /// A span in its two largest units: `3d 4h`, `12m 5s`.
  static func duration(seconds span: Double) -> String {
    let seconds = Int64(max(0, min(1e15, span)))
    if seconds >= 86_400 { return "\(integer(Int(seconds / 86_400)))d \(seconds / 3_600 % 24)h" }
    if seconds >= 3_600 { return "\(seconds / 3_600)h \(seconds / 60 % 60)m" }
    return seconds >= 60 ? "\(seconds / 60)m \(seconds % 60)s" : "\(seconds)s"
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
