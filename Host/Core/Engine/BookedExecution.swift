import CAlphaLoop

/// One execution as it stands in the books, and the words that were heard of it.
struct BookedExecution {
  struct Size: Equatable {
    var quantity: Int64
    var price: Int64
    var fee: Int64
  }

  /// A correction or a fee report, as far as two of them can differ.
  struct Word: Equatable {
    var isSize: Bool
    var time: Int64
    var quantity: Int64
    var price: Int64
    var fee: Int64

    init(_ report: al_report_v1) {
      isSize = report.kind == AL_REPORT_CORRECTION
      time = max(report.ts, .min + 1)
      quantity = isSize ? report.quantity : 0
      price = isSize && quantity != 0 ? report.price : 0
      fee = isSize ? 0 : report.fee
    }
  }

  let order: OrderID
  let instrument: UInt32
  let owner: Owner
  /// What the order had executed before: a group's parts of it go by that.
  let filledBefore: Int64
  /// The id under which the order machine counts what is booked.
  private(set) var version: ExecutionID
  private(set) var versions: UInt64 = 0
  var quantity: Int64 = 0
  var price: Int64 = 0
  var fee: Int64 = 0
  /// The fill itself was reported.
  var hasFill = false
  /// The broker's times of the newest words; `.min`: the fill's own.
  private(set) var sizeTime = Int64.min
  var feeTime = Int64.min
  /// The newest word on the fee is a fee report, not a bust.
  var hasFee = false
  var words: [Word] = []

  init(order: OrderID, instrument: UInt32, owner: Owner, filledBefore: Int64, version: ExecutionID) {
    self.order = order
    self.instrument = instrument
    self.owner = owner
    self.filledBefore = filledBefore
    self.version = version
  }

  var size: Size { Size(quantity: quantity, price: price, fee: fee) }

  /// What the execution is after a word. Older ones than what is known say nothing; of two of one time the later counts. A
  /// bust takes the fee with it, until a fee report of its time or later.
  mutating func heard(_ word: Word) -> Size {
    var wanted = size
    if word.isSize {
      if word.time >= sizeTime {
        sizeTime = word.time
        wanted.quantity = word.quantity
        wanted.price = word.price
      }
      if word.quantity == 0, word.time > feeTime || word.time == feeTime && !hasFee {
        feeTime = word.time
        hasFee = false
        wanted.fee = 0
      }
    } else if word.time >= feeTime {
      feeTime = word.time
      hasFee = true
      wanted.fee = word.fee
    }
    return wanted
  }

  /// Nil when it does not fit the ledger.
  func fill(_ quantity: Int64, _ price: Int64, fee: Int64) -> Fill? {
    Fill(execution: version, quantity: Quantity(raw: quantity), price: Price(raw: price), fee: Money(raw: fee))
  }

  /// The id of the version after the present one. Derived, so that a replay has the same.
  func nextVersion(_ id: ExecutionID) -> ExecutionID {
    let n = versions &+ 1
    return ExecutionID(
      high: id.high ^ (n &* 0x9E37_79B9_7F4A_7C15) ^ 0x5EED_C0DE_0BAD_F00D, low: id.low ^ (n &* 0xD6E8_FEB8_6659_FD93))
  }

  mutating func set(_ size: Size, version next: ExecutionID) {
    quantity = size.quantity
    price = size.price
    fee = size.fee
    version = next
    versions &+= 1
  }
}
