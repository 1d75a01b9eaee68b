import Foundation
import Testing

@testable import AlphaLoopRuntime

/// What the agent is shown, and when.
@Suite struct AgentEvalInputTests {
  // 18323 is 2020-03-02; 16:00 in New York is 75600 s in winter.
  private static let bars = """
    date,symbol,close,volume
    2020-03-04,A,102,1
    2020-03-02,B,50,
    2020-03-02,A,100,1
    2020-03-03,A,101,1
    2020-03-04,B,51,

    """

  @Test func aRevisionIsAFurtherRowFromItsOwnKnownTime() throws {
    let macro = """
      series,date,known,value
      UNRATE,2020-01-01,2020-03-04,3.5
      UNRATE,2020-01-01,2020-03-03,3.6
      CPI,2020-02-01,2020-03-10,1
      """
    let answer = try EvaluationFixture.run(
      "fixture.eyes", ["bars.csv": Self.bars, "macro.csv": macro], parameters: #"{"triggers":2}"#)
    let seen = answer.looks.dropFirst().map { $0.filter { $0.hasPrefix("macro") } }
    #expect(
      seen == [
        [], ["macro 0 UNRATE 18262 18324 3.6"], ["macro 0 UNRATE 18262 18324 3.6", "macro 0 UNRATE 18262 18325 3.5"],
      ])
  }

  @Test func aFactIsUnseenOneNanosecondBeforeItIsKnown() throws {
    let fundamentals = """
      symbol,field,period,known,value
      B,eps,2019-12-31,2020-03-03T21:00:00.000000001Z,2
      A,eps,2019-12-31,2020-03-03T21:00:00Z,1
      """
    let answer = try EvaluationFixture.run(
      "fixture.eyes", ["bars.csv": Self.bars, "fundamentals.csv": fundamentals], parameters: #"{"triggers":2}"#)
    let seen = answer.looks.dropFirst().map { $0.filter { $0.hasPrefix("fundamental") } }
    #expect(
      seen == [
        [], ["fundamental 0 eps 18261 18324 1"],
        ["fundamental 0 eps 18261 18324 1", "fundamental 1 eps 18261 18324 2"],
      ])
  }

  @Test func windowsSlideOverTheLookbackAndAColumnWithoutValuesIsAbsent() throws {
    let answer = try EvaluationFixture.run("fixture.eyes", ["bars.csv": Self.bars], parameters: #"{"triggers":2}"#)
    let seen = answer.looks.dropFirst().map { $0.filter { $0.hasPrefix("closes") } }
    #expect(
      seen == [
        ["closes 0 100", "closes 1 50 without volume"], ["closes 0 100 101", "closes 1 50 without volume"],
        ["closes 0 101 102", "closes 1 50 51 without volume"],
      ])
  }

  @Test func futureRowsChangeNothingThatWasSaidBefore() throws {
    let more = Self.bars + "2020-03-05,A,7,1\n2020-03-05,Z,9,1\n"
    let universe = "symbol\nA\nB\nZ\n"
    let files = ["bars.csv": Self.bars, "universe.csv": universe, "macro.csv": "series,date,known,value\n"]
    var later = files
    later["bars.csv"] = more
    later["macro.csv"] = "series,date,known,value\nAAA,2020-01-01,2020-03-05,1\n"
    let before = try EvaluationFixture.run("fixture.eyes", files)
    let after = try EvaluationFixture.run("fixture.eyes", later)
    #expect(after.log.count > before.log.count)
    // A column of Z exists only where it has values, which the file as a whole tells.
    #expect(
      Array(after.log.prefix(before.log.count)).filter { !$0.hasPrefix("closes 2") }
        == before.log.filter { !$0.hasPrefix("closes 2") })
  }

  @Test func onlyWhatTheDescriptorDeclaresIsGranted() throws {
    let files = [
      "bars.csv": Self.bars, "macro.csv": "series,date,known,value\nUNRATE,2020-01-01,2020-03-02,3.5\n",
      "portfolio.json": #"{"cash":1000}"#,
    ]
    let all = try EvaluationFixture.run("fixture.eyes", files)
    let narrow = try EvaluationFixture.run("fixture.bars_only", files)
    #expect(all.log.contains { $0.hasPrefix("macro") } && all.log.contains { $0.hasPrefix("portfolio") })
    #expect(narrow.log.first == "granted 1")
    #expect(!narrow.log.contains { $0.hasPrefix("macro") || $0.hasPrefix("portfolio") || $0.hasPrefix("view") })
    #expect(!all.log.contains { $0.hasPrefix("quote") })
  }

  @Test func marketDataNewsAndEventsAppearWhenKnown() throws {
    let answer = try EvaluationFixture.run(
      "fixture.eyes",
      [
        "bars.csv": Self.bars,
        "quotes.csv": "symbol,timestamp,bid,ask\nA,2020-03-03T15:00:00Z,100,101\n",
        "trades.csv": "symbol,timestamp,price,size\nB,2020-03-03T15:00:01Z,50,1\nA,2020-03-03T15:00:01Z,100.5,10\n",
        "options.csv": """
        underlying,timestamp,expiry,strike,right,bid
        A,2020-03-02,2020-03-03,100,put,1
        A,2020-03-02,2020-04-03,100,call,3
        A,2020-03-03,2020-04-03,100,call,5
        """,
        "news.csv":
          "symbol,published,known,headline\n,2020-03-02,2020-03-04,World\nA,2020-03-02,2020-03-03,\"Up, up\"\n",
        "events.csv": "symbol,kind,date,known,value\nA,dividend,2020-03-10,2020-03-03,0.5\n",
      ], parameters: #"{"triggers":14}"#)
    let looks = answer.looks.dropFirst().map { $0.filter { !$0.hasPrefix("closes") && !$0.hasPrefix("session") } }
    let put = "option 0 100 put 1"
    #expect(
      looks == [
        ["at 18323.75600 cause 2 timer 0", put, "option 0 100 call 3"],
        ["at 18324.54000 cause 4 timer 0", "quote 0 100 101", put, "option 0 100 call 3"],
        [
          "at 18324.54001 cause 8 timer 0", "quote 0 100 101", "trade 0 100.5 10", "trade 1 50 1", put,
          "option 0 100 call 3",
        ],
        [
          "at 18324.75600 cause 2 timer 0", "quote 0 100 101", put, "option 0 100 call 5", "news 0 Up, up",
          "event 0 2 0.5",
        ],
        [
          "at 18325.75600 cause 2 timer 0", "quote 0 100 101", "option 0 100 call 5", "news 0 Up, up",
          "news -1 World", "event 0 2 0.5",
        ],
      ])
  }

  @Test func theNewestAccountAndTheNewestRowsOfOtherAgentsCount() throws {
    let accounts = """
      [{"as_of":"2020-03-04","cash":900},
       {"as_of":"2020-03-03","cash":1000,"positions":[{"symbol":"A","quantity":2,"average_cost":90}],
        "work":[{"symbol":"B","total":5,"start":"2020-03-03T20:00:00Z","end":"2020-03-04"}]}]
      """
    let answer = try EvaluationFixture.run(
      "fixture.eyes",
      [
        "bars.csv": Self.bars, "portfolio.json": accounts,
        "views.csv": """
        as_of,agent,symbol,kind,value,confidence
        2020-03-03,,A,weight,0.1,
        2020-03-03,m,A,view,0.5,1
        2020-03-04,m,A,view,-0.5,1
        """,
        "records.csv": "as_of,agent,wins,last_return\n2020-03-04,m,3,0.25\n",
      ], parameters: #"{"triggers":130}"#)
    let looks = answer.looks.dropFirst().map { $0.filter { !$0.hasPrefix("closes") && !$0.hasPrefix("session") } }
    #expect(
      looks == [
        ["at 18323.75600 cause 2 timer 0", "record m 0 nan"],
        // Two shares at the close of 101; a panel and new work.
        [
          "at 18324.75600 cause 130 timer 0", "portfolio 1202 1000 202", "position 0 2 101", "work 1 5",
          "view 0 0 1 0.5",
          "view -1 0 2 0.1", "record m 0 nan",
        ],
        [
          "at 18325.75600 cause 2 timer 0", "portfolio 900 900 0", "view 0 0 1 -0.5", "view -1 0 2 0.1",
          "record m 3 0.25",
        ],
      ])
  }

  @Test func aTimerFiresAtItsOwnTimeBetweenTheBars() throws {
    let answer = try EvaluationFixture.run(
      "fixture.eyes", ["bars.csv": Self.bars], parameters: #"{"triggers":66,"timer":30}"#)
    let times = answer.log.filter { $0.hasPrefix("at ") }
    #expect(
      times == [
        "at 18323.75600 cause 2 timer 0", "at 18323.75630 cause 64 timer 7", "at 18324.75600 cause 2 timer 0",
        "at 18325.75600 cause 2 timer 0",
      ])
  }

  @Test func theUniverseFileGivesOrderAndSectorAndLeavesOthersOut() throws {
    let answer = try EvaluationFixture.run(
      "fixture.eyes", ["bars.csv": Self.bars, "universe.csv": "symbol,sector\nC,Energy\nB,Utilities\n"],
      parameters: #"{"triggers":2}"#)
    #expect(answer.log.filter { $0.hasPrefix("bound") } == ["bound C Energy", "bound B Utilities"])
    #expect(answer.notes.contains { $0.contains("left out: A") })
    #expect(answer.lines.count == 3 * 2)
    #expect(answer.lines.first == #"{"as_of":"2020-03-02T21:00:00Z","instrument":"C","kind":"none"}"#)
  }

  @Test func theSameInputGivesTheSameBytesAndPrintingFromLaterChangesNone() throws {
    let run = { (change: (inout AgentEvaluation.Options) -> Void) in
      try EvaluationFixture.run("fixture.eyes", ["bars.csv": Self.bars], parameters: #"{"answer":1}"#, change: change)
    }
    let whole = try run { _ in }
    #expect(try run { _ in }.lines == whole.lines)
    let day: Int64 = 86_400_000_000_000
    let late = try run { $0.from = 18324 * day }
    #expect(late.lines == Array(whole.lines.dropFirst(2)))
    #expect(try run { $0.to = 18325 * day }.lines == Array(whole.lines.prefix(4)))
  }
}
