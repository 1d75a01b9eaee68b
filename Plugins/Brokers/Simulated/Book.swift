import AlphaLoopSDK
import CAlphaLoop

/// Exact test for "is a multiple of" without a division: Granlund and Montgomery, "Division by Invariant Integers using
/// Multiplication" (1994), section 9. A divisor of 0 or 1 divides everything.
struct Divisor {
  var value: Int64
  private var inverse: UInt64
  private var largest: UInt64
  private var shift: UInt64

  init(_ value: Int64) {
    self.value = max(value, 1)
    let magnitude = UInt64(self.value)
    shift = UInt64(magnitude.trailingZeroBitCount)
    let odd = magnitude &>> shift
    var inverse: UInt64 = odd
    for _ in 0..<6 { inverse = inverse &* (2 &- odd &* inverse) }
    self.inverse = inverse
    largest = UInt64.max / magnitude
  }

  @inline(__always) func divides(_ number: Int64) -> Bool {
    let product = number.magnitude &* inverse
    return (product &>> shift | product &<< ((64 &- shift) & 63)) <= largest
  }
}

/// One instrument: its orders in order of acceptance, and what the account holds of it.
struct Book {
  var head = AL_NONE
  var tail = AL_NONE
  /// Place in the list of books with orders, or `AL_NONE`.
  var active = AL_NONE
  var marks: UInt32
  var position: Int64 = 0
  /// Price units (1e-8); a Double because it is a running mean, not money.
  var averageCost: Double = 0
  /// The last price the book itself saw: of a fill, or a close while it had orders.
  var last: Int64 = 0
  var multiplier: Int64
  var lot: Divisor
  var tick: Divisor
  /// Volume already taken at time `usedAt`, each side on its own.
  var usedBuy: Int64 = 0
  var usedSell: Int64 = 0
  var usedAt: Int64 = .min
  var firstHalt = 0
  var haltCount = 0

  static let tradable: UInt32 = 1
  static let shortable: UInt32 = 2
  static let free: UInt32 = 3
}

/// No trading in bars stamped after `from` up to and including `to`.
struct TradingHalt {
  var from: Int64
  var to: Int64
}
