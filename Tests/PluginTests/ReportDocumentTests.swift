import AlphaLoopKit
import Testing

@testable import ReportRenderer

@Suite("Run document")
struct ReportDocumentTests {
  @Test("money is read exactly, to the last of eight decimals")
  func exactMoney() throws {
    let run = try ReportFixture.run(ReportFixture.example())
    #expect(run.equity.last?.equity.units == 10_400_012_345_678)
    #expect(run.fills[0].notional.units == 50_500 * FixedDecimal.unitsPerOne)
    #expect(run.fills[2].notional.units == 19_561_250_000_000)
    #expect(run.agents[0].total.exact() == "1,695.9483")
    #expect(run.agents[1].weight == nil)
  }

  @Test(
    "decimals that are not decimals are refused",
    arguments: ["", "-", "1.", ".5", "1e3", "+1", "1,000", " 1", "0.123456789", "92233720369", "NaN", "١"])
  func notDecimals(text: String) { #expect(FixedDecimal(text) == nil) }

  @Test(
    "decimals keep their sign and both ends of the range",
    arguments: [
      ("0", 0), ("-0.00000001", -1), ("1.5", 150_000_000), ("92233720368.54775807", Int64.max),
      ("-92233720368.54775808", Int64.min),
    ])
  func decimals(text: String, units: Int64) { #expect(FixedDecimal(text)?.units == units) }

  @Test("products and formats round half to even and never trap")
  func rounding() {
    #expect((FixedDecimal(units: 5) * FixedDecimal(units: 10_000_000)).units == 0)
    #expect((FixedDecimal(units: 15) * FixedDecimal(units: 10_000_000)).units == 2)
    #expect((FixedDecimal(units: -15) * FixedDecimal(units: 10_000_000)).units == -2)
    #expect((FixedDecimal(units: .max) * FixedDecimal(units: .min)).units == .min)
    #expect((FixedDecimal(units: .max) + FixedDecimal(units: 1)).units == .max)
    #expect(FixedDecimal(units: 12_500_000).formatted(decimals: 2) == "0.12")
    #expect(FixedDecimal(units: 13_500_000).formatted(decimals: 2) == "0.14")
    #expect(FixedDecimal(units: -100_000).formatted(decimals: 2) == "0.00")
    #expect(FixedDecimal(units: .min).formatted(decimals: 2) == "-92,233,720,368.55")
  }

  @Test(
    "a fault is named by place, field and remedy",
    arguments: [
      ("\"mode\": \"backtest\"", "\"mode\": \"demo\"", "run.json:4:11: mode: unknown mode \"demo\""),
      ("\"seed\"", "\"sede\"", "unknown key \"sede\""),
      ("\"initialCash\": \"100000\"", "\"initialCash\": 100000", "initialCash: expected a string, found an integer"),
      ("\"initialCash\": \"100000\"", "\"initialCash\": \"0\"", "expected a decimal above 0"),
      ("\"99990.00\"", "\"99,990\"", "run.json:19:27: equity[1][1]: expected a decimal string"),
      ("1673038800000000000, \"101959", "1, \"101959", "equity[3]: its time is before the row above"),
      ("\"to\": 1673308800000000000", "\"to\": 1", "the period ends before it begins"),
      ("\"to\": 1673308800000000000", "\"to\": 9223372036854775807", "outside 1679 to 2261"),
      ("\"views\": 5", "\"views\": -5", "agents[0].views: expected a count of at least 0"),
      ("alphaloop.run/1", "alphaloop.run/9", "format: expected \"alphaloop.run/1\""),
      ("\"50500\", \"50500\", 1]", "\"50500\", 1]", "expected 6 cells"),
      ("\"seed\": \"18446744073709551615\",", "", "the key \"seed\" is missing"),
    ])
  func faults(text: String, replacement: String, expected: String) throws {
    let json = try ReportFixture.example(replacing: text, with: replacement)
    let error = #expect(throws: JSONError.self) { try ReportFixture.run(json) }
    #expect(error?.description.contains(expected) == true, "\(error?.description ?? "no error")")
  }

  @Test("every truncation of a document is an error, none a crash")
  func truncation() throws {
    let bytes = Array(try ReportFixture.example().utf8)
    let end = try #require(bytes.lastIndex(of: UInt8(ascii: "}")))
    for length in stride(from: 0, through: end, by: 29) {
      #expect(throws: JSONError.self) { try RunDocument.parse(Array(bytes[..<length])) }
    }
  }

  @Test("a document with a byte changed is refused or rendered, never a crash")
  func mutation() throws {
    let bytes = Array(try ReportFixture.example().utf8)
    let digits = bytes.indices.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[$0]) }
    var state: UInt64 = 7
    var rendered = 0
    for round in 0..<600 {
      var changed = bytes
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let choice = Int(state >> 33)
      let letter = UInt8((state >> 20) % 75)
      // A digit changed to another keeps most documents readable, so that the renderer sees odd ones too.
      if round % 2 == 0 {
        changed[digits[choice % digits.count]] = UInt8(ascii: "0") + letter % 10
      } else {
        changed[choice % changed.count] = UInt8(ascii: "0") + letter
      }
      if let run = try? RunDocument.parse(changed) {
        #expect(MarkupCheck.firstFault(String(decoding: renderTearsheet(run), as: UTF8.self)) == nil)
        rendered += 1
      }
    }
    #expect(rendered > 100)
  }
}
