import AlphaLoopKit

/// The figures of the tearsheet, in the order they print.
struct TearsheetCharts {
  let analysis: RunAnalysis
  let parts: PageParts

  private var run: RunDocument { analysis.run }
  private var curve: DailyCurve { analysis.curve }
  private var watermark: String { parts.watermark }

  /// Words for a screen reader; a synthetic run says so there too.
  private func label(_ text: String) -> String { parts.isSynthetic ? text + ", \(PageParts.synthetic)" : text }

  private var key: [String] {
    guard analysis.benchmark != nil, let benchmark = run.benchmark else { return [] }
    return ["Strategy", benchmark.name]
  }

  /// The window of rolling metrics: half a year where the run has at least a year, otherwise none.
  private var window: Int { Int(run.periodsPerYear / 2) }

  /// The course of the run, beside the metrics.
  ///
  /// - Parameter beside: further figures for that column.
  func main(beside: [HTML]) -> HTML {
    guard analysis.course.count > 1 else {
      return PageParts.paragraph("The run recorded no equity, so there is nothing to draw.")
    }
    return .joined([cumulative, logarithmic, underwater, worstDrawdowns, yearly, monthlyHeatMap] + beside)
  }

  /// What the course was made of: figures for the column beside the metrics, where the monthly table of a short run leaves
  /// room, and figures for below.
  var details: (beside: [HTML], below: [HTML]) {
    let all = [rollingSharpe, rollingVolatility, rollingBeta, histogram, exposure, positions].filter { !$0.isEmpty }
    let count = curve.yearlyReturns.count > 12 ? 0 : all.count > 2 ? all.count - 2 : all.count
    return (Array(all.prefix(count)), Array(all.dropFirst(count)))
  }

  private var benchmarkCourse: [(x: Double, y: Double)] {
    guard let benchmark = analysis.benchmark else { return [] }
    return [(Double(benchmark.baseDay), benchmark.base)]
      + zip(benchmark.days, benchmark.values).map { (Double($0), $1) }
  }

  private func growth(minus one: Double) -> [Plot.Series] {
    let own = analysis.course.map { (x: $0.x, y: Optional($0.y / curve.base - one)) }
    var series = [Plot.Series(name: "Strategy", style: "s1", points: own)]
    if let benchmark = analysis.benchmark {
      let other = benchmarkCourse.map { (x: $0.x, y: Optional($0.y / benchmark.base - one)) }
      series.insert(Plot.Series(name: "Benchmark", style: "s2", points: other), at: 0)
    }
    return series
  }

  private func values(_ series: [Plot.Series]) -> [Double] { series.flatMap { $0.points.compactMap(\.y) } }

  private var cumulative: HTML {
    let series = growth(minus: 1)
    let image = Plot.lines(
      series, height: 250, y: .linear(values(series), notation: .percent, including: true),
      label: label("Cumulative return over time"), watermark: watermark)
    return parts.figure("Cumulative return", key: key, image)
  }

  private var logarithmic: HTML {
    var series = growth(minus: 0)
    for index in series.indices {
      series[index].points = series[index].points.map { ($0.x, $0.y.flatMap { $0 > 0 ? $0 : nil }) }
    }
    let image = Plot.lines(
      series, y: .logarithmic(values(series), notation: .multiple),
      label: label("Growth of one unit of equity over time, logarithmic"), watermark: watermark)
    return parts.figure("Growth of 1, log scale", key: key, image)
  }

  private var underwater: HTML {
    var peak = 0.0
    let points = analysis.course.map { point in
      peak = max(peak, point.y)
      return (x: point.x, y: Optional(point.y / peak - 1))
    }
    let series = [Plot.Series(name: "Drawdown", style: "dd", points: points, isFilled: true)]
    let image = Plot.lines(
      series, height: 170, y: .linear(values(series), notation: .percent, including: true),
      label: label("Fraction below the running peak over time"), watermark: watermark)
    return parts.figure("Drawdown under water", image)
  }

  private var worstDrawdowns: HTML {
    let worst = curve.drawdowns.sorted { $0.depth < $1.depth }.prefix(5)
    guard analysis.courseIsDaily, !worst.isEmpty else { return .empty }
    let bands = worst.enumerated().map { rank, drawdown in
      Plot.Band(
        from: Double(drawdown.peak), to: Double(drawdown.end),
        label: "\(rank + 1): \(NumberText.percent(drawdown.depth)) from \(NumberText.date(day: drawdown.peak))")
    }
    let series = [growth(minus: 1).last].compactMap { $0 }
    let image = Plot.lines(
      series, height: 190, y: .linear(values(series), notation: .percent, including: true), bands: bands,
      label: label("Cumulative return with the worst five drawdowns shaded"), watermark: watermark)
    let rows = worst.enumerated().map { rank, drawdown in
      [
        PageParts.Cell(String(rank + 1)), PageParts.Cell(NumberText.date(day: drawdown.peak)),
        PageParts.Cell(NumberText.date(day: drawdown.trough)),
        drawdown.recovery.map { PageParts.Cell(NumberText.date(day: $0)) }
          ?? PageParts.Cell(undefined: "not recovered by the end"),
        PageParts.Cell(NumberText.integer(drawdown.length)),
        PageParts.Cell(NumberText.percent(drawdown.depth), signOf: drawdown.depth),
      ]
    }
    let columns: [PageParts.Column] = [
      .init("No."), .init("Peak", .time), .init("Trough", .time), .init("Recovered", .time), .init("Days", .number),
      .init("Depth", .number),
    ]
    return parts.figure("Worst five drawdowns", image)
      + .element("section", ["class": "keep"], [parts.table("Worst five drawdowns, dates", columns, rows)])
  }

  private var yearly: HTML {
    let own = curve.yearlyReturns
    guard own.count > 1 else { return .empty }
    let other = analysis.benchmark?.yearlyReturns ?? []
    let columns = own.map { year in
      let beside = other.first { $0.year == year.year }?.value
      let text = "\(year.year): \(NumberText.percent(year.value))"
      return Plot.Column(
        label: String(year.year), values: other.isEmpty ? [year.value] : [year.value, beside],
        title: beside.map { "\(text), benchmark \(NumberText.percent($0))" } ?? text)
    }
    let all = own.map(\.value) + other.map(\.value)
    let image = Plot.columns(
      columns, styles: other.isEmpty ? [""] : ["f1", "f2"], y: .linear(all, notation: .percent, including: true),
      label: label("Return of each calendar year"), watermark: watermark)
    return parts.figure("Yearly return", key: other.isEmpty ? [] : key, image)
  }

  private func rolling(_ title: String, _ days: [Int], _ values: [Double?], _ notation: Axis.Notation) -> HTML {
    let points = zip(days.suffix(values.count), values).map { (x: Double($0), y: $1) }
    let finite = values.compactMap { $0 }
    guard finite.count > 1 else { return .empty }
    let image = Plot.lines(
      [Plot.Series(name: title, style: "s1", points: points)], height: 160,
      y: .linear(finite, notation: notation, including: true), label: label(title + " over time"),
      watermark: watermark)
    return parts.figure(title, note: "\(window) days", image)
  }

  private var returnDays: [Int] { Array(curve.days.prefix(curve.returns.count)) }

  private var rollingSharpe: HTML {
    let values = RollingPerformance.sharpe(
      curve.returns, window: window, periodsPerYear: run.periodsPerYear, riskFree: analysis.riskFree)
    return rolling("Rolling Sharpe", returnDays, values, .number)
  }

  private var rollingVolatility: HTML {
    let values = RollingPerformance.volatility(curve.returns, window: window, periodsPerYear: run.periodsPerYear)
    return rolling("Rolling volatility", returnDays, values, .percent)
  }

  private var rollingBeta: HTML {
    guard let comparison = analysis.comparison else { return .empty }
    return rolling(
      "Rolling beta", comparison.days, RollingPerformance.beta(comparison, window: window), .number)
  }

  private var histogram: HTML {
    let returns = curve.returns
    guard returns.count >= 20, let lowest = returns.min(), let highest = returns.max(), highest > lowest else {
      return .empty
    }
    let bins = 40
    let width = (highest - lowest) / Double(bins)
    var counts = Array(repeating: 0.0, count: bins)
    for value in returns { counts[min(bins - 1, Int((value - lowest) / width))] += 1 }
    let columns = counts.enumerated().map { index, count in
      let from = lowest + Double(index) * width
      return Plot.Column(
        label: NumberText.percent(from + width / 2, decimals: 1), values: [count],
        title:
          "\(NumberText.percent(from)) to \(NumberText.percent(from + width)): \(NumberText.fixed(count, decimals: 0))")
    }
    let image = Plot.columns(
      columns, styles: ["f1"], height: 180, y: .linear(counts, notation: .integer, including: true), gap: 0.08,
      label: label("Number of days by daily return"), watermark: watermark)
    return parts.figure("Daily returns", note: "days by return", image)
  }

  private var exposure: HTML {
    let rows = run.equity.filter { $0.equity > .zero }
    guard rows.count > 1 else { return .empty }
    func series(_ style: String, _ exposure: (RunDocument.EquityRow) -> FixedDecimal) -> Plot.Series {
      let points = rows.map { (x: RunAnalysis.days($0.time), y: Optional(exposure($0).double / $0.equity.double)) }
      return Plot.Series(name: style, style: style, points: points)
    }
    let both = [series("s1") { $0.grossExposure }, series("s2") { $0.netExposure }]
    let image = Plot.lines(
      both, height: 160, y: .linear(values(both), notation: .percent, including: true),
      label: label("Gross and net exposure over equity"), watermark: watermark)
    return parts.figure("Exposure over equity", key: ["Gross", "Net"], image)
  }

  private var positions: HTML {
    guard run.equity.count > 1 else { return .empty }
    let points = run.equity.map { (x: RunAnalysis.days($0.time), y: Optional(Double($0.positions))) }
    let series = [Plot.Series(name: "Positions", style: "s1", points: points, isFilled: true)]
    let image = Plot.lines(
      series, height: 130, y: .linear(values(series), notation: .integer, including: true),
      label: label("Number of open positions over time"), watermark: watermark)
    return parts.figure("Open positions", image)
  }

  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  private var monthlyHeatMap: HTML {
    let monthly = curve.monthlyReturns
    let head = (["%"] + Self.months + ["Year"]).map { HTML.element("th", [:], $0) }
    let rows = curve.yearlyReturns.map { year in
      let cells = (1...12).map { month in
        monthly.first { $0.year == year.year && $0.month == month }.map { Self.heat($0.value) }
          ?? HTML.element("td", [:], "")
      }
      return HTML.element(
        "tr", [:],
        [.element("th", [:], String(year.year))] + cells + [
          .element("td", [:], [.element("b", [:], NumberText.fixed(year.value * 100, decimals: 1))])
        ])
    }
    let table = HTML.element(
      "table", ["class": "heat"],
      [.element("thead", [:], [.element("tr", [:], head)]), .element("tbody", [:], [.joined(rows, separator: "\n")])])
    return parts.figure("Monthly return", note: "percent", .element("div", ["class": "wide"], [table]))
  }

  /// Four shades each way, from half a percent up to eight.
  private static func heat(_ value: Double) -> HTML {
    let text = NumberText.fixed(value * 100, decimals: 1)
    let shade = [0.005, 0.02, 0.04, 0.08].count { value.magnitude >= $0 }
    return shade == 0
      ? .element("td", [:], text) : .element("td", ["class": (value < 0 ? "q" : "p") + String(shade)], text)
  }

  /// Bars of what each agent earned, net of fees.
  var attribution: HTML {
    let agents = analysis.rankedAgents
    guard !agents.isEmpty else { return .empty }
    let shown = agents.count <= 30 ? agents : Array(agents.prefix(15) + agents.suffix(15))
    let bars = shown.map {
      Plot.Bar(label: $0.agent, value: $0.total.double, text: $0.total.formatted(decimals: 2))
    }
    let note = shown.count < agents.count ? "net of fees; the best and worst 15 of \(agents.count)" : "net of fees"
    let figure = parts.figure(
      "Profit by agent, \(run.currency)", note: note,
      Plot.bars(bars, label: label("Profit of each agent net of fees"), watermark: watermark))
    return .element("div", ["class": "half"], [figure])
  }
}
