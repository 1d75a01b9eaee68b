import AlphaLoopKit
import AlphaLoopSDK
import CAlphaLoop
import Glibc
import TWSSimulator

@c(alphaloop_register)
public func registerPlugins() { Library.add(job: GatewayJob.self) }

/// Runs a simulated gateway until the host is to stop.
struct GatewayJob: Job {
  static let descriptor = Descriptor(
    id: "broker.ibkr.gateway", name: "Simulated IB Gateway",
    summary: "A server of the TWS protocol with a market and an order book of its own, for tests and demos")
  static let verbs = ["gateway"]

  private let host: Host

  init(_ setup: Setup) throws(PluginError) { host = setup.host }

  mutating func run(_ run: JobRun) throws(PluginError) {
    guard run.input.isEmpty else { throw .data("a gateway has no document to work on") }
    let settings = try GatewaySettings(run.arguments)
    let gateway: Gateway
    do {
      gateway = try Gateway(settings.options)
    } catch {
      throw .configuration(error.description)
    }
    defer { gateway.stop() }
    try run.text.write(Array((settings.listening(gateway.port) + "\n").utf8))
    while !host.isStopping { usleep(50_000) }
  }
}

/// The arguments of the verb.
struct GatewaySettings {
  var options = GatewayOptions()
  var isJSON = false

  init(_ arguments: String) throws(PluginError) {
    do {
      let all = try JSONReader.parse(Array(arguments.utf8), file: "arguments")
      // Nothing listens that nobody asked for.
      let port = try all.member("port").integer()
      guard let exact = UInt16(exactly: port) else { throw GatewayError("port \(port): there is none such") }
      options.port = exact
      if let account = try all.optional("account")?.string() { options.account = account }
      if let seed = try all.optional("seed")?.string() {
        guard let number = UInt64(seed) else { throw GatewayError("seed '\(seed)' is no number") }
        options.seed = number
      }
      try readNumbers(all)
      options.dataPath = try all.optional("data")?.string()
      options.bookPath = try all.optional("book")?.string()
      options.controlPath = try all.optional("control")?.string()
      if let path = try all.optional("weather")?.string() { options.weather = try Self.lines(path) }
      options.followsSessions = try all.optional("sessions")?.boolean() ?? false
      isJSON = try all.optional("json")?.boolean() ?? false
    } catch {
      throw PluginError(AL_E_ARGUMENT, "\(error)")
    }
  }

  private mutating func readNumbers(_ all: JSONCursor) throws {
    if let value = try all.optional("speed")?.double() { options.speed = value }
    if let value = try all.optional("quotes")?.double() { options.quotesPerSecond = value }
    if let value = try all.optional("volatility")?.double() { options.volatility = value }
    if let value = try all.optional("latency")?.double() { options.latency = value }
    if let value = try all.optional("fill_gap")?.double() { options.fillGap = value }
    if let value = try all.optional("fill_parts")?.integer() { options.fillParts = Int(clamping: value) }
    if let value = try all.optional("cash")?.double() { options.cash = value }
    if let value = try all.optional("server_version")?.integer() { options.highestVersion = Int(clamping: value) }
    guard options.speed > 0, options.speed.isFinite, options.quotesPerSecond > 0, options.quotesPerSecond <= 1000 else {
      throw GatewayError("--speed is above 0, and --quotes above 0 and at most 1000")
    }
    guard options.volatility >= 0, options.latency >= 0, options.fillGap >= 0, options.fillParts > 0,
      options.cash >= 0, [options.volatility, options.latency, options.fillGap, options.cash].allSatisfy(\.isFinite)
    else { throw GatewayError("--volatility, --latency, --fill-gap and --cash are not below 0, --fill-parts above 0") }
  }

  private static func lines(_ path: String) throws(GatewayError) -> [String] {
    guard let file = fopen(path, "r") else { throw GatewayError("\(path): \(String(cString: strerror(errno)))") }
    defer { fclose(file) }
    var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// The one line that says where it listens.
  func listening(_ port: UInt16) -> String {
    if !isJSON { return "gateway: listening on 127.0.0.1:\(port), account \(options.account), seed \(options.seed)" }
    return
      "{\"gateway\":\"listening\",\"host\":\"127.0.0.1\",\"port\":\(port),\"account\":\(jsonText(options.account)),"
      + "\"seed\":\(options.seed),\"server_version\":\(options.highestVersion),\"pid\":\(getpid())}"
  }
}
