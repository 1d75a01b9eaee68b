import CAlphaLoop

/// Our order id as the text that an order carries at the broker: `AL`, the session in 16 hexadecimal digits, `-`, the sequence.
enum OrderReference {
  static func text(_ id: al_order_id_v1) -> String {
    var bytes: [UInt8] = [65, 76]
    bytes.reserveCapacity(40)
    for shift in stride(from: 60, through: 0, by: -4) { bytes.append(digits[Int(id.session >> UInt64(shift) & 15)]) }
    bytes.append(UInt8(ascii: "-"))
    bytes.append(contentsOf: String(id.sequence).utf8)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// nil for a reference that is not ours.
  static func parse(_ text: String) -> OrderKey? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes.count <= 39, bytes[0] == 65, bytes[1] == 76, bytes[18] == UInt8(ascii: "-") else {
      return nil
    }
    var session: UInt64 = 0
    for byte in bytes[2..<18] {
      guard let digit = digits.firstIndex(of: byte) else { return nil }
      session = session << 4 | UInt64(digit)
    }
    guard bytes[19...].allSatisfy({ $0 >= 48 && $0 <= 57 }), bytes[19] != 48 || bytes.count == 20,
      let sequence = UInt64(String(decoding: bytes[19...], as: UTF8.self))
    else { return nil }
    return OrderKey(session: session, sequence: sequence)
  }

  private static let digits = Array("0123456789abcdef".utf8)
}

/// Our 128-bit order id, usable as a key.
struct OrderKey: Hashable, Sendable {
  var session: UInt64
  var sequence: UInt64

  init(session: UInt64, sequence: UInt64) {
    self.session = session
    self.sequence = sequence
  }

  init(_ id: al_order_id_v1) { self.init(session: id.session, sequence: id.sequence) }

  var id: al_order_id_v1 { al_order_id_v1(session: session, sequence: sequence) }
}
