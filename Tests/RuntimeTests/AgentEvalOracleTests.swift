import Foundation
import Testing

@testable import AlphaLoopRuntime

/// The catalogue's known answers through the real libraries.
@Suite struct AgentEvalOracleTests {
  private func field(_ line: String, _ name: String) -> Double? { (try? JSONValue.parse(line))?[name]?.number?.double }
  private func text(_ line: String, _ name: String) -> String? { (try? JSONValue.parse(line))?[name]?.string }

  @Test func reversalWeightsAreMinusTheDistanceFromTheMeanOverTheCount() throws {
    let bars = """
      symbol,date,close
      B,2016-12-29,50
      A,2016-12-29,100
      A,2016-12-30,102
      B,2016-12-30,49
      C,2016-12-29,10
      C,2016-12-30,10
      """
    let answer = try EvaluationFixture.run("arb.xs_reversal", of: "arbitrage", ["bars.csv": bars])
    #expect(
      answer.lines.prefix(3) == [
        #"{"as_of":"2016-12-29T21:00:00Z","instrument":"A","kind":"abstain","reason":"warm-up"}"#,
        #"{"as_of":"2016-12-29T21:00:00Z","instrument":"B","kind":"abstain","reason":"warm-up"}"#,
        #"{"as_of":"2016-12-29T21:00:00Z","instrument":"C","kind":"abstain","reason":"warm-up"}"#,
      ])
    let weights = answer.lines.filter { text($0, "kind") == "estimate" }.compactMap { field($0, "value") }
    try #require(weights.count == 3)
    for (weight, expected) in zip(weights, [-0.02 / 3, 0.02 / 3, 0]) { #expect(abs(weight - expected) < 1e-12) }
    #expect(abs(weights.reduce(0, +)) < 1e-12)
  }

  @Test func nearnessIsThePriceOverTheHighestClose() throws {
    let bars = """
      symbol,date,close
      UP,2020-03-02,90
      UP,2020-03-03,95
      UP,2020-03-04,100
      DOWN,2020-03-02,100
      DOWN,2020-03-03,90
      DOWN,2020-03-04,75
      """
    let answer = try EvaluationFixture.run(
      "mom.high52", of: "momentum", ["bars.csv": bars], parameters: #"{"window":3}"#)
    let last = answer.lines.filter { text($0, "as_of") == "2020-03-04T21:00:00Z" }
    let nearness = last.filter { text($0, "kind") == "estimate" }
    #expect(nearness.map { text($0, "instrument") } == ["DOWN", "UP"])
    #expect(nearness.map { field($0, "value") } == [0.75, 1])
    #expect(last.filter { text($0, "kind") == "view" }.map { field($0, "score") } == [-1, 1])
  }

  @Test func fivePercentIsAcceptedAndFivePointZeroOneIsVetoed() throws {
    let answer = try EvaluationFixture.run(
      "exec.compliance", of: "executive",
      [
        "bars.csv": "symbol,date,close\nA,2020-03-02,100\nB,2020-03-02,100\n",
        "views.csv": "as_of,agent,symbol,kind,value\n2020-03-02,,A,weight,0.05\n2020-03-02,,B,weight,0.0501\n",
        "portfolio.json": #"{"cash":100000}"#,
      ])
    let a = #"{"as_of":"2020-03-02T21:00:00Z","instrument":"A","kind":"abstain","reason":"no signal"}"#
    let b =
      #"{"as_of":"2020-03-02T21:00:00Z","instrument":"B","kind":"veto","#
      + #""reason":"position above its share of equity","value":0.0501}"#
    #expect(answer.lines == [a, b])
  }

  @Test func aParentOfOneThousandAndThreeIsWorkedInSevenHundredsAndThreeMore() throws {
    let work = #"{"symbol":"A","total":1003,"start":"2020-03-02T15:00:00Z","end":"2020-03-02T15:10:00Z"}"#
    let answer = try EvaluationFixture.run(
      "desk.twap", of: "desk", ["portfolio.json": #"{"cash":100000,"work":[\#(work)]}"#])
    let quantities = answer.lines.compactMap { field($0, "quantity") }
    #expect(quantities.count { $0 == 100 } == 7)
    #expect(quantities.count { $0 == 101 } == 3)
    #expect(quantities.reduce(0, +) == 1003)
    #expect(text(try #require(answer.lines.last), "release") == "2020-03-02T15:09:00Z")
  }

  @Test func halfTheCushionIsAboutHalfTheExposure() throws {
    let answer = try EvaluationFixture.run(
      "risk.drawdown_floor", of: "risk", ["portfolio.json": #"{"equity":95000,"peak_equity":100000}"#])
    let line = try #require(answer.lines.first { text($0, "kind") == "multiplier" })
    // 10 x (95 - 90) / 95
    #expect(abs(try #require(field(line, "multiplier")) - 10.0 / 19) < 1e-12)
  }
}
