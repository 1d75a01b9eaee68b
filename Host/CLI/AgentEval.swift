import AlphaLoopRuntime
import ArgumentParser
import Glibc

/// `alphaloop agent ...`: the same verb under the singular.
struct AgentVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agent", abstract: "Try one agent alone.", subcommands: [AgentEval.self])
}

struct AgentEval: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Run one agent alone over a folder of CSV files and print what it says.",
    discussion: EvaluationHelp.text)

  @Argument(help: "Plugin id of the agent, such as mom.high52.") var id: String
  @Option(name: .long, help: "Folder of the files.") var data: String
  @Option(name: .long, help: "Parameters of the agent as a JSON object.") var params = "{}"
  @Option(name: .long, help: "Print from this date on (YYYY-MM-DD).") var from: String?
  @Option(name: .long, help: "Print and evaluate before this date (YYYY-MM-DD).") var to: String?
  @Option(name: .long, help: "The agent's library (default: those beside the executable, or in ALPHALOOP_PLUGINS).")
  var library: String?
  @Option(name: .long, help: "Seed of the agent's random streams.") var seed: UInt64 = 1
  @Option(name: .long, help: "The symbol of files that have no symbol column.") var symbol: String?
  @Flag(name: .long, help: "Leave bad rows out and say how many there were.") var skipBadRows = false
  @Flag(name: .long, help: "Print one JSON object a line.") var json = false

  func run() throws {
    Signals.install()
    let evaluation = try AgentEvaluation(try options())
    for note in evaluation.notes { Console.warn(note) }
    var block: [UInt8] = []
    var rows = [["AS OF", "INSTRUMENT", "KIND", "ANSWER"]]
    let print = { (line: EvaluationLine) throws in
      if Signals.wantsStop { throw Stopped() }
      guard json else { return rows.append(line.cells) }
      block.append(contentsOf: line.json.utf8)
      block.append(UInt8(ascii: "\n"))
      if block.count > 1 << 16 {
        Console.out(block)
        block.removeAll(keepingCapacity: true)
      }
    }
    // What was said before a fault is told all the same.
    var failure: HostError?
    do {
      try evaluation.run(print)
    } catch is Stopped {
      Console.warn("stopped before the end of the data")
    } catch let error as HostError {
      failure = error
    }
    json ? Console.out(block) : Console.out(table(rows))
    if evaluation.refusals > 0 { Console.warn("\(evaluation.refusals) answers were refused; their lines say why") }
    if let failure { throw failure }
  }

  /// A signal asked for the end: what was said so far is printed.
  private struct Stopped: Error {}

  private func options() throws -> AgentEvaluation.Options {
    var options = AgentEvaluation.Options(id: id, data: data)
    do {
      options.parameters = try JSONValue.parse(params)
    } catch {
      throw HostError(.usage, "--params is not JSON: \(error)")
    }
    options.from = try from.map { try Dates.parse($0) }
    options.to = try to.map { try Dates.parse($0) }
    options.library = library
    options.seed = seed
    options.symbol = symbol
    options.skipsBadRows = skipBadRows
    let name = id
    options.log = { level, text in if level >= 2 { Console.warn("\(name): \(text)") } }
    return options
  }
}
