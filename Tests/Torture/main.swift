import Foundation

struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ text: String) { description = text }
}

/// `torture NAME [--option N ...]`: one line of JSON, exit 0 passed, 1 failed, 2 usage.
func options(
  _ arguments: ArraySlice<String>, _ known: Set<String>, flags: Set<String> = []
) throws -> [String: UInt64] {
  var left = arguments
  var found: [String: UInt64] = [:]
  while let name = left.popFirst() {
    if flags.contains(name) {
      found[name] = 1
      continue
    }
    guard known.contains(name), let text = left.popFirst(), let value = UInt64(text) else {
      throw Failure("\(name): give \(known.sorted().joined(separator: ", ")), each with a number")
    }
    found[name] = value
  }
  return found
}

func power(_ arguments: ArraySlice<String>) throws -> Bool {
  let given = try options(arguments, ["--seed", "--commits", "--sessions", "--images"])
  var torture = PowerTorture()
  torture.seed = given["--seed"] ?? torture.seed
  torture.commits = Int(clamping: given["--commits"] ?? UInt64(torture.commits))
  torture.sessions = max(1, Int(clamping: given["--sessions"] ?? UInt64(torture.sessions)))
  torture.images = Int(clamping: given["--images"] ?? UInt64(torture.images))
  let report = try torture.run()
  let encoder = JSONEncoder()
  encoder.outputFormatting = .sortedKeys
  print(String(decoding: try encoder.encode(report), as: UTF8.self))
  return report.passed
}

/// The parts that are not built with the package are made by the script and named in the environment.
func crash(_ arguments: ArraySlice<String>) throws -> Bool {
  var arguments = arguments
  func word(_ name: String) -> String? {
    guard let place = arguments.firstIndex(of: name), place + 1 < arguments.endIndex else { return nil }
    defer { arguments.removeSubrange(place...place + 1) }
    return arguments[place + 1]
  }
  let (broker, how) = (word("--broker") ?? "gateway", word("--how"))
  guard ["desk", "gateway"].contains(broker), how == nil || how.flatMap(CrashPoint.How.init) != nil else {
    throw Failure("crash: --broker is desk or gateway, --how after or middle")
  }
  let given = try options(
    arguments, ["--seed", "--lives", "--from", "--parallel", "--control"], flags: ["--keep"])
  var torture = CrashTorture()
  torture.seed = given["--seed"] ?? torture.seed
  torture.lives = given["--lives"].map { Int(clamping: $0) }
  torture.from = given["--from"].map { Int(clamping: $0) }
  torture.parallel = max(1, Int(clamping: given["--parallel"] ?? UInt64(torture.parallel)))
  torture.controlLives = Int(clamping: given["--control"] ?? UInt64(torture.controlLives))
  torture.how = how.flatMap(CrashPoint.How.init)
  torture.keeps = given["--keep"] != nil
  let environment = ProcessInfo.processInfo.environment
  guard let interposer = environment["TORTURE_INTERPOSER"], let desk = environment["TORTURE_DESK"] else {
    throw Failure("crash: start it with scripts/torture")
  }
  let report = try torture.run(
    interposer: interposer, broker: broker == "desk" ? .desk(desk) : .gateway)
  let encoder = JSONEncoder()
  encoder.outputFormatting = .sortedKeys
  encoder.keyEncodingStrategy = .convertToSnakeCase
  print(String(decoding: try encoder.encode(report), as: UTF8.self))
  return report.passed
}

func simulate(_ arguments: ArraySlice<String>) throws -> Bool {
  let given = try options(arguments, ["--seed", "--runs", "--tries", "--verbose"])
  let environment = ProcessInfo.processInfo.environment
  let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path
  var torture = SimulateTorture(plugins: folder, puppet: environment["TORTURE_PUPPET"] ?? "\(folder)/puppet.so")
  torture.seed = given["--seed"] ?? torture.seed
  torture.runs = Int(clamping: given["--runs"] ?? UInt64(torture.runs))
  torture.tries = Int(clamping: given["--tries"] ?? UInt64(torture.tries))
  torture.isVerbose = given["--verbose"] ?? 0 > 0
  torture.onlyBug = environment["TORTURE_BUG"]
  let report = try torture.run()
  let encoder = JSONEncoder()
  encoder.outputFormatting = .sortedKeys
  print(String(decoding: try encoder.encode(report), as: UTF8.self))
  return report.passed
}

do {
  let arguments = CommandLine.arguments.dropFirst()
  switch arguments.first {
  case "power": exit(try power(arguments.dropFirst()) ? 0 : 1)
  case "crash": exit(try crash(arguments.dropFirst()) ? 0 : 1)
  case "simulate": exit(try simulate(arguments.dropFirst()) ? 0 : 1)
  case "host": try controlHost(Array(arguments.dropFirst()))
  default: throw Failure("give one of: power, crash, simulate")
  }
} catch {
  FileHandle.standardError.write(Data("torture: \(error)\n".utf8))
  exit(2)
}
