import Foundation
import Testing

@testable import AlphaLoopLoader

@Suite("Whether a file is still what it was")
struct FileIdentityTests {
  private let path = NSTemporaryDirectory() + "identity-" + UUID().uuidString

  private func write(_ text: String, daysAgo: Double) throws {
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -daysAgo * 86_400)], ofItemAtPath: path)
  }

  @Test("a file that has just been written cannot be told from one that is written again in the same tick")
  func fresh() throws {
    defer { unlink(path) }
    // The time of modification can be set by anybody, that of the change cannot.
    try write("a", daysAgo: 2)
    #expect(try #require(FileIdentity(path: path)).isSurelyThat(of: path) == false)
  }

  @Test("an old file is told from its copy, its successor and its absence")
  func settled() throws {
    defer { unlink(path) }
    try write("a", daysAgo: 0)
    usleep(2_100_000)
    let identity = try #require(FileIdentity(path: path))
    #expect(identity.isSurelyThat(of: path))
    #expect(!identity.isSurelyThat(of: "/proc/self/exe"))
    // Same length, same time of modification.
    let before = try FileManager.default.attributesOfItem(atPath: path)
    try "b".write(toFile: path, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes(
      [.modificationDate: try #require(before[.modificationDate])], ofItemAtPath: path)
    #expect(!identity.isSurelyThat(of: path))
    unlink(path)
    #expect(!identity.isSurelyThat(of: path))
    #expect(FileIdentity(path: path) == nil)
  }
}
