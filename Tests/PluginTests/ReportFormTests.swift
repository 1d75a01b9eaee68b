import AlphaLoopKit
import Testing

@testable import ReportRenderer

@Suite("Report forms")
struct ReportFormTests {
  @Test("the summary fits 24 lines of 100 columns and names what matters")
  func summary() throws {
    let text = renderSummary(try ReportFixture.run(ReportFixture.example()), report: "out/report.html")
    let lines = text.split(separator: "\n")
    #expect(lines.count <= Summary.maximumLines)
    #expect(lines.allSatisfy { $0.count <= Summary.maximumColumns })
    let expected = [
      "100,000.00 -> 104,000.12  +4.00%", "drawdown -1.00% (2023-01-04)", "Sharpe –", "2 closed, 50.0% won, 3 fills",
      "best mom.ts_trend 1,695.95, worst mom.xs_12_1 329.25, of 2", "1 halt, last dailyLoss on 2023-01-04, now paused",
      "1 order denied, 1 plugin fault", "denied for positionLimit 1", "not evidence of", "out/report.html",
    ]
    for text in expected { #expect(lines.contains { $0.contains(text) }, "\(text)") }
  }

  @Test("the summary keeps its size and obeys no control character, whatever the document says")
  func hostileSummary() throws {
    let long = String(repeating: "word ", count: 2_000) + #"\u001b[2J\n\u202e"#
    var json = try ReportFixture.example(replacing: "The sample is back-adjusted", with: long)
    json = json.split(separator: "Momentum over six days").joined(separator: long)
    let text = renderSummary(try ReportFixture.run(json), report: "r.html")
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    #expect(lines.count <= Summary.maximumLines)
    #expect(lines.allSatisfy { $0.count <= Summary.maximumColumns })
    #expect(!text.unicodeScalars.contains("\u{1B}"))
    #expect(text.contains("more notices in the report"))
  }

  @Test("a synthetic run says so in the first line")
  func syntheticSummary() throws {
    #expect(renderSummary(try ReportFixture.long(days: 3, synthetic: true)).hasPrefix("SYNTHETIC DATA"))
    #expect(!renderSummary(try ReportFixture.long(days: 3)).contains("SYNTHETIC"))
  }

  @Test(
    "numbers print in one notation",
    arguments: [
      (0.0, 2, "0.00"), (-0.001, 2, "0.00"), (1234567.891, 2, "1,234,567.89"), (0.125, 2, "0.12"),
      (-999.995, 1, "-1,000.0"),
      (0.5, 0, "0"), (1.5, 0, "2"), (1e18, 2, "1.00e18"), (-123, 0, "-123"),
    ])
  func numbers(number: Double, decimals: Int, expected: String) {
    #expect(NumberText.fixed(number, decimals: decimals) == expected)
  }

  @Test("moments and spans print in UTC and in their two largest units")
  func times() {
    #expect(NumberText.time(1_672_434_000_000_000_000) == "2022-12-30 21:00:00")
    #expect(NumberText.time(1_672_434_000_001_500_000) == "2022-12-30 21:00:00.001500")
    #expect(NumberText.time(-1) == "1969-12-31 23:59:59.999999999")
    #expect(NumberText.duration(seconds: 90_061) == "1d 1h")
    #expect(NumberText.duration(seconds: 3_660) == "1h 1m")
    #expect(NumberText.duration(seconds: 59) == "59s")
    #expect(NumberText.count(1, "day") == "1 day")
    #expect(NumberText.count(1_000, "day") == "1,000 days")
  }

  @Test("axes put round ticks inside their ends and the data between them")
  func axes() {
    let plain = Axis.linear([0.3, 9.7], notation: .number)
    #expect(plain.ticks.map(\.label) == ["0", "2", "4", "6", "8", "10"])
    let percent = Axis.linear([-0.031, 0.012], notation: .percent, including: true)
    #expect(percent.ticks.map(\.label) == ["-3%", "-2%", "-1%", "0%", "1%"])
    #expect(Axis.linear([0, 3], notation: .integer).ticks.map(\.label) == ["0", "1", "2", "3"])
    #expect(
      Axis.logarithmic([0.8, 17], notation: .multiple).ticks.map(\.label) == ["0.5×", "1×", "2×", "5×", "10×", "20×"])
    for values in [[5.0, 5], [0, 0], [-1e9, 1e9], [1e-9, 2e-9], [99.99, 100.01]] {
      let axis = Axis.linear(values, notation: .number)
      #expect(axis.ticks.count >= 2)
      for value in values { #expect((0...1).contains(axis.position(value))) }
    }
  }

  @Test(
    "time ticks fit the span",
    arguments: [
      (19_358.6, 19_358.9, "16:00"), (19_358, 19_380, "01-01"), (19_000, 19_380, "2022-04"), (7_305, 19_380, "1990"),
    ])
  func timeAxis(from: Double, to: Double, first: String) throws {
    let ticks = Axis.time(from: from, to: to).ticks
    #expect((2...8).contains(ticks.count))
    #expect(ticks.allSatisfy { $0.value >= from && $0.value <= to })
    #expect(ticks.contains { $0.label == first }, "\(ticks.map(\.label))")
  }

  @Test("decimation keeps the peak and the trough of a long line")
  func decimation() throws {
    var points = (0..<50_000).map { (x: Double($0), y: Optional(0.5)) }
    points[12_345].y = 1
    points[31_111].y = 0
    let series = Plot.Series(name: "s", style: "s1", points: points)
    let axis = Axis.linear([0, 1], notation: .number)
    let image = Plot.lines([series], height: 238, y: axis, label: "l", watermark: "").markup
    #expect(image.utf8.count < 20_000)
    // The plot is 200 units high: from the middle up 100 to the peak, down 100 to the trough.
    #expect(image.contains(" -100 "))
    let flat = Plot.Series(name: "s", style: "s1", points: points.map { ($0.x, 0.5) })
    #expect(!Plot.lines([flat], height: 238, y: axis, label: "l", watermark: "").markup.contains(" -100 "))
  }

  @Test("a gap in a line is not bridged")
  func gaps() {
    let series = Plot.Series(name: "s", style: "s1", points: [(0, 1), (100, 2), (200, nil), (300, 1), (400, 2)])
    let image = Plot.lines([series], y: .linear([1, 2], notation: .number), label: "l", watermark: "").markup
    let line = image.split(separator: "<path class=\"s1\"")[1].prefix { $0 != ">" }
    #expect(line.split(separator: "M", omittingEmptySubsequences: false).count - 1 == 2)
  }
}
