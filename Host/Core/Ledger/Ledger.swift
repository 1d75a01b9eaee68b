/// The account in fixed point: positions, cash a currency, profit, fees and dividends, marked to market without summing
/// anything again, and each agent's part of it.
///
/// Equity of a currency is at every moment, to the last 1e-8, its cash plus the sum of `last` x quantity x multiplier of
/// its positions; `recomputedEquity` proves it. A booking that does not fit 64 bits changes nothing and says so.
public struct Ledger: ~Copyable {
  /// Cash and equity of one currency.
  public struct Balance: Equatable, Sendable, BitwiseCopyable {
    public internal(set) var cash = Money.zero
    public internal(set) var equity = Money.zero
  }

  /// Why a ledger event was refused; nothing was booked.
  public enum Fault: Error, Equatable, Sendable {
    /// A number would pass 64 bits.
    case overflow
    /// An argument makes no sense; what and why.
    case invalid(String)
  }

  /// Instrument -> position.
  public let positions: UnsafeMutablePointer<Position>
  public let instruments: Int
  /// Currency index -> balance.
  public let balances: UnsafeMutablePointer<Balance>
  public let currencies: Int
  /// Who is behind the fills of several agents.
  public var ownership = Ownership()
  var rows = AttributionRows()

  /// An empty account: no cash, multiplier 1 and currency 0 for every instrument.
  public init(instruments: Int, currencies: Int = 1) {
    self.instruments = max(instruments, 1)
    self.currencies = max(currencies, 1)
    positions = .allocateLines(self.instruments)
    positions.initialize(repeating: Position(), count: self.instruments)
    balances = .allocate(capacity: self.currencies)
    balances.initialize(repeating: Balance(), count: self.currencies)
  }

  deinit {
    positions.deallocate()
    balances.deallocate()
  }

  /// Sets what an instrument's money is made of, before it is traded.
  public mutating func define(_ instrument: UInt32, multiplier: Quantity, currency: UInt32) throws(Fault) {
    guard instrument < instruments, currency < currencies else { throw .invalid("no such instrument or currency") }
    guard multiplier.raw > 0 else { throw .invalid("multiplier \(multiplier) is not positive") }
    let position = positions + Int(instrument)
    guard position.pointee.holding.quantity.raw == 0, position.pointee.firstRow < 0 else {
      throw .invalid("instrument \(instrument) is held already")
    }
    position.pointee.multiplier = multiplier
    position.pointee.currency = currency
    position.pointee.wholeMultiplier = multiplier.isWhole ? multiplier.raw / fixedPointScale : 0
  }

  /// Deposits (or, negative, withdraws) cash.
  public mutating func deposit(_ amount: Money, currency: UInt32 = 0) throws(Fault) {
    guard currency < currencies else { throw .invalid("no currency \(currency)") }
    if !credit(amount.raw, currency) { throw .overflow }
  }

  public func position(_ instrument: UInt32) -> Position { positions[Int(instrument)] }
  public func balance(_ currency: UInt32 = 0) -> Balance { balances[Int(currency)] }

  // MARK: the hot path

  /// Books an execution: quantity, cost, profit, cash, fee, equity, and the owner's part.
  /// - Parameters:
  ///   - instrument: below `instruments`.
  ///   - filledBefore: what the order had executed before, so that a group's parts of a whole order come out exact.
  /// - Returns: false when a number would pass 64 bits: nothing is booked, and the account must halt.
  @inline(__always)
  public mutating func book(
    _ fill: Fill, instrument: UInt32, owner: Owner, filledBefore: Quantity = .zero
  ) -> Bool {
    let position = positions + Int(instrument)
    let multiplier = position.pointee.wholeMultiplier
    let isSole = position.pointee.holder == owner.raw
    guard fill.isWhole, multiplier != 0, position.pointee.isWhole, position.pointee.isMarked, isSole else {
      return bookSlowly(fill, instrument, owner, filledBefore)
    }
    let (notional, tooLarge) = fill.notional.raw.multipliedReportingOverflow(by: multiplier)
    if tooLarge { return false }
    let (change, tooMany) = fill.units.multipliedReportingOverflow(by: multiplier)
    if tooMany { return false }
    let (scale, tooWide) = position.pointee.scale.addingReportingOverflow(change)
    if tooWide { return false }
    let (gain, tooRich) = change.multipliedReportingOverflow(by: position.pointee.last.raw)
    if tooRich { return false }
    return settle(fill.quantity.raw, notional, fill.fee.raw, gain, scale, position)
  }

  /// Marks an instrument to `price`: its value and the equity of its currency follow.
  /// - Returns: false when a number would pass 64 bits: the mark is not taken.
  @inline(__always)
  public mutating func mark(_ instrument: UInt32, at price: Price) -> Bool {
    markPlainly(Int(instrument), price.raw) || markSlowly(positions + Int(instrument), price.raw)
  }

  /// `mark` where no number can be too large but equity, which is nearly always; false where that is not so.
  @inline(__always)
  mutating func markPlainly(_ instrument: Int, _ price: Int64) -> Bool {
    let position = positions + instrument
    if UInt64(bitPattern: price &- 1) >= position.pointee.plainPrices { return false }
    let balance = balances + Int(position.pointee.currency)
    let gain = position.pointee.scale &* (price &- position.pointee.last.raw)
    let (equity, tooLarge) = balance.pointee.equity.raw.addingReportingOverflow(gain)
    if tooLarge { return false }
    position.pointee.last.raw = price
    balance.pointee.equity.raw = equity
    return true
  }

  /// Takes a trade whose money is known into the account: all of it or, when a sum does not fit, nothing.
  @inline(__always)
  func settle(
    _ quantity: Int64, _ notional: Int64, _ fee: Int64, _ gain: Int64, _ scale: Int64?,
    _ position: UnsafeMutablePointer<Position>
  ) -> Bool {
    let balance = balances + Int(position.pointee.currency)
    guard let holding = position.pointee.holding.trading(quantity, notional) else { return false }
    let (outflow, first) = notional.addingReportingOverflow(fee)
    if first { return false }
    let (cash, second) = balance.pointee.cash.raw.subtractingReportingOverflow(outflow)
    if second { return false }
    let (profit, third) = gain.subtractingReportingOverflow(outflow)
    if third { return false }
    let (equity, fourth) = balance.pointee.equity.raw.addingReportingOverflow(profit)
    if fourth { return false }
    let (value, fifth) = position.pointee.value.raw.addingReportingOverflow(gain)
    if fifth { return false }
    let (fees, sixth) = position.pointee.fees.raw.addingReportingOverflow(fee)
    if sixth { return false }
    position.pointee.holding = holding
    position.pointee.fees.raw = fees
    position.pointee.set(scale: scale, value: value)
    balance.pointee.cash.raw = cash
    balance.pointee.equity.raw = equity
    return true
  }

  /// What nothing is held of has no price any more.
  mutating func forgetMarks() {
    for i in 0..<instruments where positions[i].holding.quantity.raw == 0 {
      positions[i].last = .zero
      positions[i].isMarked = false
      positions[i].measure()
    }
  }

  // MARK: audit

  /// Equity of a currency summed again from cash, quantities and last prices; nil when it does not fit.
  public func recomputedEquity(_ currency: UInt32 = 0) -> Money? {
    var sum = Int128(balances[Int(currency)].cash.raw)
    for index in 0..<instruments where positions[index].currency == currency {
      let position = positions[index]
      guard let value = position.worth(position.quantity.raw, at: position.last.raw) else { return nil }
      sum += Int128(value)
    }
    return Int64(exactly: sum).map(Money.init(raw:))
  }
}
