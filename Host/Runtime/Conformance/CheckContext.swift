import AlphaLoopLoader
import CAlphaLoop

/// What a check works with: the file, the plugin, the seed, and a way to say how far it is.
final class CheckContext: @unchecked Sendable {
  let file: String
  /// "" for a check of the file.
  let plugin: String
  let seed: UInt64
  let reporter: CheckReporter
  /// The program that runs checks in processes of their own; "" where there is none.
  let executable: String
  /// A folder that the check may fill; it is removed afterwards, and is the current one.
  let folder: String

  init(file: String, plugin: String, seed: UInt64, reporter: CheckReporter, executable: String, folder: String = ".") {
    self.file = file
    self.plugin = plugin
    self.seed = seed
    self.reporter = reporter
    self.executable = executable
    self.folder = folder
  }

  /// Says what is about to happen, for the case that it does not come back.
  func phase(_ text: String) { reporter.phase(text) }

  func random(_ salt: UInt64 = 0) -> SeededGenerator { SeededGenerator(seed: seed ^ (salt &* 0x9E37_79B9_7F4A_7C15)) }

  func elf() throws(Finding) -> ELFFile {
    do {
      return try ELFFile(path: file)
    } catch {
      throw .fail("\(error.reason)")
    }
  }

  /// The library, loaded into this process.
  func library() throws(Finding) -> SubjectLibrary {
    phase("loading the library")
    return try SubjectLibrary.open(file)
  }

  /// The plugin under test in its library.
  func subject() throws(Finding) -> Subject {
    let library = try library()
    return try Subject(library, id: plugin, context: self)
  }
}

/// xorshift64* (Vigna 2016): a stream that is the same everywhere.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = (seed ^ 0x2545_F491_4F6C_DD1D) | 1 }

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_F491_4F6C_DD1D
  }

  /// In [0, 1).
  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Near a standard normal: the sum of twelve uniforms less six.
  mutating func normal() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + uniform() } }

  mutating func below(_ n: Int) -> Int { n <= 1 ? 0 : Int(next() % UInt64(n)) }

  mutating func bytes(_ n: Int) -> [UInt8] { (0..<n).map { _ in UInt8(truncatingIfNeeded: next() >> 24) } }
}
