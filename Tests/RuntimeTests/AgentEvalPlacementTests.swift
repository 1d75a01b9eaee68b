import Foundation
import Testing

@testable import AlphaLoopRuntime

/// A third party's agent is evaluated in a worker: the same lines, and a fault that the host outlives.
@Suite(.serialized) struct AgentEvalPlacementTests {
  private static let files = [
    "bars.csv": """
    date,symbol,close,volume
    2020-03-02,A,100,1
    2020-03-02,B,50,
    2020-03-03,A,101,1
    2020-03-04,A,102,1
    2020-03-04,B,51,
    2020-03-05,A,103,1

    """,
    "fundamentals.csv":
      "symbol,field,period,known,value\nB,eps,2019-12-31,2020-03-03,2\nA,eps,2019-12-31,2020-03-04,1\n",
    "macro.csv": "series,date,known,value\nUNRATE,2020-01-01,2020-03-04,3.5\nCPI,2020-02-01,2020-03-03,1\n",
    "options.csv":
      "underlying,timestamp,expiry,strike,right,bid,ask\nA,2020-03-03,2020-03-20,100,call,1,2\nA,2020-03-03,2020-03-20,90,put,3,4\n",
    "quotes.csv": "symbol,timestamp,bid,ask\nA,2020-03-02T15:00:00Z,99,101\nB,2020-03-03T15:00:00Z,49,51\n",
    "trades.csv": "symbol,timestamp,price,size\nA,2020-03-03T15:00:00Z,100,5\nB,2020-03-03T15:00:01Z,50,6\n",
    "news.csv": "symbol,published,known,headline,body\nA,2020-03-02,2020-03-03,Up,All of it\n",
    "events.csv": "symbol,kind,date,known,value\nA,dividend,2020-03-03,2020-03-02,0.5\n",
    "portfolio.json": #"{"cash":1000,"positions":[{"symbol":"A","quantity":5,"average_cost":90}]}"#,
    "views.csv":
      "as_of,agent,symbol,kind,value,confidence\n2020-03-02,other,A,view,0.5,1\n2020-03-04,other,B,view,-0.5,1\n",
  ]

  private func run(
    _ id: String, _ product: String?, _ isolation: PluginLibrary.Isolation?, _ files: [String: String],
    parameters: String = "{}"
  ) throws -> EvaluationAnswer {
    try EvaluationFixture.run(id, of: product, files, parameters: parameters) { $0.isolation = isolation }
  }

  @Test("everything that an agent is shown, and every answer it gives, good or bad", arguments: 0...7)
  func eyes(_ answer: Int) throws {
    let parameters = "{\"answer\":\(answer),\"timer\":100,\"triggers\":254}"
    let host = try run("fixture.eyes", nil, PluginLibrary.Isolation.none, Self.files, parameters: parameters)
    let worker = try run("fixture.eyes", nil, .process, Self.files, parameters: parameters)
    #expect(host.log.count > 40)
    for kind in ["fundamental", "macro", "option", "quote", "trade", "news", "event", "closes"] {
      #expect(host.log.contains { $0.hasPrefix(kind) }, "\(kind)")
    }
    #expect(worker.lines == host.lines)
    #expect(worker.log == host.log)
    #expect(worker.refusals == host.refusals)
    let byPlace = try run("fixture.eyes", nil, nil, Self.files, parameters: parameters)
    #expect(byPlace.lines == host.lines)
  }

  @Test("a first-party agent over 600 bars")
  func momentum() throws {
    var text = "date,symbol,close,volume\n"
    for i in 0..<600 {
      let (year, month, day) = civilDate(Int64(16_500 + i))
      func two(_ v: Int64) -> String { v < 10 ? "0\(v)" : "\(v)" }
      for (k, symbol) in ["A", "B"].enumerated() {
        text += "\(year)-\(two(month))-\(two(day)),\(symbol),\(100 + i / 9 + (i * (k + 3)) % 13),1000\n"
      }
    }
    let host = try run("mom.tsmom", "momentum", PluginLibrary.Isolation.none, ["bars.csv": text])
    let worker = try run("mom.tsmom", "momentum", .process, ["bars.csv": text])
    #expect(host.lines.contains { $0.contains(#""kind":"view""#) })
    #expect(worker.lines == host.lines)
  }

  private func fault(
    _ fixture: String, _ change: @escaping (inout AgentEvaluation.Options) -> Void = { _ in }
  ) throws -> HostError {
    let library = try WorkerFixture.library(fixture)
    return try EvaluationFixture.failure("fixture.\(fixture)", Self.files, parameters: #"{"at":3}"#) { options in
      options.library = library
      change(&options)
    }
  }

  @Test("a crash names the agent, the moment and the signal")
  func crash() throws {
    let error = try fault("wild_pointer")
    #expect(error.code == .failedCheck)
    #expect(
      error.message.hasPrefix(
        "fixture.wild_pointer: at 2020-03-04T21:00:00Z: its worker was ended by SIGSEGV (a wild pointer)"),
      "\(error.message)")
  }

  @Test("a hang is ended at its deadline")
  func hang() throws {
    let error = try fault("hang") { $0.deadline = 50_000_000 }
    #expect(error.code == .failedCheck)
    #expect(
      error.message == "fixture.hang: at 2020-03-04T21:00:00Z: it did not answer within 50 ms; its worker was ended")
  }

  @Test("wrong parameters are a configuration error in a worker too")
  func parameters() throws {
    let library = try WorkerFixture.library("steady")
    let error = try EvaluationFixture.failure("fixture.steady", Self.files, parameters: #"{"att":3}"#) {
      $0.library = library
    }
    #expect(error.code == .configuration)
    #expect(error.message.contains("'at'"))
  }

  // MARK: the verbs

  private func alphaloop(_ arguments: [String], plugins: String? = nil) throws -> AlphaLoopProcess.Ending {
    try AlphaLoopProcess.run(arguments, environment: plugins.map { ["ALPHALOOP_PLUGINS": $0] } ?? [:])
  }

  @Test("a backtest with a manifest refuses the options that it would ignore")
  func ignoredOptions() throws {
    for option in [
      ["--params", "{\"fast\": 1}"], ["--cash", "5"], ["--fill", "same_close"], ["--commission-bps", "1"],
      ["--quantity", "1"], ["--library", "x.so"], ["--skip-bad-rows"],
    ] {
      let ended = try alphaloop(["backtest"] + option)
      #expect(ended.code == 2)
      #expect(ended.errors.contains("\(option[0]): for runs with --bars"), "\(ended.errors)")
    }
    for other in [["--bare"], ["--repeats", "2"], ["--sweep", "x"]] {
      #expect(try alphaloop(["backtest", "--report", "/nonexistent/x"] + other).code == 2)
    }
  }

  @Test("agent eval prints the same bytes in both placements, and outlives a crash with exit code 1")
  func evalVerb() throws {
    let sample = try EvaluationSample(Self.files)
    let steady = try WorkerFixture.library("steady")
    let common = ["--data", sample.path, "--json"]
    let worker = try alphaloop(["agent", "eval", "fixture.steady", "--library", steady] + common)
    let host = try alphaloop(
      ["agent", "eval", "fixture.steady", "--library", steady] + common, plugins: parent(steady))
    #expect(worker.code == 0 && host.code == 0)
    #expect(host.output.split(separator: "\n").count == 8)
    #expect(worker.output == host.output)

    let broken = try WorkerFixture.library("wild_pointer")
    let ended = try alphaloop(
      ["agent", "eval", "fixture.wild_pointer", "--library", broken, "--params", #"{"at":3}"#] + common)
    #expect(ended.code == 1)
    #expect(ended.output.split(separator: "\n").count == 4, "what was said before is printed")
    #expect(
      ended.errors.contains("alphaloop: fixture.wild_pointer: at 2020-03-04T21:00:00Z: its worker was ended by SIGSEGV")
    )
  }

  @Test("so does backtest --bars --agent")
  func backtestVerb() throws {
    let sample = try EvaluationSample([
      "bars.csv": "date,open,high,low,close,volume\n"
        + (2...27).map { "2020-03-\($0 < 10 ? "0" : "")\($0),\(100 + $0 % 5),110,90,\(100 + $0 % 7),1000\n" }.joined()
    ])
    let steady = try WorkerFixture.library("steady")
    let common = ["--bars", "\(sample.path)/bars.csv", "--json", "--quantity", "10"]
    let worker = try alphaloop(["backtest", "--agent", "fixture.steady", "--library", steady] + common)
    let host = try alphaloop(
      ["backtest", "--agent", "fixture.steady", "--library", steady] + common, plugins: parent(steady))
    #expect(worker.code == 0 && host.code == 0, "\(worker.errors) \(host.errors)")
    func untimed(_ text: String) throws -> JSONValue? {
      var object = try JSONValue.parse(text).object
      object?["timings"] = .null
      return object.map { .object($0) }
    }
    #expect(try untimed(worker.output) == untimed(host.output))
    #expect(try untimed(host.output)?["trades"] != .integer(0))

    let broken = try WorkerFixture.library("wild_pointer")
    let ended = try alphaloop(
      ["backtest", "--agent", "fixture.wild_pointer", "--library", broken, "--params", #"{"at":10}"#] + common)
    #expect(ended.code == 1)
    #expect(ended.output.isEmpty)
    #expect(ended.errors.contains("alphaloop: fixture.wild_pointer: at 2020-03-11T"), "\(ended.errors)")
  }
}
