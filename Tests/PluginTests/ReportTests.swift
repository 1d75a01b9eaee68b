import AlphaLoopKit
import Testing

@testable import ReportRenderer

@Suite("Tearsheet")
struct ReportTests {
  @Test("it states the result, the metrics and where the numbers came from")
  func content() throws {
    let page = ReportFixture.page(try ReportFixture.run(ReportFixture.example()))
    let expected = [
      "Momentum over six days", "104,000.12", "4.00%", "mom.ts_trend", "CC0 1.0", "sha256:5f2c",
      "18446744073709551615", "daily loss passed its limit", "loss 2.04%, limit 2%", "positionLimit",
      "requested 5.4%, limit 5%", "deadlineMissed", "warmingUp 2", "scoreNotFinite 1", "S&amp;P 500",
      "not evidence of profit",
    ]
    for text in expected { #expect(page.contains(text), "\(text)") }
    #expect(!page.contains("SYNTHETIC"))
  }

  @Test("equal documents give equal bytes, different ones do not")
  func determinism() throws {
    let json = try ReportFixture.example()
    let first = renderTearsheet(try ReportFixture.run(json))
    #expect(first == renderTearsheet(try ReportFixture.run(json)))
    let other = try ReportFixture.example(replacing: "104000.12345678", with: "104000.13345678")
    #expect(first != renderTearsheet(try ReportFixture.run(other)))
  }

  @Test("it needs nothing but itself: no script, no link, no import, no address")
  func selfContained() throws {
    let page = ReportFixture.page(try ReportFixture.long(days: 600))
    for forbidden in ["<script", "<link", "<img", "@import", "url(", "http:", "https:", "src=", "href="] {
      #expect(!page.contains(forbidden), "\(forbidden)")
    }
    #expect(page.contains("default-src 'none'"))
  }

  @Test("every element is closed in order")
  func wellFormed() throws {
    for run in [
      try ReportFixture.run(ReportFixture.example()), try ReportFixture.long(days: 600, denials: 250),
      try ReportFixture.empty(),
    ] {
      #expect(MarkupCheck.firstFault(ReportFixture.page(run)) == nil)
    }
    #expect(MarkupCheck.firstFault("<p><b></p></b>") != nil)
    #expect(MarkupCheck.firstFault("<p>") != nil)
  }

  @Test(
    "text from outside cannot become markup, wherever it stands",
    arguments: [
      "AAPL", "mom.xs_12_1", "Momentum over six days", "Hand-made prices", "CC0 1.0", "00000000000000a7",
      "sha256:5f2c", "S&P 500", "dailyLoss", "daily loss passed its limit", "2.04%", "positionLimit", "requested",
      "deadlineMissed", "a call took 31 ms", "warmingUp", "scoreNotFinite", "senior", "USD",
      "The sample is back-adjusted", "18446744073709551615",
    ])
  func injection(field: String) throws {
    let attack = #"</td></title><script>alert(1)</script><b x='\" onload=\"y"#
    let run = try ReportFixture.run(ReportFixture.example(replacing: field, with: attack))
    let page = ReportFixture.page(run)
    #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    #expect(!page.contains("<script"))
    #expect(!page.contains("\" onload="))
    #expect(MarkupCheck.firstFault(page) == nil)
  }

  @Test("control characters and direction overrides are shown as replaced, not obeyed")
  func controlCharacters() throws {
    let run = try ReportFixture.run(ReportFixture.example(replacing: "AAPL", with: #"A\u001b[31m\u202eB"#))
    let page = ReportFixture.page(run)
    #expect(page.contains("A\u{FFFD}[31m\u{FFFD}B"))
    #expect(!page.unicodeScalars.contains("\u{1B}"))
  }

  @Test("a synthetic run says SYNTHETIC in the title, the banner, on every chart and in every caption")
  func synthetic() throws {
    let page = ReportFixture.page(try ReportFixture.long(days: 600, denials: 3, synthetic: true))
    #expect(page.contains("<title>SYNTHETIC"))
    #expect(page.contains("SYNTHETIC DATA"))
    let images = page.split(separator: "<svg").dropFirst()
    #expect(images.count >= 10)
    for image in images { #expect(image.prefix { $0 != "\n" }.contains(">SYNTHETIC</text>")) }
    for start in ["<figcaption>", "<caption>"] {
      for caption in page.split(separator: start).dropFirst() {
        let text = caption.prefix(220)
        #expect(text.contains("SYNTHETIC"), "\(text)")
      }
    }
  }

  @Test("a metric without a value is a dash with its reason, never NaN")
  func undefined() throws {
    for run in [
      try ReportFixture.empty(), try ReportFixture.long(days: 1), try ReportFixture.run(ReportFixture.example()),
    ] {
      let page = ReportFixture.page(run)
      for wrong in ["nan", "NaN", "inf<", "∞"] { #expect(!page.contains(">" + wrong), "\(wrong)") }
      #expect(page.contains("<abbr title=\"fewer than 20 daily returns\">–</abbr>"))
    }
    let long = ReportFixture.page(try ReportFixture.long(days: 600))
    #expect(!long.contains("fewer than 20 daily returns"))
    #expect(long.contains("<abbr title=\"the run states no number of trials\">–</abbr>"))
  }

  @Test("equity at zero ends the metrics and is said")
  func ruin() throws {
    let json = try ReportFixture.example(replacing: "\"99990.00\"", with: "\"0\"")
    #expect(ReportFixture.page(try ReportFixture.run(json)).contains("Equity reached zero or below on 2023-01-04"))
  }

  @Test("a benchmark is measured from the close before the first day, when that is given and recent")
  func benchmarkBase() throws {
    let first = "[1672779600000000000, \"3852.97\"]"
    let before = "[1672434000000000000, \"3839.50\"], " + first
    let given = RunAnalysis(try ReportFixture.run(ReportFixture.example(replacing: first, with: before)))
    #expect(given.benchmark?.base == 3839.5)
    let old = "[1671829200000000000, \"3844.82\"], " + first
    let stale = RunAnalysis(try ReportFixture.run(ReportFixture.example(replacing: first, with: old)))
    #expect(stale.benchmark?.base == 3852.97)
  }

  @Test("thirty-three years of days stay small, every extreme kept")
  func size() throws {
    let page = ReportFixture.page(try ReportFixture.long(days: 8_316))
    #expect(page.utf8.count < 400_000)
    for image in page.split(separator: "<svg").dropFirst() {
      #expect(image.prefix { $0 != "\n" }.utf8.count < 60_000)
    }
  }

  @Test("more than 200 denials are counted, all of them, and the first 200 listed")
  func manyDenials() throws {
    let page = ReportFixture.page(try ReportFixture.long(days: 30, denials: 1_203))
    #expect(page.contains("Denials, all 1,203 counted"))
    #expect(page.contains("Denials: the first 200 of 1,203"))
    // 6 pairs of agent and instrument in turn: 1203 = 6 x 200 + 3.
    #expect(page.split(separator: "<td class=\"n\">201</td>").count - 1 == 3)
    #expect(page.split(separator: "<td class=\"n\">200</td>").count - 1 == 3)
    let few = ReportFixture.page(try ReportFixture.long(days: 30, denials: 200))
    #expect(!few.contains("counted"))
  }
}

/// A check that tags open and close in order, for markup whose void elements are known.
enum MarkupCheck {
  static func firstFault(_ markup: String) -> String? {
    var open: [Substring] = []
    for piece in markup.split(separator: "<").dropFirst(markup.hasPrefix("<") ? 0 : 1) {
      guard let end = piece.firstIndex(of: ">") else { return "unclosed tag \(piece.prefix(30))" }
      let tag = piece[..<end]
      if tag.hasPrefix("!") || tag.hasPrefix("meta") || tag.hasSuffix("/") { continue }
      if tag.hasPrefix("/") {
        guard open.popLast() == tag.dropFirst() else { return "unexpected \(tag)" }
      } else {
        open.append(tag.prefix { $0 != " " })
      }
    }
    return open.isEmpty ? nil : "never closed: \(open)"
  }
}
