import AlphaLoopCore
import CAlphaLoop

/// The account and the quantities to work: the newest of the file that is not after the moment.
final class AccountFeed: EvaluationFeed {
  private let accounts: [EvaluationAccount]
  private let instruments: [Instrument]
  private let index: [String: Int]
  private let windows: EvaluationWindows
  private let grants: UInt64
  private let portfolio: UnsafeMutablePointer<al_portfolio_v1>
  private let positions: UnsafeMutablePointer<al_position_v1>
  private let work: UnsafeMutablePointer<al_work_v1>

  init(
    _ accounts: [EvaluationAccount], instruments: [Instrument], grants: UInt64, windows: EvaluationWindows,
    memory: any InputMemory
  ) {
    self.accounts = accounts
    self.instruments = instruments
    self.windows = windows
    self.grants = grants
    index = Dictionary(instruments.enumerated().map { ($1.symbol, $0) }, uniquingKeysWith: { first, _ in first })
    let block = memory.array(al_position_v1.self, count: instruments.count)
    positions = block
    work = memory.array(al_work_v1.self, count: accounts.map(\.work.count).max() ?? 0)
    portfolio = memory.array(al_portfolio_v1.self, count: 1)
    portfolio.pointee.size = UInt32(MemoryLayout<al_portfolio_v1>.size)
    portfolio.pointee.n_positions = UInt32(instruments.count)
    portfolio.pointee.positions = UnsafePointer(memory.array(instruments.indices.map { UnsafePointer(block + $0) }))
  }

  func fill(_ input: inout al_input_v1, at time: Int64) {
    guard let account = accounts.last(where: { $0.asOf <= time }) else { return }
    if grants & AL_IN_PORTFOLIO != 0 {
      fill(account)
      input.portfolio = UnsafePointer(portfolio)
    }
    if grants & AL_IN_ORDERS != 0 { fillWork(account, &input) }
  }

  private func fill(_ account: EvaluationAccount) {
    for i in instruments.indices {
      positions[i] = al_position_v1()
      positions[i].instrument = UInt32(i)
      positions[i].last = windows.close(i).flatMap { Price(rounding: $0)?.raw } ?? 0
    }
    var (gross, net) = (Int128(0), Int128(0))
    for position in account.positions {
      let i = index[position.symbol]
      let mark = position.last ?? i.flatMap { windows.close($0) }.flatMap { Price(rounding: $0)?.raw }
      let last = mark ?? position.averageCost
      let multiplier = i.map { instruments[$0].multiplier.raw } ?? fixedPointScale
      let value = Self.value(position.quantity, last, multiplier)
      gross += Int128(value.magnitude)
      net += Int128(value)
      guard let i else { continue }
      positions[i].quantity = position.quantity
      positions[i].committed = position.committed ?? position.quantity
      positions[i].average_cost = position.averageCost
      positions[i].last = last
      positions[i].realised = position.realised
      positions[i].unrealised = Int64(
        clamping: Int128(value) - Int128(Self.value(position.quantity, position.averageCost, multiplier)))
      positions[i].fees = position.fees
    }
    let equity = account.equity ?? Int64(clamping: Int128(account.cash ?? 0) + net)
    portfolio.pointee.equity = equity
    portfolio.pointee.cash = account.cash ?? Int64(clamping: Int128(equity) - net)
    portfolio.pointee.peak_equity = account.peakEquity ?? equity
    portfolio.pointee.day_start_equity = account.dayStartEquity ?? equity
    portfolio.pointee.initial_cash = account.initialCash ?? equity
    portfolio.pointee.gross = Int64(clamping: gross)
    portfolio.pointee.net = Int64(clamping: net)
    portfolio.pointee.n_open = UInt32(account.positions.count { $0.quantity != 0 })
    portfolio.pointee.halt = account.halt
  }

  /// Money of a quantity at a price, all in 1e-8 units; clamped to what money can hold.
  private static func value(_ quantity: Int64, _ price: Int64, _ multiplier: Int64) -> Int64 {
    let scale = Int128(fixedPointScale)
    let units = Int64(clamping: Int128(quantity) * Int128(price) / scale)
    return Int64(clamping: Int128(units) * Int128(multiplier) / scale)
  }

  private func fillWork(_ account: EvaluationAccount, _ input: inout al_input_v1) {
    var n = 0
    for (k, item) in account.work.enumerated() {
      guard let i = index[item.symbol] else { continue }
      work[n] = al_work_v1(
        parent: UInt64(k + 1), instrument: UInt32(i), flags: 0, total: item.total, remaining: item.remaining,
        working: item.working, start_ns: item.start, end_ns: item.end, limit_price: item.limit)
      n += 1
    }
    input.work = UnsafePointer(work)
    input.n_work = UInt32(n)
    // No order is ever sent, so that none changes.
    input.n_order_updates = 0
  }
}
