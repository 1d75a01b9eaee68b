import CAlphaLoop

extension Venue {
  /// What a fill costs beside its price. `value` is its absolute notional.
  @inline(__always) mutating func charge(
    _ order: UnsafeMutablePointer<WorkingOrder>, _ quantity: Int64, _ value: Int64, _ time: Int64, _ marks: UInt8,
    _ bookMarks: UInt32
  ) -> Int64 {
    switch settings.commission {
    case .none: 0
    case .proportional: Fixed.share(value, ppm: settings.commissionShare)
    case .fixed, .tiered: chargeShares(order, quantity, value, time, marks)
    }
  }

  /// Minimum and maximum hold for the order as a whole, so a fill costs what the order costs now less what it has paid.
  @inline(never) private mutating func chargeShares(
    _ order: UnsafeMutablePointer<WorkingOrder>, _ quantity: Int64, _ value: Int64, _ time: Int64, _ marks: UInt8
  ) -> Int64 {
    let size = quantity < 0 ? 0 &- quantity : quantity
    let isTiered = settings.commission == .tiered
    let raw = isTiered ? tiered(size, time) : FeeSchedule.perShare(fees.perShare, size)
    order.pointee.value = Fixed.add(order.pointee.value, value)
    order.pointee.rawCommission = Fixed.add(order.pointee.rawCommission, raw)
    let due = min(
      max(order.pointee.rawCommission, fees.minimum), Fixed.share(order.pointee.value, ppm: fees.maximumShare))
    let commission = due - order.pointee.charged
    order.pointee.charged = due
    var sum = commission
    if isTiered {
      let isTaking = marks & Decision.taker != 0
      sum = Fixed.add(
        sum,
        min(
          FeeSchedule.perShare(fees.clearingPerShare, size), Fixed.share(value, ppm: fees.clearingMaximum)))
      sum = Fixed.add(sum, FeeSchedule.perShare(isTaking ? fees.exchangeTaking : fees.exchangeAdding, size))
      sum = Fixed.add(sum, Fixed.share(commission, ppm: fees.passThrough))
    }
    return quantity < 0 ? Fixed.add(sum, fees.regulatory(size, value, time)) : sum
  }

  private mutating func tiered(_ size: Int64, _ time: Int64) -> Int64 {
    let now = Calendar.month(ofDay: Calendar.day(of: time))
    if now != month {
      month = now
      monthlyShares = 0
    }
    let commission = FeeSchedule.tiered(size, before: monthlyShares)
    monthlyShares = Fixed.add(monthlyShares, size)
    return commission
  }
}
