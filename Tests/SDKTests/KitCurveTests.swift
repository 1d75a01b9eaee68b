import AlphaLoopKit
import Testing

private let day = CivilDate.nanosecondsPerDay

@Suite("Equity by day")
struct KitCurveTests {
  private func curve(_ values: [Double], base: Double = 100) -> DailyCurve {
    DailyCurve(base: base, baseTime: 0, times: values.indices.map { Int64($0 + 1) * day }, values: values)
  }

  @Test("the last row of a day counts")
  func lastOfDay() {
    let curve = DailyCurve(base: 100, baseTime: 0, times: [1, 2, day, day + 5], values: [150, 110, 10, 121])
    #expect(curve.days == [0, 1])
    #expect(curve.values == [110, 121])
    #expect(agrees(.value(curve.returns[0]), 0.1))
    #expect(agrees(.value(curve.returns[1]), 0.1))
  }

  @Test("drawdowns have their peak, trough, recovery and depth")
  func drawdowns() {
    let curve = curve([110, 99, 104.5, 110, 121, 60.5, 90.75])
    let drawdowns = curve.drawdowns
    #expect(drawdowns.count == 2)
    #expect((drawdowns[0].peak, drawdowns[0].trough, drawdowns[0].recovery) == (1, 2, 4))
    #expect(agrees(.value(drawdowns[0].depth), -0.1))
    #expect((drawdowns[1].peak, drawdowns[1].trough, drawdowns[1].end) == (5, 6, 7))
    #expect(drawdowns[1].recovery == nil)
    #expect(curve.maximumDrawdown == drawdowns[1])
    #expect(curve.longestDrawdown == drawdowns[0])
    // Depths 0, -0.1, -0.05, 0, 0, -0.5, -0.25: mean square 0.325 / 7.
    #expect(agrees(curve.ulcerIndex, (0.325 / 7).squareRoot()))
    #expect(agrees(curve.recoveryFactor, -0.0925 / 0.5))
  }

  @Test("drawdown measures agree with numpy on a long series")
  func longSeries() {
    var value = 1.0
    let curve = curve(
      Sample.returns.map {
        value *= 1 + $0
        return value
      }, base: 1)
    #expect(curve.maximumDrawdown?.trough == 106)
    #expect(agrees(.value(curve.maximumDrawdown?.depth ?? 0), -0.038405021018034335))
    #expect(agrees(curve.ulcerIndex, 0.020861827301775306))
    #expect(agrees(curve.calmar(periodsPerYear: 60), 0.9104776199061203))
    #expect(agrees(curve.recoveryFactor, 1.8527918307428668))
  }

  @Test("a rising curve has no drawdown and says so")
  func rising() {
    #expect(curve([101, 102]).maximumDrawdown == nil)
    #expect(curve([101, 102]).recoveryFactor.value == nil)
    #expect(curve([101, 102]).ulcerIndex == .value(0))
  }

  @Test("returns stop at the day equity reaches zero")
  func ruin() {
    let ruined = curve([50, 0, 10])
    #expect(ruined.returns == [-0.5, -1])
    #expect(ruined.ruinDay == 2)
    #expect(curve([50, 10]).ruinDay == nil)
  }

  @Test("months, years and trailing returns are cut at the calendar")
  func periods() throws {
    func moment(_ year: Int, _ month: Int, _ dayOfMonth: Int) throws -> Int64 {
      Int64(try #require(CivilDate(year: year, month: month, day: dayOfMonth)).dayNumber) * day
    }
    let curve = DailyCurve(
      base: 100, baseTime: try moment(2020, 12, 1),
      times: [
        try moment(2020, 12, 31), try moment(2021, 1, 29), try moment(2021, 2, 1), try moment(2021, 2, 26),
        try moment(2021, 4, 30),
      ], values: [110, 121, 100, 133.1, 146.41])
    #expect(curve.monthlyReturns.map(\.month) == [12, 1, 2, 4])
    for month in curve.monthlyReturns { #expect(agrees(.value(month.value), 0.1)) }
    #expect(curve.yearlyReturns.map(\.year) == [2020, 2021])
    #expect(agrees(.value(curve.yearlyReturns[1].value), 0.331))
    #expect(agrees(curve.returnToDate(month: true), 0.1))
    #expect(agrees(curve.returnToDate(month: false), 0.331))
    // Three months before 30 April is 30 January; the last value by then is 121.
    #expect(agrees(curve.trailingReturn(months: 3), 0.21))
    #expect(curve.trailingReturn(months: 12).value == nil)
  }

  @Test("a run of one day is measured from its base, not from itself")
  func oneDay() {
    let curve = DailyCurve(base: 100, baseTime: day, times: [day + 7], values: [90])
    #expect(agrees(curve.returnToDate(month: true), -0.1))
    #expect(agrees(curve.returnToDate(month: false), -0.1))
  }
}

@Suite("Civil dates")
struct KitCalendarTests {
  @Test(
    "known days of the proleptic Gregorian calendar",
    arguments: [
      (0, "1970-01-01"), (-1, "1969-12-31"), (11_016, "2000-02-29"), (-25_508, "1900-03-01"),
      (-719_468, "0000-03-01"), (19_722, "2023-12-31"), (47_540, "2100-02-28"), (47_541, "2100-03-01"),
    ])
  func known(number: Int, text: String) {
    #expect(CivilDate(dayNumber: number).description == text)
    #expect(CivilDate(dayNumber: number).dayNumber == number)
  }

  @Test("every day from 1600 to 2400 follows the day before")
  func stepping() throws {
    var year = 1600
    var month = 1
    var dayOfMonth = 1
    let first = try #require(CivilDate(year: 1600, month: 1, day: 1)).dayNumber
    for number in first..<first + 146_097 * 2 {
      let date = CivilDate(dayNumber: number)
      guard (date.year, date.month, date.day) == (year, month, dayOfMonth), date.dayNumber == number else {
        Issue.record("day \(number) is \(date), expected \(year)-\(month)-\(dayOfMonth)")
        return
      }
      let isLeap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)
      let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
      dayOfMonth += 1
      if dayOfMonth > lengths[month - 1] { (dayOfMonth, month) = (1, month + 1) }
      if month > 12 { (month, year) = (1, year + 1) }
    }
    #expect(year == 2400)
  }

  @Test("moments before 1970 belong to the day they fall on")
  func moments() {
    #expect(CivilDate(nanoseconds: -1).description == "1969-12-31")
    #expect(CivilDate(nanoseconds: 1_672_434_000_000_000_000).description == "2022-12-30")
  }

  @Test("months are added without leaving the month")
  func addingMonths() throws {
    let end = try #require(CivilDate(year: 2024, month: 3, day: 31))
    #expect(end.adding(months: -1).description == "2024-02-29")
    #expect(end.adding(months: -13).description == "2023-02-28")
    #expect(end.adding(months: 10).description == "2025-01-31")
    #expect(CivilDate(year: 2023, month: 2, day: 29) == nil)
  }
}
