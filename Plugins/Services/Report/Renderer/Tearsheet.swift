import AlphaLoopKit

/// Renders the tearsheet of a run: one HTML file in UTF-8 that needs nothing else, neither a network nor a script.
///
/// Equal documents give equal bytes: the page holds no clock, no locale and no hash order.
public func renderTearsheet(_ run: RunDocument) -> [UInt8] {
  Array(Tearsheet(RunAnalysis(run)).page.markup.utf8)
}

struct Tearsheet {
  private let analysis: RunAnalysis
  private let parts: PageParts
  private let tables: TearsheetTables
  private let charts: TearsheetCharts

  init(_ analysis: RunAnalysis) {
    self.analysis = analysis
    parts = PageParts(isSynthetic: analysis.run.isSynthetic)
    tables = TearsheetTables(analysis: analysis, parts: parts)
    charts = TearsheetCharts(analysis: analysis, parts: parts)
  }

  private var run: RunDocument { analysis.run }

  private var title: String { run.isSynthetic ? "\(PageParts.synthetic): \(run.title)" : run.title }

  var page: HTML {
    let details = charts.details
    return .literal("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
      + .literal("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
      // The page proves to the browser that it wants nothing: any request would be refused.
      + .literal(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
      + .element("title", [:], "\(title) (\(run.mode.rawValue))")
      + .literal("\n<style>\n") + .literal(TearsheetStyle.sheet) + .literal("\n</style></head>\n<body><main>\n")
      + header + notices + tiles
      + .element(
        "div", ["class": "cols"],
        [
          .element("div", [:], [.element("h2", [:], "Charts"), charts.main(beside: details.beside)]),
          .element("div", [:], [.element("h2", [:], "Metrics"), tables.metrics]),
        ])
      + .element("div", ["class": "pair"], details.below)
      + parts.section("Attribution", [charts.attribution, tables.agents, tables.instruments])
      + parts.section("Halts", [tables.halts]) + parts.section("Orders denied by the gate", [tables.denials])
      + parts.section("Plugin faults", [tables.faults])
      + parts.section("Trades", [tables.trades, tables.fills]) + provenance
      + .literal("</main></body></html>\n")
  }

  private var header: HTML {
    let period = "\(NumberText.date(run.from)) to \(NumberText.date(run.to))"
    let mode = HTML.element("span", ["class": run.mode == .live ? "mode live" : "mode"], run.mode.rawValue)
    let heading = HTML.element("h1", [:], [HTML(title + " "), mode])
    let facts = "\(period), \(run.currency), \(NumberText.count(analysis.curve.days.count, "day"))"
    var banner = HTML.empty
    if run.isSynthetic {
      banner = .element(
        "div", ["class": "syn"],
        "\(PageParts.synthetic) DATA: a generated market, not real prices. No number here is evidence.")
    }
    return .element("header", [:], [heading, PageParts.paragraph(facts)]) + banner + .literal("\n")
  }

  private var notices: HTML {
    let all = run.notices + analysis.cautions
    guard !all.isEmpty else { return .empty }
    return .element("div", ["class": "note"], [.element("ul", [:], all.map { .element("li", [:], $0) })])
      + .literal("\n")
  }

  private func tile(_ name: String, _ value: HTML, tone: String = "", below: String) -> HTML {
    let figure = tone.isEmpty ? HTML.element("b", [:], [value]) : .element("b", ["class": tone], [value])
    return .element(
      "div", ["class": "tile"], [.element("span", [:], name), figure, .element("span", [:], below)])
  }

  private func number(_ metric: Metric, _ text: (Double) -> String) -> HTML {
    switch metric {
    case .value(let value): HTML(text(value))
    case .undefined(let reason): PageParts.dash(reason)
    }
  }

  private func tone(_ metric: Metric) -> String { metric.value.map { $0 < 0 ? "neg" : $0 > 0 ? "pos" : "" } ?? "" }

  private var tiles: HTML {
    let total = analysis.curve.cumulativeReturn
    let worst = analysis.curve.maximumDrawdown
    let drawdown: Metric = worst.map { .value($0.depth) } ?? .undefined("there was no drawdown")
    let probability = RunAnalysis.enough(
      analysis.curve.returns.count,
      Performance.probabilisticSharpe(analysis.curve.returns, riskFree: analysis.riskFree))
    let won = Performance.winRate(analysis.profits)
    let stops = run.halts.count + run.denials.count + run.faultCount
    return .element(
      "div", ["class": "tiles"],
      [
        tile(
          "Final equity", HTML(analysis.finalEquity.formatted(decimals: 2)),
          below: "from \(run.initialCash.formatted(decimals: 2))"),
        tile(
          "Total return", number(total) { NumberText.percent($0) }, tone: tone(total), below: "after fees"),
        tile(
          "Growth a year", number(analysis.growth) { NumberText.percent($0) }, tone: tone(analysis.growth),
          below: "compounded"),
        tile(
          "Max drawdown", number(drawdown) { NumberText.percent($0) }, tone: tone(drawdown),
          below: worst.map { "trough \(NumberText.date(day: $0.trough))" } ?? "none"),
        tile(
          "Sharpe", number(analysis.sharpe) { NumberText.fixed($0, decimals: 2) },
          below: probability.value.map { "P(SR > 0) \(NumberText.percent($0, decimals: 1))" } ?? "annualised"),
        tile("Volatility", number(analysis.volatility) { NumberText.percent($0) }, below: "a year"),
        tile(
          "Closed trades", HTML(NumberText.integer(run.trades.count)),
          below: won.value.map { "\(NumberText.percent($0, decimals: 1)) won" } ?? "none won or lost"),
        tile(
          "Stops", HTML(NumberText.integer(stops)), tone: stops > 0 ? "neg" : "",
          below: [
            NumberText.count(run.halts.count, "halt"), NumberText.count(run.denials.count, "denial"),
            NumberText.count(run.faultCount, "fault"),
          ].joined(separator: ", ")),
      ]) + .literal("\n")
  }

  private var provenance: HTML {
    func fact(_ name: String, _ value: String) -> HTML {
      .element("tr", [:], [.element("td", [:], name), .element("td", [:], [.element("code", [:], value)])])
    }
    let facts = HTML.element(
      "table", ["class": "m"],
      [
        .element(
          "tbody", [:],
          [
            fact("Session", run.session), fact("Configuration", run.configurationHash), fact("Seed", run.seed),
            fact("Period, UTC", "\(NumberText.time(run.from)) to \(NumberText.time(run.to))"),
            fact("Periods a year", NumberText.fixed(run.periodsPerYear, decimals: 0)),
            fact("Risk-free rate", NumberText.percent(run.riskFreeRate)),
          ])
      ])
    return parts.section("Provenance", [facts, tables.sources])
      + .element(
        "footer", [:],
        "Days and months are UTC. A dash is a metric without a value; point at it for the reason. Returns are after fees."
      )
  }
}
