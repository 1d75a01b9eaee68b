import CAlphaLoopChecksum

/// The CRC-32C checksum (Castagnoli polynomial, reflected, RFC 3720 appendix B.4) of a stream of bytes.
public struct CRC32C: Sendable {
  private var state: UInt32 = 0xFFFF_FFFF

  public init() {}

  /// The checksum of everything fed so far; 0xE3069283 for the nine bytes "123456789".
  public var value: UInt32 { ~state }

  public static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var checksum = CRC32C()
    checksum.update(bytes)
    return checksum.value
  }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    if alphaloop_crc32c(&state, bytes.baseAddress, bytes.count) == 0 { updateByTables(bytes) }
  }

  /// Eight bytes a step through eight tables ("slicing by 8"; Kounavis and Berry, IEEE ISCC 2005), for processors
  /// without an instruction for it.
  mutating func updateByTables(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    var crc = state
    var position = 0
    CRC32C.tables.withUnsafeBufferPointer { table in
      while position + 8 <= bytes.count {
        let word = UInt64(littleEndian: start.loadUnaligned(fromByteOffset: position, as: UInt64.self)) ^ UInt64(crc)
        let low = table[1792 + Int(word & 0xFF)] ^ table[1536 + Int(word >> 8 & 0xFF)]
        let middle = table[1280 + Int(word >> 16 & 0xFF)] ^ table[1024 + Int(word >> 24 & 0xFF)]
        let upper = table[768 + Int(word >> 32 & 0xFF)] ^ table[512 + Int(word >> 40 & 0xFF)]
        crc = low ^ middle ^ upper ^ table[256 + Int(word >> 48 & 0xFF)] ^ table[Int(word >> 56)]
        position += 8
      }
      while position < bytes.count {
        crc = table[Int((crc ^ UInt32(bytes[position])) & 0xFF)] ^ (crc >> 8)
        position += 1
      }
    }
    state = crc
  }

  /// Table k (256 entries each) advances a byte that k more bytes follow.
  private static let tables: [UInt32] = {
    var table = [UInt32](repeating: 0, count: 2048)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1 }
      table[byte] = crc
    }
    for entry in 256..<2048 {
      let shorter = table[entry - 256]
      table[entry] = table[Int(shorter & 0xFF)] ^ (shorter >> 8)
    }
    return table
  }()
}
