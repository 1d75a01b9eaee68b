import Foundation
import Testing

@testable import AlphaLoopRuntime

/// Bad input and bad answers.
@Suite struct AgentEvalFaultTests {
  private static let bars = "symbol,date,close\nA,2020-03-02,100\nB,2020-03-02,100\n"

  private func reasons(_ answer: Int) throws -> EvaluationAnswer {
    try EvaluationFixture.run("fixture.eyes", ["bars.csv": Self.bars], parameters: "{\"answer\":\(answer)}")
  }

  @Test func aWholeAnswerIsNeverRefused() throws {
    let answer = try reasons(1)
    #expect(answer.refusals == 0)
    #expect(
      answer.lines.first
        == #"{"as_of":"2020-03-02T21:00:00Z","instrument":"A","kind":"view","score":0.5,"confidence":1,"horizon_ns":60}"#
    )
  }

  @Test(arguments: [
    (2, "value nan is not finite"), (3, "score 2.0 is outside [-1, 1]"),
    (4, "unknown instrument 2: the universe has 2"),
    (5, "undeclared kind weight: the descriptor's outputs lack it"),
    (7, "too many rows: more than the 1 of an instrument that the descriptor declares"),
  ])
  func anAnswerThatBreaksTheContractIsRefusedWithItsReason(_ answer: Int, _ reason: String) throws {
    let made = try reasons(answer)
    #expect(made.refusals == 2)
    #expect(made.lines.contains { $0.contains(#""kind":"refused","reason":"\#(reason)"}"#) })
  }

  @Test func anAbstentionOfTheUniverseIsThatOfEachInstrument() throws {
    let answer = try reasons(6)
    #expect(answer.lines.count == 3 && answer.lines.allSatisfy { $0.contains(#""reason":"stale""#) })
    #expect(answer.lines[0].contains(#""instrument":null"#) && answer.lines[2].contains(#""instrument":"B""#))
  }

  @Test func aBadRowIsNamedByFileLineAndColumn() throws {
    let broken = "symbol,date,close\nA,2020-03-02,100\nA,2020-03-03,1x2\nA,soon,3\nA,2020-03-02,101\nA,2020-03-05,-1\n"
    let error = try EvaluationFixture.failure("fixture.eyes", ["bars.csv": broken])
    #expect(error.code == .data)
    #expect(error.message.contains("bars.csv:3:3: (close): \"1x2\": is not a number"))
    #expect(error.message.contains("bars.csv:4:2: (timestamp)") || error.message.contains("bars.csv:4:2: (date)"))
    #expect(error.message.contains("bars.csv:5:2: (timestamp): the same time stands on an earlier row"))
    #expect(error.message.contains("bars.csv:6:3: (close): -1.0: a price must be above zero"))
  }

  @Test func theRestLoadsWhenTheUserAllowsIt() throws {
    let broken = "symbol,date,close\nA,2020-03-02,100\nA,2020-03-03,1x2\nA,2020-03-04,102\n"
    let answer = try EvaluationFixture.run("fixture.eyes", ["bars.csv": broken]) { $0.skipsBadRows = true }
    #expect(answer.skippedRows == 1)
    #expect(
      answer.log.filter { $0.hasPrefix("closes") } == [
        "closes 0 100 without volume", "closes 0 100 102 without volume",
      ])
  }

  @Test(arguments: [
    ("events.csv", "symbol,kind,date,known\nA,dividnd,2020-03-02,2020-03-02\n", "events.csv:2:2: (kind)", "'dividend'"),
    (
      "options.csv", "underlying,timestamp,expiry,strike,right\nA,2020-03-02,2020-04-02,100,cal\n",
      "options.csv:2:5: (right)", "'call'"
    ),
    ("macro.csv", "series,date,value\nX,2020-03-02,1\n", "macro.csv:1:", "no column known"),
    ("portfolio.json", #"{"cash":1,"equty":2}"#, "at ''", "'equity'"),
    ("portfolio.json", #"{"cash":"lots"}"#, "at '/cash'", "write a number"),
    ("portfolio.json", "{\"cash\":", "portfolio.json:1:", ""),
    ("universe.csv", "symbol,tick\nA,-1\n", "universe.csv:2:2: (tick)", "above 0"),
  ])
  func everyFileNamesWhatIsWrongInIt(_ name: String, _ text: String, _ place: String, _ problem: String) throws {
    let error = try EvaluationFixture.failure("fixture.eyes", ["bars.csv": Self.bars, name: text])
    #expect(error.code == .data)
    #expect(error.message.contains(name) && error.message.contains(place == "at ''" ? name : place))
    #expect(problem.isEmpty || error.message.contains(problem))
  }

  @Test func anUnknownParameterIsNamedWithTheNearest() throws {
    let error = try EvaluationFixture.failure("fixture.eyes", ["bars.csv": Self.bars], parameters: #"{"anser":1}"#)
    #expect(error.code == .configuration)
    #expect(error.message.contains("unknown key 'anser'; did you mean 'answer'?"))
  }

  @Test func anUnknownAgentIsAUsageErrorThatListsNearOnes() throws {
    let error = try EvaluationFixture.failure("fixture.eye", ["bars.csv": Self.bars])
    #expect(error.code == .usage)
    #expect(error.message.contains("did you mean fixture.eyes?"))
  }

  @Test func aFolderWithoutAnyFileIsADataError() throws {
    let error = try EvaluationFixture.failure("fixture.eyes", ["bar.csv": Self.bars])
    #expect(error.code == .data)
    #expect(error.message.contains("bars.csv"))
  }
}
