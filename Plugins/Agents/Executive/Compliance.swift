import AlphaLoopSDK
import CAlphaLoop

/// Refuses what regulation or mandate forbids, before it becomes an order.
/// SEC Rule 15c3-5 (2010): pre-set limits on size, price and number of orders; Internal Revenue Code section 1091: wash
/// sales; FINRA Rule 4210(f)(8)(B): day trades of small accounts; Regulation SHO Rule 203(b): locates.
///
/// A proposal is the target weight of an instrument: the host's own (agent AL_NONE) or, without one, the agents' weight that
/// is largest in absolute value; plus the sum of the agents' target quantities at the newest mark. Only proposals that add
/// risk (farther from zero than what is held, or on the other side of it) can be refused; they are looked at the held names
/// first, then by absolute weight, so that the count and the gross keep the strongest. The rules in their order are
/// `ComplianceRule`; the limits are the parameters.
///
/// Rows, one of every instrument: veto with the first rule that refuses and the measured value (weight, count, price change),
/// or abstention with no signal where there is nothing to refuse, which takes a veto back. A proposal or a price that is no
/// number is vetoed as invalid data. Without a portfolio or views the universe abstains as missing capability; without bars the collar
/// is not checked. No equity refuses every instrument. State, by symbol: `ComplianceHistory`.
struct Compliance: Agent {
  static let descriptor = Descriptor(
    id: "exec.compliance", name: "Compliance",
    summary: "Vetoes by rule table: size, count, gross, collar, rate, wash sales, locates, day trades, restricted list",
    tier: .executive, inputs: [.bars, .portfolio, .views], outputs: .veto, parameters: ComplianceLimits.parameters,
    reasons: ComplianceRule.allCases.map(\.text))

  private struct Proposal {
    var hostWeight = Double.nan
    var agentWeight = 0.0
    var quantity: Int64 = 0
    var isProposed = false
    var isBroken = false
    /// Target and held weight of equity.
    var target = 0.0
    var held = 0.0
    var addsRisk = false
  }

  private let limits: ComplianceLimits
  private let instruments: [Instrument]
  private let isRestricted: [Bool]
  private var history: ComplianceHistory
  private var proposals: [Proposal]
  /// Instruments in the order in which they are looked at.
  private var order: [Int]

  init(_ setup: Setup) throws(PluginError) {
    limits = try ComplianceLimits(setup.parameters)
    isRestricted = try ComplianceLimits.restricted(setup)
    instruments = setup.universe
    history = ComplianceHistory(symbols: instruments.map(\.symbol), maxOrders: limits.maxOrders)
    proposals = Array(repeating: Proposal(), count: instruments.count)
    order = Array(instruments.indices)
  }

  var needs: Needs { Needs(lookback: 2, warmUp: 0) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    guard let portfolio = input.portfolio, let views = input.views else {
      return output.abstain(nil, .missingCapability)
    }
    history.observe(portfolio, asOf: input.asOf, session: input.session)
    guard portfolio.equity > 0 else {
      for i in instruments.indices { output.veto(i, ComplianceRule.noEquity.reason, value: portfolio.equity) }
      return
    }
    read(views)
    weigh(portfolio)
    sort()
    var names = Int(portfolio.raw.n_open)
    var gross = heldGross(portfolio)
    for i in order { answer(i, input, portfolio, names: &names, gross: &gross, &output) }
  }

  // MARK: proposals

  private mutating func read(_ views: Views) {
    for i in proposals.indices { proposals[i] = Proposal() }
    for view in views.rows where Int(view.row.instrument) < proposals.count {
      let i = Int(view.row.instrument)
      switch view.row.kind {
      case AL_ROW_WEIGHT:
        proposals[i].isProposed = true
        if !view.row.value.isFinite {
          proposals[i].isBroken = true
        } else if view.agent == AL_NONE {
          proposals[i].hostWeight = view.row.value
        } else if abs(view.row.value) > abs(proposals[i].agentWeight) {
          proposals[i].agentWeight = view.row.value
        }
      case AL_ROW_QUANTITY:
        proposals[i].isProposed = true
        let (sum, overflow) = proposals[i].quantity.addingReportingOverflow(view.row.quantity)
        proposals[i].quantity = sum
        if overflow { proposals[i].isBroken = true }
      default: break
      }
    }
  }

  private mutating func weigh(_ portfolio: Portfolio) {
    for i in proposals.indices {
      let position = portfolio.position(i)
      // Money per unit of quantity, as a share of equity.
      let unit = Double(position.last) / 1e8 * (Double(instruments[i].multiplier) / 1e8) / portfolio.equity
      let p = proposals[i]
      let weight = p.hostWeight.isNaN ? p.agentWeight : p.hostWeight
      let held = Double(position.quantity) / 1e8 * unit
      let target = weight + Double(p.quantity) / 1e8 * unit
      proposals[i].held = held
      proposals[i].target = p.isProposed ? target : held
      proposals[i].addsRisk = p.isProposed && target != 0 && (abs(target) > abs(held) || target * held < 0)
    }
  }

  /// What stays for certain: everything held but for the names whose proposals are looked at one by one. The account's
  /// own gross holds names outside the universe too.
  private func heldGross(_ portfolio: Portfolio) -> Double {
    let held = proposals.reduce(0) { $0 + abs($1.held) }
    let kept = proposals.reduce(0) { $0 + ($1.addsRisk ? min(abs($1.held), abs($1.target)) : abs($1.target)) }
    return max(0, portfolio.gross / portfolio.equity - held) + kept
  }

  /// Held names first, then by absolute target, then by place. Insertion: in place, and the order changes little.
  private mutating func sort() {
    for k in order.indices.dropFirst() {
      var j = k
      while j > 0, precedes(order[j], order[j - 1]) {
        order.swapAt(j, j - 1)
        j -= 1
      }
    }
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    let (x, y) = (proposals[a], proposals[b])
    if (x.held != 0) != (y.held != 0) { return x.held != 0 }
    if abs(x.target) != abs(y.target) { return abs(x.target) > abs(y.target) }
    return a < b
  }

  // MARK: rules

  private mutating func answer(
    _ i: Int, _ input: Input, _ portfolio: Portfolio, names: inout Int, gross: inout Double, _ output: inout Output
  ) {
    let p = proposals[i]
    if isRestricted[i] { return output.veto(i, ComplianceRule.restricted.reason, value: p.target) }
    if p.isBroken || !p.target.isFinite { return output.veto(i, .invalidData) }
    guard p.addsRisk else { return output.abstain(i, .noSignal) }
    let change = priceChange(input, i)
    if !change.isFinite { return output.veto(i, .invalidData) }
    if let (rule, value) = ownRule(i, p, change, input.asOf, portfolio) {
      return output.veto(i, rule.reason, value: value)
    }
    let isNew = p.held == 0
    if isNew, names >= limits.maxNames {
      return output.veto(i, ComplianceRule.positionCount.reason, value: Double(names + 1))
    }
    let added = abs(p.target) - min(abs(p.held), abs(p.target))
    if exceeds(gross + added, limits.maxGross) {
      return output.veto(i, ComplianceRule.gross.reason, value: gross + added)
    }
    if !history.countOrder(asOf: input.asOf, window: limits.orderWindow) {
      return output.veto(i, ComplianceRule.orderRate.reason, value: Double(limits.maxOrders + 1))
    }
    if isNew { names += 1 }
    gross += added
    output.abstain(i, .noSignal)
  }

  /// The rules that look at one instrument alone.
  private func ownRule(_ i: Int, _ p: Proposal, _ change: Double, _ asOf: Int64, _ portfolio: Portfolio) -> (
    ComplianceRule, Double
  )? {
    if limits.requiresLocate, p.target < min(0, p.held), !instruments[i].isShortable { return (.locate, p.target) }
    if exceeds(abs(p.target), limits.maxPosition) { return (.positionSize, abs(p.target)) }
    if limits.collar > 0, exceeds(abs(change), limits.collar) { return (.priceCollar, change) }
    if history.isWashSale(i, side: p.target < 0 ? -1 : 1, asOf: asOf, window: limits.washSale) {
      return (.washSale, p.target)
    }
    if portfolio.equity < limits.dayTradeEquity, history.dayTrades >= limits.maxDayTrades {
      return (.dayTrades, Double(history.dayTrades))
    }
    return nil
  }

  /// Weights are quotients of rounded numbers: 5 % of equity may be a last digit above .05.
  private static let tolerance = 1e-9

  private func exceeds(_ value: Double, _ limit: Double) -> Bool { value > limit + Self.tolerance }

  /// From the bar before to the newest; 0 while there is no bar before.
  private func priceChange(_ input: Input, _ i: Int) -> Double {
    guard let close = input.window(i)?.close, close.count > 1 else { return 0 }
    return close.last / close[ago: 1] - 1
  }

  func save(to writer: inout StateWriter) { history.save(to: &writer) }

  mutating func restore(from reader: inout StateReader, version: UInt32) throws(PluginError) {
    try history.restore(from: &reader)
  }
}
