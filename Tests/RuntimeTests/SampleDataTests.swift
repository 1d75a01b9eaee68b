import AlphaLoopLoader
import Foundation
import Testing

@testable import AlphaLoopRuntime

@Suite("Sample data")
struct SampleDataTests {
  private let root: String

  init() throws {
    root = NSTemporaryDirectory() + "alphaloop-sample-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: root + "/data/sample", withIntermediateDirectories: true)
  }

  private func remove() { try? FileManager.default.removeItem(atPath: root) }

  private func write(_ text: String, _ name: String) throws {
    try text.write(toFile: "\(root)/data/sample/\(name)", atomically: true, encoding: .utf8)
  }

  private func writeReal() throws {
    let texts = ["large_caps_daily_close.csv": "symbol,date,close\n", "sp500_daily.csv": "symbol,date,open\n"]
    for (name, text) in texts { try write(text, name) }
    let sums = texts.sorted { $0.key < $1.key }.map { "\(ELFDigest.sha256(Array($0.value.utf8)))  \($0.key)\n" }
    try write(sums.joined(), "SHA256SUMS")
  }

  @Test("whole sample data are taken, and say that they are no evidence of profit")
  func real() throws {
    defer { remove() }
    #expect(SampleData.locate(root: root) == nil)
    try writeReal()
    let sample = try SampleData.prepare(root: root)
    #expect(sample.origin == .real)
    #expect(SampleData.locate(root: root) == sample)
    #expect(sample.notices.first?.contains("hindsight") == true)
    #expect(!sample.notices.joined().contains("SYNTHETIC"))
    // A report must not differ with the folder it was made in.
    #expect(!sample.notices.joined().contains(root))
  }

  @Test(
    "a truncated or missing file is never used: the generated market says SYNTHETIC and what was wrong",
    arguments: ["large_caps_daily_close.csv", "sp500_daily.csv"])
  func damaged(name: String) throws {
    defer { remove() }
    try writeReal()
    try write("symbol,", name)
    let damaged = try SampleData.prepare(root: root)
    #expect(damaged.isSynthetic)
    #expect(damaged.notices[0].hasPrefix("SYNTHETIC"))
    #expect(!damaged.notices.joined().contains(root))
    #expect(
      damaged.notices[0].contains("data/sample/\(name) is truncated or changed; run scripts/fetch-sample-data.py"))
    try FileManager.default.removeItem(atPath: "\(root)/data/sample/\(name)")
    #expect(SampleData.locate(root: root)?.notices[0].contains("\(name) cannot be read") == true)
    #expect(damaged.files.allSatisfy { FileManager.default.fileExists(atPath: $0) })
  }

  @Test("the generated files are the same bytes on every machine, and others with another seed")
  func sameBytes() throws {
    defer { remove() }
    try SampleData.generate(into: root + "/a")
    try SampleData.generate(into: root + "/b", seed: 1)
    func digest(_ path: String) throws -> String {
      ELFDigest.sha256(Array(try Data(contentsOf: URL(fileURLWithPath: path))))
    }
    let names = ["large_caps_daily_close.csv", "sp500_daily.csv"]
    let digests = try names.map { try digest("\(root)/a/\($0)") }
    let others = try names.map { try digest("\(root)/b/\($0)") }
    // From Tests/Fixtures/market/generated_market.py, the same model written in Python.
    #expect(
      digests == [
        "744f1593f19559c2ba9add207eb685c7046b04b46dcd7761b85efd56776710b6",
        "0abb0e3259ff31ac15f880e274c64e9df80a352cd3115f32e7f6e6943e23cc7b",
      ])
    #expect(digests[0] != others[0] && digests[1] != others[1])
  }

  @Test("the generated index has whole bars, two regimes, and the volatility each is given")
  func model() {
    let market = GeneratedMarket(seed: 7, names: 20, sessions: 20_000)
    #expect(market.index.allSatisfy { $0.low <= min($0.open, $0.close) && $0.high >= max($0.open, $0.close) })
    #expect(market.index.allSatisfy { $0.volume > 0 })
    #expect(market.closes.allSatisfy { $0.count == 20 && $0.allSatisfy { $0 > 0 } })
    func deviation(_ isTurbulent: Bool) -> Double {
      let returns = (1..<market.index.count).filter { market.turbulent[$0] == isTurbulent }
        .map { Double(market.index[$0].close) / Double(market.index[$0 - 1].close) - 1 }
      let mean = returns.reduce(0, +) / Double(returns.count)
      return (returns.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(returns.count)).squareRoot()
    }
    // 20,000 days: the error of a standard deviation is under 2 % even for the turbulent sixth of them.
    #expect(abs(deviation(false) / 0.007 - 1) < 0.06)
    #expect(abs(deviation(true) / 0.02 - 1) < 0.06)
    // The stationary share of turbulence is 0.008 / (0.008 + 0.04).
    let share = Double(market.turbulent.count { $0 }) / Double(market.turbulent.count)
    #expect(abs(share - 1.0 / 6) < 0.04)
  }
}
