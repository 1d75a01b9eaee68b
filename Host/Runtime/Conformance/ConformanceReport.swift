/// What the checks of a file found.
public struct ConformanceReport: Sendable {
  public var file: String
  public var seed: UInt64
  public var plugins: [Conformance.Offer]
  public var results: [CheckResult]
  public var milliseconds: Int

  public var failures: [CheckResult] { results.filter(\.status.isFailure) }

  public func count(_ status: CheckStatus) -> Int { results.lazy.filter { $0.status == status }.count }

  /// One object; keys as documented by `alphaloop plugin validate --help`.
  public var json: String {
    var object = JSONObject()
    object["file"] = .string(file)
    object["seed"] = .string(String(seed))
    object["passed"] = .bool(failures.isEmpty)
    var counts = JSONObject()
    for status in CheckStatus.allCases { counts[status.rawValue] = .integer(Int64(count(status))) }
    object["counts"] = .object(counts)
    object["milliseconds"] = .integer(Int64(milliseconds))
    object["plugins"] = .array(
      plugins.map { ["id": .string($0.id), "version": .string($0.version), "kinds": .integer(Int64($0.kinds))] })
    object["checks"] = .array(results.map(Self.json))
    return JSONValue.object(object).text
  }

  private static func json(_ result: CheckResult) -> JSONValue {
    [
      "check": .string(result.check), "plugin": .string(result.plugin), "status": .string(result.status.rawValue),
      "reason": .string(result.reason), "advice": .string(result.advice),
      "milliseconds": .integer(Int64(result.milliseconds)), "reproduce": .string(result.reproduction),
    ]
  }

  /// For people: a block for the file and for each plugin, grouped; passes are one line a group.
  public func text(verbose: Bool = false) -> String {
    var lines = ["\(file): seed \(seed)"]
    for plugin in [""] + plugins.map(\.id) {
      let own = results.filter { $0.plugin == plugin }
      if own.isEmpty { continue }
      if !plugin.isEmpty { lines += ["", plugin] }
      var seen: [String] = []
      for group in own.map(\.group) where !seen.contains(group) {
        seen.append(group)
        lines += Self.block(group, own.filter { $0.group == group }, verbose: verbose)
      }
    }
    let summary = CheckStatus.allCases.map { "\(count($0)) \($0.rawValue)" }.joined(separator: ", ")
    lines += ["", "\(failures.isEmpty ? "passed" : "FAILED"): \(summary); seed \(seed), \(milliseconds) ms"]
    for failure in failures.prefix(5) {
      lines.append("again: alphaloop plugin validate \(file) --reproduce \(failure.reproduction)")
    }
    return lines.joined(separator: "\n")
  }

  private static func block(_ group: String, _ results: [CheckResult], verbose: Bool) -> [String] {
    let passed = results.filter { $0.status == .pass && ($0.reason.isEmpty || !verbose) }
    var lines: [String] = []
    if !passed.isEmpty {
      let names = passed.map { String($0.check.dropFirst(group.count + 1)) }.joined(separator: " ")
      lines.append("  pass     \(group): \(names)")
    }
    for result in results where !(result.status == .pass && (result.reason.isEmpty || !verbose)) {
      let word = result.status.isFailure ? result.status.rawValue.uppercased() : result.status.rawValue
      lines.append("  \(word)\(String(repeating: " ", count: 9 - word.count))\(result.check): \(result.reason)")
      if !result.advice.isEmpty { lines.append("           do: \(result.advice)") }
    }
    return lines
  }
}
