import AlphaLoopKit
import Glibc
import Testing

@testable import ReportRenderer

/// Run documents for the report's tests.
enum ReportFixture {
  /// The text of `Tests/Fixtures/report/run.json`.
  static func example() throws -> String {
    let tests = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
    let file = try #require(fopen(tests + "/Fixtures/report/run.json", "rb"))
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 100_000)
    let count = fread(&bytes, 1, bytes.count, file)
    return try #require(String(validating: bytes[..<count], as: UTF8.self))
  }

  /// The example with every occurrence of one text replaced; fails when there is none.
  static func example(replacing text: String, with other: String) throws -> String {
    let parts = try example().split(separator: text)
    try #require(parts.count > 1, "the example does not contain \(text)")
    return parts.joined(separator: other)
  }

  static func run(_ json: String) throws -> RunDocument { try RunDocument.parse(Array(json.utf8), file: "run.json") }

  static func page(_ run: RunDocument) -> String { String(decoding: renderTearsheet(run), as: UTF8.self) }

  /// A run of daily rows by an exact formula, with so many denials.
  static func long(days: Int, denials: Int = 0, synthetic: Bool = false) throws -> RunDocument {
    let day = CivilDate.nanosecondsPerDay
    var equity: [String] = []
    var benchmark: [String] = []
    for index in 0..<days {
      let time = Int64(index + 7_305) * day + 75_600_000_000_000
      let cents = 10_000_000 + index * 900 + (index * 7_919) % 400_000
      equity.append(
        "[\(time),\"\(cents / 100).\(cents % 100 / 10)\",\"1000\",\"\(cents / 200)\",\"-\(cents / 400)\",\(index % 9)]")
      benchmark.append("[\(time),\"\(300 + index / 10).\((index * 31) % 100)1\"]")
    }
    let rows = (0..<denials).map {
      """
      {"time":\(Int64($0 + 7_305) * day),"instrument":"I\($0 % 3)","agent":"a\($0 % 2)","reason":"priceCollar","numbers":{}}
      """
    }
    return try run(
      """
      {"format":"alphaloop.run/1","title":"Long","mode":"backtest","synthetic":\(synthetic),"notices":[],"sources":[],
      "session":"s","configurationHash":"c","seed":1,"period":{"from":\(7_305 * day),"to":\(Int64(days + 7_305) * day)},
      "currency":"USD","periodsPerYear":252,"initialCash":"100000","equity":[\(equity.joined(separator: ","))],
      "benchmark":{"name":"Index","rows":[\(benchmark.joined(separator: ","))]},
      "fills":[],"trades":[],"agents":[],"instruments":[],"halts":[],"denials":[\(rows.joined(separator: ","))],"faults":[]}
      """)
  }

  /// The document without a single observation.
  static func empty() throws -> RunDocument {
    try run(
      """
      {"format":"alphaloop.run/1","title":"Empty","mode":"simulation","synthetic":false,"notices":[],"sources":[],
      "session":"s","configurationHash":"c","seed":1,"period":{"from":0,"to":0},"currency":"USD","periodsPerYear":252,
      "initialCash":"1","equity":[],"fills":[],"trades":[],"agents":[],"instruments":[],"halts":[],"denials":[],"faults":[]}
      """)
  }
}
