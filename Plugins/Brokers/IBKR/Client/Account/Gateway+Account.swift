import CAlphaLoop
import TWSProtocol

/// One position of the account. Quantity and cost in 1e-8 units.
public struct AccountPosition: Sendable, Equatable {
  /// Universe index; nil: not in the universe.
  public var instrument: Int?
  public var contract: Contract
  public var quantity: Int64
  /// Per unit: without the multiplier, which the gateway includes.
  public var averageCost: Int64
}

/// Money of the account, 1e-8 units.
public struct AccountFigures: Sendable, Equatable {
  public var account = ""
  public var currency = ""
  public var equity: Int64 = 0
  public var cash: Int64 = 0
  public var buyingPower: Int64 = 0
}

extension Gateway {
  /// The positions of the account in use; closed ones are left out.
  public func positions() throws(IBKRError) -> [AccountPosition] {
    let account = account
    let rows = Monitor<[Position]>([])
    try ask(lane: .positions, .reqPositions, "positions") { response in
      switch response {
      case .position(let row):
        if row.account == account { rows.withLock { $0.append(row) } }
        return false
      case .positionEnd: return true
      default: return false
      }
    }
    // The question also subscribes to every change.
    try post(.cancelPositions)
    let index = desk.monitor.withLock { $0.book.instruments }
    var newest: [Int32: AccountPosition] = [:]
    var order: [Int32] = []
    for row in rows.withLock({ $0 }) {
      guard let quantity = FixedPoint.units(row.position) else {
        throw IBKRError(.invalid, "the position \(row.position) of \(row.contract.symbol) is no multiple of 1e-8")
      }
      let instrument = index.find(row.contract)
      let multiplier = instrument == AL_NONE ? Double(row.contract.multiplier) ?? 1 : index.multiplier(instrument)
      let cost = (row.avgCost ?? 0) / (multiplier == 0 ? 1 : multiplier) / index.magnifier(instrument)
      if newest[row.contract.conId] == nil { order.append(row.contract.conId) }
      newest[row.contract.conId] = AccountPosition(
        instrument: instrument == AL_NONE ? nil : Int(instrument), contract: row.contract, quantity: quantity,
        averageCost: FixedPoint.units(cost) ?? 0)
    }
    return order.compactMap { newest[$0] }.filter { $0.quantity != 0 }
  }

  /// Net liquidation value, cash and buying power.
  public func figures() throws(IBKRError) -> AccountFigures {
    let account = account
    let rows = Monitor<[String: AccountSummary]>([:])
    let id = inquiries.nextId()
    let tags = "NetLiquidation,TotalCashValue,BuyingPower"
    defer { _ = try? post(.cancelAccountSummary(reqId: id)) }
    try ask(id: id, .reqAccountSummary(reqId: id, group: "All", tags: tags), "account summary") { response in
      switch response {
      case .accountSummary(let row):
        if row.account == account { rows.withLock { $0[row.tag] = row } }
        return false
      case .accountSummaryEnd: return true
      default: return false
      }
    }
    let known = rows.withLock { $0 }
    func money(_ tag: String) throws(IBKRError) -> Int64 {
      guard let text = known[tag]?.value, let number = Double(text), let units = FixedPoint.units(number) else {
        throw IBKRError(.invalid, "the account summary of \(account) has no \(tag)")
      }
      return units
    }
    var figures = AccountFigures()
    figures.account = account
    figures.currency = known["NetLiquidation"]?.currency ?? ""
    figures.equity = try money("NetLiquidation")
    figures.cash = try money("TotalCashValue")
    figures.buyingPower = try money("BuyingPower")
    return figures
  }
}
