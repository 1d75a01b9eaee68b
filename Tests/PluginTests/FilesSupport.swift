import AlphaLoopCSV
import Foundation

/// A seeded generator (SplitMix64; Steele, Lea and Flood, OOPSLA 2014), so that a failure can be run again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// A directory of its own that goes with its owner.
final class ScratchDirectory {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "alphaloop-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }
}

/// Real market data that lies beside the project; nil, with a message, where it is absent.
func sharedData(_ name: String) -> String? {
  let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  for base in ["..", "../.."] {
    let path = root.appendingPathComponent("\(base)/shared/data/\(name)").standardizedFileURL.path
    if FileManager.default.fileExists(atPath: path) { return path }
  }
  print("skipped: ../shared/data/\(name) is not there")
  return nil
}

func bars(_ text: String, _ options: BarFileOptions = BarFileOptions(), path: String = "X.csv") throws -> BarFile {
  try Array(text.utf8).withUnsafeBytes { try BarFile($0, path: path, options: options) }
}

func table(_ text: String, _ columns: [CSVColumn], _ options: CSVOptions = CSVOptions()) throws -> CSVTable {
  try Array(text.utf8).withUnsafeBytes { try CSVTable($0, path: "t.csv", columns: columns, options: options) }
}

/// Nanoseconds UTC of an ISO 8601 time.
func nanoseconds(_ text: String) throws -> Int64 {
  Int64(try Date(text, strategy: .iso8601).timeIntervalSince1970) * 1_000_000_000
}
