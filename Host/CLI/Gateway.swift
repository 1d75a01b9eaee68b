import AlphaLoopRuntime
import ArgumentParser
import Glibc

struct GatewayVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gateway",
    abstract: "Run a simulated IB Gateway on the loopback interface, until it is interrupted.",
    discussion: GatewayHelp.text)

  @Option(name: .long, help: "Port to listen on; 0 chooses a free one.") var port: UInt16 = 4002
  @Option(name: .long, help: "Account that clients see.") var account = "DU1234567"
  @Option(name: .long, help: "Seed of prices, of the parts of fills and of the weather.") var seed: UInt64 = 1
  @Option(name: .long, help: "File of commands with their times, a JSON object a line.") var weather: String?
  @Option(name: .long, help: "CSV file of bars to take the prices from.") var data: String?
  @Option(name: .long, help: "File to which the gateway's own book is told, a JSON object a line.") var book: String?
  @Option(name: .long, help: "Unix socket that takes commands, a JSON object a line.") var control: String?
  @Option(name: .long, help: "Simulated seconds in a real one.") var speed = 1.0
  @Option(name: .long, help: "Quotes a second of every symbol that is looked at.") var quotes = 4.0
  @Option(name: .long, help: "How far prices wander: 1 as stocks do, 0 not at all.") var volatility = 1.0
  @Option(name: .long, help: "Milliseconds from an order to its first answer.") var latency = 2.0
  @Option(name: .long, help: "Milliseconds between the parts in which an order fills.") var fillGap = 10.0
  @Option(name: .long, help: "The most parts that an order fills in.") var fillParts = 4
  @Option(name: .long, help: "Cash of the account at the start.") var cash = 1_000_000.0
  @Option(name: .long, help: "The newest server version to offer, 176 to 200.") var serverVersion = 200
  @Flag(name: .long, help: "Auctions and the end of day orders at 09:30 and 16:00 of New York, not by command only.")
  var sessions = false
  @Flag(name: .long, help: "Say where it listens as a JSON line.") var json = false

  func run() throws {
    Signals.install()
    _ = try JobRunner.run(
      own: "libibkrgateway.so", id: "broker.ibkr.gateway", verb: "gateway", arguments: arguments.text,
      isStopping: { Signals.wantsStop }, hear: { Console.out(Array($0.utf8)) })
  }

  private var arguments: JSONValue {
    func number(_ value: Double) -> JSONValue { JSONNumber(value).map { .number($0) } ?? .null }
    var object = JSONObject()
    object["port"] = .integer(Int64(port))
    object["account"] = .string(account)
    object["seed"] = .string(String(seed))
    object["speed"] = number(speed)
    object["quotes"] = number(quotes)
    object["volatility"] = number(volatility)
    object["latency"] = number(latency)
    object["fill_gap"] = number(fillGap)
    object["fill_parts"] = .integer(Int64(fillParts))
    object["cash"] = number(cash)
    object["server_version"] = .integer(Int64(serverVersion))
    object["json"] = .bool(json)
    object["sessions"] = .bool(sessions)
    for (key, value) in [("weather", weather), ("data", data), ("book", book), ("control", control)] {
      if let value { object[key] = .string(value) }
    }
    return .object(object)
  }
}
