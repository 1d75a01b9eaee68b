import CSystem
import Foundation
import Testing

@testable import AlphaLoopLoader

@Suite("Checksums")
struct ELFDigestTests {
  @Test(
    "SHA-256 gives the values of NIST's examples",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
      ),
      (
        String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
      ),
    ])
  func sha256(text: String, expected: String) {
    let bytes = Array(text.utf8)
    #expect(ELFDigest.sha256(bytes) == expected)
    #expect(hex(Self.portable(bytes[...])) == expected)
  }

  private func hex(_ digest: [UInt8]) -> String { digest.map { String(format: "%02x", $0) }.joined() }

  private static func portable(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    bytes.withUnsafeBytes { al_sha256_portable($0.baseAddress, $0.count, &digest) }
    return digest
  }

  private static func fastest(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    bytes.withUnsafeBytes { al_sha256($0.baseAddress, $0.count, &digest) }
    return digest
  }

  @Test("SHA-256 by the processor's instructions is that of plain C, at every length and alignment")
  func instructions() throws {
    // A processor that lists the instructions must be using them, or this compares nothing.
    let flags = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
    if flags.contains(" sha_ni") { #expect(al_sha256_is_hardware() == 1) }
    var random = SystemRandomNumberGenerator()
    let bytes = (0..<70_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    var cases = (0..<400).map { ($0 % 17, $0) }
    for _ in 0..<200 { cases.append((Int.random(in: 0..<64), Int.random(in: 0..<60_000))) }
    for (start, length) in cases {
      let part = bytes[start..<start + length]
      #expect(Self.fastest(part) == Self.portable(part), "\(length) bytes from \(start)")
    }
  }

  @Test("SHA-256 agrees with sha256sum around every block boundary")
  func blockBoundaries() throws {
    let folder = try ELFFixtures.temporaryFolder()
    let lengths = [55, 56, 63, 64, 65, 119, 120, 127, 128, 129]
    for length in lengths {
      let bytes = (0..<length).map { UInt8($0 & 0xFF) }
      try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(length)"))
    }
    let lines = try ELFFixtures.run("sha256sum", lengths.map(String.init), in: folder).split(separator: "\n")
    for (length, line) in zip(lengths, lines) {
      #expect(ELFDigest.sha256(try ELFFixtures.bytes("\(folder)/\(length)")) == line.prefix(64), "\(length) bytes")
    }
  }

  /// RFC 3720, appendix B.4; the check value of the catalogue of parametrised CRC algorithms.
  private static let vectors: [(bytes: [UInt8], crc: UInt32)] = [
    ([], 0),
    (Array("123456789".utf8), 0xE306_9283),
    ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
    ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
    (Array(0..<32), 0x46DD_794E),
    (Array((0..<32).reversed()), 0x113F_DB5C),
  ]

  @Test("CRC-32C gives the published values, by instruction and by table")
  func crc() {
    for (bytes, crc) in Self.vectors {
      #expect(al_crc32c(0, bytes, bytes.count) == crc)
      #expect(al_crc32c_table(0, bytes, bytes.count) == crc)
    }
    #expect(al_crc32c(0, nil, 0) == 0)
  }

  @Test("CRC-32C of parts is the CRC of the whole, at every cut, and a flipped bit changes it")
  func crcParts() {
    let bytes = (0..<100).map { UInt8(($0 * 37) & 0xFF) }
    let whole = al_crc32c(0, bytes, 100)
    for cut in 0...100 {
      let head = Array(bytes[..<cut])
      let tail = Array(bytes[cut...])
      #expect(al_crc32c(al_crc32c(0, head, cut), tail, 100 - cut) == whole)
      #expect(al_crc32c_table(al_crc32c_table(0, head, cut), tail, 100 - cut) == whole)
      guard cut < 100 else { continue }
      var flipped = bytes
      flipped[cut] ^= 0x10
      #expect(al_crc32c(0, flipped, 100) != whole)
    }
  }

  @Test("clocks run forward, and a disk has a size")
  func clocks() {
    let before = al_monotonic_ns()
    #expect(al_monotonic_ns() >= before)
    #expect(al_realtime_ns() > 1_700_000_000_000_000_000)
    var total: UInt64 = 0
    var available: UInt64 = 0
    #expect(al_disk_space("/", &total, &available) == 0)
    #expect(total > 0 && available <= total)
    #expect(al_disk_space("/no/such", &total, &available) == -2)
  }

  @Test("atomics and futexes do what their names say")
  func words() {
    var word: UInt32 = 5
    #expect(al_fetch_add_u32(&word, 2) == 5)
    #expect(al_compare_exchange_u32(&word, 7, 9))
    #expect(!al_compare_exchange_u32(&word, 7, 1))
    #expect(al_exchange_u32(&word, 3) == 9)
    #expect(al_load_acquire_u32(&word) == 3)
    let start = al_monotonic_ns()
    #expect(al_futex_wait(&word, 3, 20_000_000) == -110)
    #expect(al_monotonic_ns() - start >= 20_000_000)
    #expect(al_futex_wait(&word, 4, 20_000_000) == -11)
    #expect(al_futex_wake(&word, 1) == 0)
  }
}
