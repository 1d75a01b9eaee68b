import AlphaLoopSDK

/// A calendar month in UTC.
struct Month {
  /// Months since January of year 0.
  var index: Int
  /// Its first moment, ns UTC.
  var start: Int64

  init(index: Int, start: Int64) {
    self.index = index
    self.start = start
  }

  /// The month that a moment lies in; the civil calendar from a day number, counted in eras of 400 years from March.
  init(of time: Int64) {
    let day: Int64 = 86_400_000_000_000
    let days = (time >= 0 ? time : time - day + 1) / day
    let z = days + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let fromMarch = (5 * dayOfYear + 2) / 153
    let month = fromMarch < 10 ? fromMarch + 2 : fromMarch - 10
    let year = yearOfEra + era * 400 + (month < 2 ? 1 : 0)
    index = Int(year * 12 + month)
    start = (days - (dayOfYear - (153 * fromMarch + 2) / 5)) * day
  }
}

/// Month-end closes of one instrument, and the returns between them. The buffer is allocated once.
struct MonthlyReturns {
  /// Returns of the newest `count` complete months; index 0 is the oldest.
  let count: Int
  private var closes: [Double]

  init(count: Int) {
    self.count = count
    closes = Array(repeating: .nan, count: count + 1)
  }

  func value(_ k: Int) -> Double { closes[k + 1] / closes[k] - 1 }

  /// Takes the last close of each month up to and including `newest`. A bar that closes at midnight belongs to the day
  /// that ends there.
  /// - Returns: why the months are not all there, or nil.
  mutating func load(_ window: Window, _ close: Column, newest: Int) -> Reason? {
    for k in closes.indices { closes[k] = .nan }
    let oldest = newest - count
    var month = Month(index: .max, start: .max)
    for row in stride(from: window.count - 1, through: 0, by: -1) {
      let time = window.time(row) - 1
      if time < month.start { month = Month(of: time) }
      if month.index < oldest { break }
      // A broken price anywhere in these months makes their last closes doubtful.
      guard close[row] > 0, close[row] < .infinity else { return .invalidData }
      if month.index <= newest, closes[month.index - oldest].isNaN { closes[month.index - oldest] = close[row] }
    }
    guard !closes[0].isNaN else { return .warmUp }
    for k in 1..<closes.count where closes[k].isNaN { return .invalidData }
    return nil
  }
}
