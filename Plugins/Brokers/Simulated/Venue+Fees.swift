import CAlphaLoop

extension UnsafeMutablePointer<Venue> {
  /// What a fill costs beside its price. `value` is its absolute notional.
  @inline(__always) func charge(
    _ order: UnsafeMutablePointer<WorkingOrder>, _ quantity: Int64, _ value: Int64, _ time: Int64, _ marks: UInt8,
    _ bookMarks: UInt32
  ) -> Int64 {
    switch pointee.settings.commission {
    case .none: 0
    case .proportional: pointee.settings.commissionShare.of(value)
    case .fixed, .tiered: chargeShares(order, quantity, value, time, marks)
    }
  }

  /// Minimum and maximum hold for the order as a whole, so a fill costs what the order costs now less what it has paid.
  @inline(never) private func chargeShares(
    _ order: UnsafeMutablePointer<WorkingOrder>, _ quantity: Int64, _ value: Int64, _ time: Int64, _ marks: UInt8
  ) -> Int64 {
    let size = quantity < 0 ? 0 &- quantity : quantity
    let isTiered = pointee.settings.commission == .tiered
    let raw = isTiered ? tiered(size, time) : FeeSchedule.perShare(pointee.fees.perShare, size)
    order.pointee.value = Fixed.add(order.pointee.value, value)
    order.pointee.rawCommission = Fixed.add(order.pointee.rawCommission, raw)
    let due = min(
      max(order.pointee.rawCommission, pointee.fees.minimum),
      Fixed.share(order.pointee.value, ppm: pointee.fees.maximumShare))
    let commission = due - order.pointee.charged
    order.pointee.charged = due
    var sum = commission
    if isTiered {
      let isTaking = marks & Decision.taker != 0
      sum = Fixed.add(
        sum,
        min(
          FeeSchedule.perShare(pointee.fees.clearingPerShare, size),
          Fixed.share(value, ppm: pointee.fees.clearingMaximum)))
      sum = Fixed.add(
        sum, FeeSchedule.perShare(isTaking ? pointee.fees.exchangeTaking : pointee.fees.exchangeAdding, size))
      sum = Fixed.add(sum, Fixed.share(commission, ppm: pointee.fees.passThrough))
    }
    return quantity < 0 ? Fixed.add(sum, pointee.fees.regulatory(size, value, time)) : sum
  }

  private func tiered(_ size: Int64, _ time: Int64) -> Int64 {
    let now = Calendar.month(ofDay: Calendar.day(of: time))
    if now != pointee.month {
      pointee.month = now
      pointee.monthlyShares = 0
    }
    let commission = FeeSchedule.tiered(size, before: pointee.monthlyShares)
    pointee.monthlyShares = Fixed.add(pointee.monthlyShares, size)
    return commission
  }
}
