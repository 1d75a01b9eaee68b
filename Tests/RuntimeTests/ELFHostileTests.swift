import Testing

@testable import AlphaLoopLoader

@Suite("Hostile plugin files")
struct ELFHostileTests {
  /// SplitMix64 (Steele, Lea, Flood 2014): a seed gives the same cases everywhere.
  private struct Random {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var word = state
      word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
      word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
      return word ^ (word >> 31)
    }
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
  }

  /// Everything the reader can be asked; true when nothing was refused.
  private func readsAll(_ bytes: [UInt8]) -> Bool {
    do throws(ELFError) {
      let file = try ELFFile(bytes: bytes, file: "hostile.so")
      _ = try file.pluginNote()
      _ = try file.importedTypes()
      for section in file.sections { _ = try file.contents(of: section) }
      return true
    } catch {
      return false
    }
  }

  /// Values that break naive arithmetic, and small steps that hit neighbouring tables.
  private static let words: [UInt64] = [
    0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF,
    0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFF0, 0xFFFF_FFFF_FFFF_F000,
  ]

  private func mutate(_ bytes: inout [UInt8], fields: [Int], _ random: inout Random) {
    for _ in 0...random.below(4) {
      // Half of the changes hit the tables, where they matter, the others anything.
      let at = random.next() & 1 == 0 ? fields[random.below(fields.count)] : random.below(bytes.count)
      let width = [1, 2, 4, 8][random.below(4)]
      let word = random.next() & 1 == 0 ? Self.words[random.below(Self.words.count)] : random.next()
      for index in 0..<width where at + index < bytes.count {
        bytes[at + index] = UInt8(truncatingIfNeeded: word >> (8 * UInt64(index)))
      }
    }
  }

  /// Offsets of the headers and of the tables that the reader follows.
  private func fields(_ bytes: [UInt8]) throws -> [Int] {
    let file = try ELFFile(bytes: bytes, file: "fixture.so")
    var offsets = Array(0..<64)
    offsets +=
      Int(file.header.programHeaderOffset)..<Int(file.header.programHeaderOffset) + file.programHeaders.count * 56
    offsets += Int(file.header.sectionHeaderOffset)..<Int(file.header.sectionHeaderOffset) + file.sections.count * 64
    let followed: Set = [
      ".dynamic", ".dynsym", ".dynstr", ".gnu.hash", ".hash", ".gnu.version", ".gnu.version_r", ".gnu.version_d",
      "swift5_builtin", "swift5_typeref", ELFPluginNote.sectionName,
    ]
    for section in file.sections where followed.contains(section.name) {
      offsets += Int(section.offset)..<Int(section.offset + section.byteCount)
    }
    return offsets
  }

  @Test("20,000 damaged files never trap the reader, and many are refused")
  func mutations() throws {
    let fixtures = [
      try ELFFixtures.bytes(
        ELFFixtures.object(ELFFixtures.plugin, ["-lm", "-Wl,--version-script=one.map", "-Wl,--hash-style=gnu"])),
      try ELFFixtures.bytes(ELFFixtures.object(ELFFixtures.plugin, ["-lm", "-Wl,--hash-style=sysv", "-Wl,-s"])),
      try ELFFixtures.bytes(
        ELFFixtures.swiftObject(
          header: "struct fixture_config { long a, b; };",
          source: "import CFixture\npublic func f() -> Any { [fixture_config()] }\n")),
    ]
    var random = Random(state: 0x414C_5048_41)
    var read = 0
    var refused = 0
    for bytes in fixtures {
      #expect(readsAll(bytes), "the undamaged file is fine")
      let fields = try fields(bytes)
      for _ in 0..<(20_000 / fixtures.count + 1) {
        var damaged = bytes
        mutate(&damaged, fields: fields, &random)
        if random.below(20) == 0 { damaged.removeLast(random.below(damaged.count)) }
        if readsAll(damaged) { read += 1 } else { refused += 1 }
      }
    }
    #expect(read + refused >= 20_000)
    #expect(read > 1_000, "harmless damage is common; a reader that refuses everything proves nothing")
    #expect(refused > 1_000)
  }

  @Test("every beginning of a file is refused or read, never a trap")
  func prefixes() throws {
    let bytes = try ELFFixtures.bytes(ELFFixtures.object(ELFFixtures.plugin, ["-lm", "-Wl,-s"]))
    for length in stride(from: 0, to: bytes.count, by: 7) {
      #expect(!readsAll(Array(bytes.prefix(length))), "the section table is last, so \(length) bytes are too few")
    }
  }
}
