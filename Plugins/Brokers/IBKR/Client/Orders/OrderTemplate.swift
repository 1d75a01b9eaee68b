import CAlphaLoop
import TWSProtocol

/// The bytes of an order in one instrument with gaps for what differs from order to order, so that an order on its way out is a
/// few copies and no texts are made. The generic encoder makes the template; a test holds that both give the same bytes.
struct OrderTemplate: Sendable {
  /// Places of the fields that differ, in the message of server versions from 177.
  private static let gaps = [1, 16, 17, 18, 19, 20, 21, 22, 26, 27, 28, 33, 38, 46, 69]

  /// What stands before each gap, and behind the last.
  private var pieces: [[UInt8]] = []

  /// nil where the contract or the version gives the message another form.
  init?(_ contract: Contract, account: String, _ version: ServerVersion) {
    guard contract.secType != "BAG", contract.deltaNeutral == nil, contract.exchange != "IBKRATS", version >= 177 else {
      return nil
    }
    var order = Order()
    order.account = account
    guard let payload = try? Request.placeOrder(orderId: 0, contract, order).payload(version) else { return nil }
    let fields = payload.split(separator: 0, omittingEmptySubsequences: false)
    var piece: [UInt8] = []
    for (index, field) in fields.dropLast().enumerated() {
      if OrderTemplate.gaps.contains(index) {
        pieces.append(piece)
        piece = [0]
      } else {
        piece += field + [0]
      }
    }
    pieces.append(piece)
  }

  /// Writes the whole message with its length. False, and nothing of use written, for a row that the generic encoder has to
  /// do or refuse.
  func write(
    _ row: al_order_v1, id: Int32, magnifier: Double, oca: String, parent: Int32, transmit: Bool,
    into bytes: inout [UInt8]
  ) -> Bool {
    guard magnifier == 1, row.quantity != 0, row.quantity != .min, row.trail_ppm == 0, let form = Form(row) else {
      return false
    }
    bytes.removeAll(keepingCapacity: true)
    bytes.append(contentsOf: [0, 0, 0, 0])
    for gap in 0..<OrderTemplate.gaps.count {
      bytes.append(contentsOf: pieces[gap])
      switch gap {
      case 0: bytes.append(decimal: UInt64(id))
      case 1: bytes.append(contentsOf: row.quantity > 0 ? Form.buy : Form.sell)
      case 2: bytes.append(units: row.quantity.magnitude, isPrice: false)
      case 3: bytes.append(contentsOf: form.type)
      case 4: if form.hasLimit { bytes.append(units: UInt64(row.limit_price), isPrice: true) }
      case 5: if form.hasStop { bytes.append(units: UInt64(row.stop_price), isPrice: true) }
      case 6: bytes.append(contentsOf: form.time)
      case 7: bytes.append(contentsOf: oca.utf8)
      case 8: bytes.append(reference: row.id)
      case 9: bytes.append(transmit ? 49 : 48)
      case 10: bytes.append(decimal: UInt64(parent))
      case 11: bytes.append(row.flags & AL_ORDER_OUTSIDE_HOURS != 0 ? 49 : 48)
      case 12: if form.time.elementsEqual("GTD".utf8) { bytes.append(contentsOf: ServerTime.text(row.expire_ns).utf8) }
      case 13: bytes.append(oca.isEmpty ? 48 : 49)
      default: break
      }
    }
    bytes.append(contentsOf: pieces[OrderTemplate.gaps.count])
    let length = UInt32(bytes.count - 4)
    for place in 0..<4 { bytes[place] = UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * place)) }
    return true
  }

  /// Type and time in force of a row as texts; nil for what is not usual or not valid.
  private struct Form {
    static let buy = Array("BUY".utf8)
    static let sell = Array("SELL".utf8)
    private static let types: [[UInt8]] = ["MKT", "LMT", "STP", "STP LMT", "TRAIL", "MKT", "LMT", "MOC", "LOC"].map {
      Array($0.utf8)
    }
    private static let times: [[UInt8]] = ["DAY", "GTC", "IOC", "FOK", "GTD"].map { Array($0.utf8) }
    private static let opening = Array("OPG".utf8)

    var type: [UInt8]
    var time: [UInt8]
    var hasLimit: Bool
    var hasStop: Bool

    init?(_ row: al_order_v1) {
      guard Int(row.type) < Form.types.count, Int(row.time_in_force) < Form.times.count else { return nil }
      type = Form.types[Int(row.type)]
      switch row.type {
      case AL_ORDER_LIMIT, AL_ORDER_LIMIT_ON_OPEN, AL_ORDER_LIMIT_ON_CLOSE: (hasLimit, hasStop) = (true, false)
      case AL_ORDER_STOP, AL_ORDER_TRAILING_STOP: (hasLimit, hasStop) = (false, true)
      case AL_ORDER_STOP_LIMIT: (hasLimit, hasStop) = (true, true)
      default: (hasLimit, hasStop) = (false, false)
      }
      switch row.type {
      case AL_ORDER_MARKET_ON_OPEN, AL_ORDER_LIMIT_ON_OPEN: time = Form.opening
      case AL_ORDER_MARKET_ON_CLOSE, AL_ORDER_LIMIT_ON_CLOSE: time = Form.times[0]
      default:
        time = Form.times[Int(row.time_in_force)]
        guard row.time_in_force != AL_TIF_GTD || row.expire_ns > 0 else { return nil }
      }
      guard !hasLimit || Form.isPlain(row.limit_price), !hasStop || Form.isPlain(row.stop_price) else { return nil }
    }

    /// Numbers of at most 15 digits from 0.0001 on: their shortest text as a double is their text as a decimal.
    private static func isPlain(_ units: Int64) -> Bool { units >= 10_000 && units < 1_000_000_000_000_000 }
  }
}

extension [UInt8] {
  fileprivate mutating func append(decimal value: UInt64) {
    if value >= 10 { append(decimal: value / 10) }
    append(UInt8(truncatingIfNeeded: 48 + value % 10))
  }

  /// 1e-8 units as a decimal number; a price has a digit behind the point at least.
  fileprivate mutating func append(units: UInt64, isPrice: Bool) {
    append(decimal: units / 100_000_000)
    var (rest, place) = (units % 100_000_000, UInt64(10_000_000))
    guard rest > 0 || isPrice else { return }
    append(UInt8(ascii: "."))
    repeat {
      append(UInt8(truncatingIfNeeded: 48 + rest / place))
      rest %= place
      place /= 10
    } while rest > 0
  }

  fileprivate mutating func append(reference id: al_order_id_v1) {
    append(65)
    append(76)
    for shift in stride(from: UInt64(60), through: 0, by: -4) {
      let digit = UInt8(truncatingIfNeeded: id.session >> shift & 15)
      append(digit < 10 ? 48 + digit : 87 + digit)
    }
    append(UInt8(ascii: "-"))
    append(decimal: id.sequence)
  }
}
