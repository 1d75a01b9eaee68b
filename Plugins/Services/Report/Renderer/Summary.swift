import AlphaLoopKit

/// The summary a person reads in ten seconds: at most 24 lines of at most 100 columns, plain text, no colour.
///
/// - Parameters:
///   - run: the run.
///   - report: where the full report was written, shown in the last line; empty when none was.
public func renderSummary(_ run: RunDocument, report: String = "") -> String {
  Summary(RunAnalysis(run), report: report).text
}

struct Summary {
  static let maximumLines = 24
  static let maximumColumns = 100

  private let analysis: RunAnalysis
  private let report: String

  init(_ analysis: RunAnalysis, report: String) {
    self.analysis = analysis
    self.report = report
  }

  private var run: RunDocument { analysis.run }

  var text: String {
    var lines: [String] = []
    if run.isSynthetic { lines.append("\(PageParts.synthetic) DATA: a generated market. No number here is evidence.") }
    lines.append("\(run.title)  [\(run.mode.rawValue)]")
    lines.append(
      "\(NumberText.date(run.from)) to \(NumberText.date(run.to))  \(run.currency)  session \(run.session)")
    lines += [row("Result", result), row("Risk", risk), row("Trades", trades), row("Agents", agents)]
    lines += [row("Stops", stops)] + topDenials
    lines += noticeLines
    if !report.isEmpty { lines.append(row("Report", report)) }
    return lines.map(fitted).joined(separator: "\n") + "\n"
  }

  private func row(_ name: String, _ value: String) -> String {
    "  " + name + String(repeating: " ", count: 9 - name.count) + value
  }

  /// A path longer than a line is kept whole: cut, it would lead nowhere. Everything else is cut.
  private func fitted(_ line: String) -> String {
    let plain = PlainText.line(line)
    if plain.count <= Self.maximumColumns || (!report.isEmpty && line.hasSuffix(report)) { return plain }
    return plain.prefix(Self.maximumColumns - 1) + "…"
  }

  private func show(_ metric: Metric, _ text: (Double) -> String) -> String { metric.value.map(text) ?? "–" }

  private func signedPercent(_ value: Double) -> String { (value > 0 ? "+" : "") + NumberText.percent(value) }

  private var result: String {
    let total = show(analysis.curve.cumulativeReturn, signedPercent)
    let growth = analysis.growth.value.map { ", \(signedPercent($0)) a year" } ?? ""
    let benchmark =
      analysis.benchmark?.cumulativeReturn.value.map { ", benchmark \(signedPercent($0))" } ?? ""
    return "\(run.initialCash.formatted(decimals: 2)) -> \(analysis.finalEquity.formatted(decimals: 2))  "
      + "\(total)\(growth)\(benchmark)"
  }

  private var risk: String {
    let drawdown = analysis.curve.maximumDrawdown.map {
      "drawdown \(NumberText.percent($0.depth)) (\(NumberText.date(day: $0.trough)))"
    }
    let sharpe = "Sharpe \(show(analysis.sharpe) { NumberText.fixed($0, decimals: 2) })"
    return [
      drawdown ?? "no drawdown", sharpe, "volatility \(show(analysis.volatility) { NumberText.percent($0) }) a year",
    ]
    .joined(separator: ", ")
  }

  private var trades: String {
    let won = Performance.winRate(analysis.profits).value.map { ", \(NumberText.percent($0, decimals: 1)) won" } ?? ""
    return "\(NumberText.integer(run.trades.count)) closed\(won), \(NumberText.count(run.fills.count, "fill")), "
      + "fees \(analysis.fees.formatted(decimals: 2))"
  }

  private var agents: String {
    let ranked = analysis.rankedAgents
    func named(_ agent: RunDocument.Agent) -> String { "\(agent.agent) \(agent.total.formatted(decimals: 2))" }
    guard let best = ranked.first, let worst = ranked.last else { return "none took part" }
    return ranked.count == 1 ? named(best) : "best \(named(best)), worst \(named(worst)), of \(ranked.count)"
  }

  private var stops: String {
    let last = run.halts.last.map { ", last \($0.trigger) on \(NumberText.date($0.time)), now \($0.to)" } ?? ""
    return
      "\(NumberText.count(run.halts.count, "halt"))\(last), \(NumberText.count(run.denials.count, "order")) denied, "
      + NumberText.count(run.faultCount, "plugin fault")
  }

  /// The three most frequent reasons for a denial.
  private var topDenials: [String] {
    var counts: [String: Int] = [:]
    for denial in run.denials { counts[denial.reason, default: 0] += 1 }
    let sorted = counts.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }
    let reasons = sorted.prefix(3).map { "\($0.key) \(NumberText.integer($0.value))" }
    return reasons.isEmpty ? [] : [row("", "denied for " + reasons.joined(separator: ", "))]
  }

  private static let noticeLineLimit = 10

  private var noticeLines: [String] {
    let notices = run.notices + analysis.cautions
    var lines = notices.flatMap { wrapped(PlainText.line($0)) }
    if lines.count > Self.noticeLineLimit {
      lines = lines.prefix(Self.noticeLineLimit - 1) + ["  more notices in the report"]
    }
    return lines
  }

  /// The words of a notice over lines that fit; the first is marked.
  private func wrapped(_ notice: String) -> [String] {
    var lines: [String] = []
    var line = "  !"
    for word in notice.split(separator: " ") {
      if line.count + 1 + word.count > Self.maximumColumns {
        lines.append(line)
        line = "   "
      }
      line += " " + word
    }
    return lines + [line]
  }
}
