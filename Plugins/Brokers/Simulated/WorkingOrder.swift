import AlphaLoopSDK
import CAlphaLoop

/// An order at the venue, or on its way there. Plain data in a pool; 0xffffffff ends a list.
struct WorkingOrder {
  var next: UInt32
  var previous: UInt32
  var instrument: UInt32
  /// What was asked for, `AL_ORDER_*`.
  var type: UInt8
  /// How it matches now: a triggered stop is a market order, a triggered stop-limit a limit order.
  var live: UInt8
  var timeInForce: UInt8
  var marks: UInt8
  /// Signed; above 0 buys.
  var remaining: Int64
  var limit: Int64
  /// Only data stamped later than this may fill it.
  var arrival: Int64
  var id: al_order_id_v1
  /// Where the index of ids keeps it.
  var block: UInt32
  /// Trailing stops: the offset in ppm of price, 0: the offset is `stop`.
  var trail: UInt32
  /// Rank of acceptance; a lower one is served first.
  var rank: UInt64
  var quantity: Int64
  var stop: Int64
  /// Trailing stops: the best price of finished bars, 0 before the first.
  var extreme: Int64 = 0
  var expire: Int64
  /// Executed money so far, commission before minimum and maximum, and commission charged: partial fills of one order
  /// share the minimum and the maximum.
  var value: Int64 = 0
  var rawCommission: Int64 = 0
  var charged: Int64 = 0

  static let inFlight: UInt8 = 1
  static let reduceOnly: UInt8 = 2
  /// A market or limit order that stays until it fills, is cancelled, or the day ends: the short way through `advance`.
  static let plain: UInt8 = 4

  @inline(__always) var isBuy: Bool { remaining > 0 }
  @inline(__always) var isImmediate: Bool { timeInForce == AL_TIF_IOC || timeInForce == AL_TIF_FOK }
  @inline(__always) var isInFlight: Bool { marks & Self.inFlight != 0 }
}

/// Why an order, a cancel or a replace was refused: `code` of the acknowledgement or the report.
enum Refusal: Int32 {
  case instrument = 2
  case notTradable = 3
  case quantity = 4
  case lot = 5
  case tick = 6
  case price = 7
  case combination = 8
  case unshortable = 9
  case random = 10
  case group = 11
  case expired = 12
  case unknownOrder = 20
  case finished = 21
  case changed = 22
  case nothingLeft = 23

  var text: StaticString {
    switch self {
    case .instrument: "the instrument is not in the bound universe"
    case .notTradable: "the instrument is not tradable"
    case .quantity: "the quantity is 0 or too large"
    case .lot: "the quantity is not a multiple of the lot"
    case .tick: "a price is not on the tick"
    case .price: "a price that this order type needs is missing, or one it does not take is given"
    case .combination: "unknown order type or time in force, or the two do not go together"
    case .unshortable: "the sale would leave a short position in an instrument without a locate"
    case .random: "rejected at random, as the parameter reject_probability asks"
    case .group: "order groups are not simulated"
    case .expired: "the expiry is not after the decision"
    case .unknownOrder: "no order has this id"
    case .finished: "the order is finished"
    case .changed: "a replacement keeps instrument, side, type and time in force"
    case .nothingLeft: "the new quantity is already filled"
    }
  }
}
