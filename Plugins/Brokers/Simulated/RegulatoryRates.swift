/// Fees that United States regulators charge the seller of shares, by trade date.
///
/// Sources: SEC fee rate advisories under section 31 of the Securities Exchange Act (rates in dollars per million of
/// sales); FINRA By-Laws, Schedule A, section 1 (Trading Activity Fee on covered equity securities: dollars a share and the
/// most a trade), Regulatory Notices 11-27, 12-06 and 12-31, and rule filings SR-FINRA-2020-032 and SR-FINRA-2024-019.
/// A date before the first row has the first row's rates, one after the last row the last row's.
enum RegulatoryRates {
  /// In force from `day`, days since 1970-01-01.
  struct Rate {
    var day: Int64
    /// 1e-8 dollars: per million of sales, or a share.
    var rate: Int64
    /// The most a trade, 1e-8 dollars.
    var cap: Int64
  }

  static let section31: [Rate] = [
    sales(2011, 1, 21, 19_20), sales(2012, 2, 21, 18_00), sales(2012, 4, 1, 22_40), sales(2013, 5, 25, 17_40),
    sales(2014, 3, 18, 22_10), sales(2015, 2, 14, 18_40), sales(2016, 2, 16, 21_80), sales(2017, 7, 4, 23_10),
    sales(2018, 5, 22, 13_00), sales(2019, 4, 16, 20_70), sales(2020, 2, 18, 22_10), sales(2021, 2, 25, 5_10),
    sales(2022, 5, 14, 22_90), sales(2023, 2, 27, 8_00), sales(2024, 5, 22, 27_80), sales(2025, 5, 14, 0),
    sales(2026, 4, 4, 20_60),
  ]

  static let tradingActivity: [Rate] = [
    shares(2011, 7, 1, 90, 4_50), shares(2012, 3, 1, 95, 4_75), shares(2012, 7, 1, 119, 5_95),
    shares(2022, 1, 1, 130, 6_49), shares(2023, 1, 1, 145, 7_27), shares(2024, 1, 1, 166, 8_30),
    shares(2026, 1, 1, 195, 9_79),
  ]

  private static func sales(_ year: Int64, _ month: Int64, _ day: Int64, _ cents: Int64) -> Rate {
    Rate(day: Calendar.days(year, month, day), rate: cents * 1_000_000, cap: .max)
  }

  /// The rate in millionths of a dollar a share, the cap in cents.
  private static func shares(_ year: Int64, _ month: Int64, _ day: Int64, _ millionths: Int64, _ cents: Int64) -> Rate {
    Rate(day: Calendar.days(year, month, day), rate: millionths * 100, cap: cents * 1_000_000)
  }

  /// The row in force on a day, and the days for which it is.
  static func inForce(_ table: [Rate], _ day: Int64) -> (rate: Rate, from: Int64, until: Int64) {
    let next = table.firstIndex { $0.day > day } ?? table.count
    let row = max(next - 1, 0)
    return (table[row], next == 0 ? .min : table[row].day, next < table.count ? table[next].day : .max)
  }
}

/// Days and months of the proleptic Gregorian calendar in UTC. United States sessions lie within one UTC day.
enum Calendar {
  static let dayLength: Int64 = 86_400_000_000_000

  static func day(of time: Int64) -> Int64 {
    let day = time / dayLength
    return time < day * dayLength ? day - 1 : day
  }

  /// Days since 1970-01-01. Years of 400-year eras that start in March, so that leap days come last.
  static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let ofEra = y - era * 400
    let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
  }

  /// Months since year 0 of the month that a day lies in.
  static func month(ofDay day: Int64) -> Int64 {
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let ofEra = shifted - era * 146_097
    let year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * year + year / 4 - year / 100)
    let month = (5 * ofYear + 2) / 153
    return (year + era * 400) * 12 + month + 2
  }
}
