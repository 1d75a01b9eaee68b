/// The 128-bit id of an execution, the same for all corrections of it: a hash of the broker's id without its last number.
struct ExecutionIdentity: Hashable, Sendable {
  var high: UInt64
  var low: UInt64
  /// The last number of the broker's id: of two with the same base the higher one holds.
  var revision: Int

  /// `aaaa.bbbb.cc.dd`; a text of another form has no revisions.
  init(_ text: String) {
    let bytes = Array(text.utf8)
    var base = bytes[...]
    revision = 0
    if let point = bytes.lastIndex(of: UInt8(ascii: ".")),
      let number = Int(String(decoding: bytes[(point + 1)...], as: UTF8.self))
    {
      base = bytes[..<point]
      revision = number
    }
    high = ExecutionIdentity.hash(base, 0xcbf2_9ce4_8422_2325)
    low = ExecutionIdentity.hash(base, 0x6c62_272e_07bb_0142)
    if high == 0, low == 0 { low = 1 }
  }

  /// FNV-1a with a final mixing, so that both halves depend on every bit.
  private static func hash(_ bytes: ArraySlice<UInt8>, _ start: UInt64) -> UInt64 {
    var value = start
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    value = (value ^ (value >> 33)) &* 0xff51_afd7_ed55_8ccd
    return value ^ (value >> 33)
  }

  static func == (a: Self, b: Self) -> Bool { a.high == b.high && a.low == b.low }
  func hash(into hasher: inout Hasher) {
    hasher.combine(high)
    hasher.combine(low)
  }
}
