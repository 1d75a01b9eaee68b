import CAlphaLoop

/// A decision: the agents stage by stage, then targets, sizes and orders.
extension Engine {
  /// Evaluates every agent that wants the panel at `now` and acts on what all of them say.
  func decide(_ now: Int64) {
    isDirty = false
    counts.decisions &+= 1
    if usesViews {
      allocator.observe(gate.exposures, now: now)
      scoreViews()
    }
    var last = 0
    for k in panelOrder {
      let stage = Self.stage(agents[k].spec)
      if last < 4, stage >= 4 { proposeFromViews() }
      if last < 5, stage >= 5 { settleProposals() }
      last = stage
      evaluate(k, cause: AL_CAUSE_PANEL, now)
    }
    if last < 4 { proposeFromViews() }
    if last < 5 { settleProposals() }
    if usesViews || usesWeights { trade(now) }
    tradeQuantities()
    rememberScores()
  }

  private var usesViews: Bool { viewAgents > 0 || viewTables.hasReaders }

  func evaluate(_ k: Int, cause: UInt32, _ now: Int64) {
    let slot = slots + k
    guard slot.pointee.isActive else { return }
    prepare(slot, now, cause)
    if slot.pointee.input.pointee.views != nil { fillViews(for: k) }
    if let facts = agents[k].spec.facts { attach(facts, slot) }
    let status = slot.pointee.evaluate(slot.pointee.context, slot.pointee.input, slot.pointee.output)
    slot.pointee.input.pointee.n_order_updates = 0
    if status != AL_OK || slot.pointee.output.pointee.len != 0 { take(k, status, now) }
  }

  private func attach(_ facts: AgentFacts, _ slot: UnsafeMutablePointer<AgentSlot>) {
    let input = slot.pointee.input
    input.pointee.fundamentals = facts.fundamentals
    input.pointee.macro = facts.macro
    input.pointee.options = facts.options.baseAddress
    input.pointee.n_options = UInt32(facts.options.count)
    input.pointee.news = facts.news.baseAddress
    input.pointee.n_news = UInt32(facts.news.count)
    input.pointee.events = facts.events.baseAddress
    input.pointee.n_events = UInt32(facts.events.count)
    input.pointee.quotes = facts.quotes
    input.pointee.trades = facts.trades.baseAddress
    input.pointee.n_trades = UInt32(facts.trades.count)
  }

  /// The answer of an agent that sees every bar: quantities and orders act at once, the rest at the end of the batch.
  @inline(never)
  func answerOnBar(_ k: Int, _ status: al_status, _ now: Int64) {
    let slot = slots + k
    let output = slot.pointee.output
    let row = output.pointee.rows.unsafelyUnwrapped
    if status == AL_OK, output.pointee.len == 1, row.pointee.kind == AL_ROW_QUANTITY,
      row.pointee.instrument < slot.pointee.input.pointee.n_instruments, slot.pointee.has(AL_ROW_QUANTITY),
      row.pointee.quantity.magnitude <= UInt64(OrderMachine.largestQuantity.raw), !settings.recordsOutputs
    {
      return target(k, row.pointee)
    }
    take(k, status, now)
    if !touched.isEmpty { tradeQuantities() }
  }

  // MARK: targets

  /// Remembers a quantity target and trades towards it.
  @inline(__always) private func target(_ k: Int, _ row: al_row_v1) {
    let slot = slots + k
    slot.pointee.quantities[Int(row.instrument)] = row.quantity
    slot.pointee.hasQuantity[Int(row.instrument)] = true
    let instrument = slot.pointee.members[Int(row.instrument)]
    // Usually nobody else trades the instrument by quantity.
    let isAlone = quantityAgents == 1 || quantitySpeakers[Int(instrument)] == 1
    tradeTowards(
      instrument, isAlone ? row.quantity : quantityTarget(instrument, lastSpeaker: k), agent: k)
  }

  /// The sum of all agents' quantity targets of an instrument; `k` is one of them.
  private func quantityTarget(_ instrument: UInt32, lastSpeaker k: Int) -> Int64 {
    if quantitySpeakers[Int(instrument)] == 1, slots[k].isActive {
      let u = universeIndex(of: instrument, agent: k)
      // After a reload the one who spoke last may not be the one who speaks.
      if slots[k].members[u] == instrument { return slots[k].quantities[u] }
    }
    var sum: Int64 = 0
    for j in agents.indices where agents[j].spec.has(AL_ROW_QUANTITY) {
      if let u = agents[j].spec.universe.firstIndex(of: instrument), agents[j].hasQuantity[u] {
        sum &+= agents[j].quantities[u]
      }
    }
    return sum
  }

  func universeIndex(of instrument: UInt32, agent k: Int) -> Int {
    let members = slots[k].members
    let n = agents[k].views.count
    if Int(instrument) < n, members[Int(instrument)] == instrument { return Int(instrument) }
    for u in 0..<n where members[u] == instrument { return u }
    return 0
  }

  @inline(__always) private func tradeTowards(_ instrument: UInt32, _ target: Int64, agent k: Int) {
    var wanted = target
    let i = Int(instrument)
    if policy != nil || hasMultipliers { wanted = sized(instrument, quantity: wanted) }
    let book = machine.pool.books + i
    let committed =
      ledger.positions[i].holding.quantity.raw &+ book.pointee.reservedBuy.raw &- book.pointee.reservedSell.raw
    var difference = wanted &- committed
    if settings.recordsOutputs, difference != 0 { recordSizing(instrument, weight: nil, wanted, committed) }
    if work.next != .max { difference = beyondWaiting(instrument, difference) }
    if difference != 0 { order(instrument, difference, owner: .agent(UInt32(k)), label: 0) }
  }

  /// Instruments whose quantity targets changed at this time wait in `touched`, in instrument order.
  func tradeQuantities() {
    guard !touched.isEmpty else { return }
    touched.sort { $0.instrument < $1.instrument }
    let list = touched
    touched.removeAll(keepingCapacity: true)
    var last = UInt32.max
    for t in list where t.instrument != last {
      last = t.instrument
      tradeTowards(t.instrument, quantityTarget(t.instrument, lastSpeaker: t.agent), agent: t.agent)
    }
  }

  /// A market order, or work for the execution agent.
  @inline(__always) func order(
    _ instrument: UInt32, _ quantity: Int64, owner: Owner, label: UInt32, flags: UInt16 = 0
  ) {
    if let worker = work.agent, slots[worker].isActive, halt < .halted {
      return giveWork(instrument, quantity, owner: owner, flags: flags, to: worker)
    }
    commands.free().pointee = al_order_v1(
      id: al_order_id_v1(), instrument: instrument, type: AL_ORDER_MARKET, time_in_force: AL_TIF_DAY, flags: flags,
      quantity: quantity, limit_price: 0, stop_price: 0, trail_ppm: 0, expire_ns: 0, decided_ns: 0, group: 0)
    requestFree(owner: owner, label: label)
  }

  private func giveWork(_ instrument: UInt32, _ quantity: Int64, owner: Owner, flags: UInt16, to worker: Int) {
    let u = universeIndex(of: instrument, agent: worker)
    guard slots[worker].members[u] == instrument else {
      var row = al_order_v1()
      row.instrument = instrument
      row.quantity = quantity
      row.flags = flags
      return request(row, owner: owner, label: 0)
    }
    workRow.pointee = al_work_v1(
      parent: sequence &+ 1, instrument: UInt32(u), flags: 0, total: quantity, remaining: quantity, working: 0,
      start_ns: clock.pointee, end_ns: max(session.pointee.close_ns, clock.pointee), limit_price: 0)
    let slot = slots + worker
    slot.pointee.input.pointee.work = UnsafePointer(workRow)
    slot.pointee.input.pointee.n_work = 1
    workOwner = owner
    workFlags = flags
    evaluate(worker, cause: AL_CAUSE_WORK, clock.pointee)
    workOwner = nil
    workFlags = 0
    slot.pointee.input.pointee.n_work = 0
  }

  // MARK: views to weights

  /// Aggregates the views of each instrument; without a weight agent they become the proposal.
  private func proposeFromViews() {
    guard viewAgents > 0 else { return }
    allocator.panels += 1
    guard (allocator.panels - 1) % max(settings.allocation.rebalanceEvery, 1) == 0 else { return }
    var views: [[(agent: Int, weight: Double, score: Double, confidence: Double)]] = Array(
      repeating: [], count: allocator.count)
    for k in agents.indices where agents[k].spec.has(AL_ROW_VIEW) && slots[k].isActive {
      for (u, member) in agents[k].spec.universe.enumerated() where agents[k].views[u].kind == AL_ROW_VIEW {
        views[Int(member)].append((k, agents[k].weight, agents[k].views[u].score, agents[k].views[u].confidence))
      }
    }
    for i in 0..<allocator.count where settings.instruments[i].isTradable {
      if views[i].isEmpty && !allocator.hasProposal[i] { continue }
      allocator.propose(i, views: views[i])
    }
    allocationIsNew = true
  }

  /// The proposal that later stages judge: the weight agents' where there are any, within the limits.
  private func settleProposals() {
    proposeFromWeights()
    if allocationIsNew { allocator.fit(within: settings.allocation.maxGross) }
  }

  /// Weight agents replace the proposal: those of the highest tier that spoke, averaged by vote weight.
  private func proposeFromWeights() {
    guard usesWeights else { return }
    for i in 0..<allocator.count {
      var best = UInt32.max
      for k in agents.indices where agents[k].spec.has(AL_ROW_WEIGHT) {
        if let u = agents[k].spec.universe.firstIndex(of: UInt32(i)), agents[k].hasWeight[u] {
          best = min(best, agents[k].spec.tier == 0 ? 3 : agents[k].spec.tier)
        }
      }
      if best == .max {
        // Nobody stands behind the last weight any more.
        if viewAgents == 0, allocator.hasProposal[i] {
          allocator.weights[i] = 0
          allocator.backers[i] = []
        }
        continue
      }
      var sum = 0.0
      var votes = 0.0
      var backers: [(agent: Int, strength: Double)] = []
      for k in agents.indices where agents[k].spec.has(AL_ROW_WEIGHT) {
        guard let u = agents[k].spec.universe.firstIndex(of: UInt32(i)), agents[k].hasWeight[u],
          (agents[k].spec.tier == 0 ? 3 : agents[k].spec.tier) == best
        else { continue }
        sum += agents[k].weight * agents[k].weights[u]
        votes += agents[k].weight
        backers.append((k, agents[k].weight * abs(agents[k].weights[u])))
      }
      allocator.weights[i] = votes > 0 ? sum / votes : 0
      allocator.confidence[i] = 1
      allocator.hasProposal[i] = true
      if viewAgents == 0 || allocator.backers[i].isEmpty { allocator.backers[i] = backers.filter { $0.strength > 0 } }
    }
    allocationIsNew = true
  }

  /// Proposed weights, multipliers and vetoes to quantities and orders.
  private func trade(_ now: Int64) {
    guard allocationIsNew else { return }
    allocationIsNew = false
    let equity = ledger.balances.pointee.equity.raw
    stamp()
    journal.write(JournalRecord(.decision, a: counts.decisions, b: equity, c: gate.gross))
    for i in 0..<allocator.count where allocator.hasProposal[i] {
      guard gate.exposures[i].lastTime == now, gate.exposures[i].last > 0 else { continue }
      // Where an agent holds a quantity, weights do not trade against it.
      if quantityAgents > 0, hasQuantityTarget(UInt32(i)) { continue }
      tradeWeight(UInt32(i), equity)
    }
  }

  /// How a wish became a quantity.
  @inline(never)
  private func recordSizing(_ instrument: UInt32, weight: Double?, _ wanted: Int64, _ committed: Int64) {
    stamp()
    if let weight {
      journal.write(
        JournalRecord(
          .allocation, subject: instrument, a: weight.bitPattern, b: gate.exposures[Int(instrument)].last,
          c: ledger.balances.pointee.equity.raw))
    }
    journal.write(JournalRecord(.sizing, subject: instrument, b: wanted, c: committed))
  }

  private func hasQuantityTarget(_ instrument: UInt32) -> Bool {
    agents.contains { agent in
      let u = agent.spec.has(AL_ROW_QUANTITY) ? agent.spec.universe.firstIndex(of: instrument) : nil
      return u.map { agent.hasQuantity[$0] } ?? false
    }
  }

  private func tradeWeight(_ instrument: UInt32, _ equity: Int64) {
    let i = Int(instrument)
    let data = settings.instruments[i]
    let price = gate.exposures[i].last
    let weight = allocator.weights[i] * multiplier(instrument)
    var wanted = quantity(
      weight: weight, equity: equity, price: price, lot: data.lot.raw, multiplier: data.multiplier.raw)
    if policy != nil { wanted = sizedByPolicy(instrument, weight: weight, quantity: wanted, isQuantity: false) }
    let book = machine.pool.books + i
    let held = ledger.positions[i].holding.quantity.raw
    let committed = held &+ book.pointee.reservedBuy.raw &- book.pointee.reservedSell.raw
    var difference = wanted &- committed
    if settings.recordsOutputs, difference != 0 { recordSizing(instrument, weight: weight, wanted, committed) }
    if work.next != .max { difference = beyondWaiting(instrument, difference) }
    if difference == 0 { return }
    let value = abs(Double(difference)) / 1e8 * Double(price)
    // Leaving and entering are always traded; small adjustments of a position are not worth their cost.
    if wanted != 0, held != 0, value < settings.allocation.minimumTrade * Double(equity) { return }
    if hasVetoes, isKnownVeto(instrument, wanted: wanted, held: held) { return }
    orderTowards(instrument, difference, held: held)
  }

  /// A standing veto denies an order once; asking again at every panel would only fill the journal.
  private func isKnownVeto(_ instrument: UInt32, wanted: Int64, held: Int64) -> Bool {
    let reason = standingVeto(instrument)
    let i = Int(instrument)
    defer { deniedVetoes[i] = reason }
    let addsRisk = abs(wanted) > abs(held) || (wanted > 0) != (held > 0) && wanted != 0 && held != 0
    return reason != 0 && addsRisk && deniedVetoes[i] == reason
  }

  /// What reduces a position is the doing of those who hold it, what opens or enlarges one of those who back it now: two
  /// orders where a change does both, so that every agent's own book closes.
  private func orderTowards(_ instrument: UInt32, _ difference: Int64, held: Int64) {
    let i = Int(instrument)
    guard held != 0, (held > 0) != (difference > 0) else {
      return order(instrument, difference, owner: owner(of: i), label: 0)
    }
    let closing = min(abs(difference), closable(instrument, held)) * (difference > 0 ? 1 : -1)
    if closing != 0 {
      order(instrument, closing, owner: holders(of: instrument, held), label: 0, flags: AL_ORDER_REDUCE_ONLY)
    }
    if difference != closing { order(instrument, difference - closing, owner: owner(of: i), label: 0) }
  }

  /// Who holds a position, by what each holds on its side.
  func holders(of instrument: UInt32, _ held: Int64) -> Owner {
    let shares = ledger.agentPositions(of: instrument).filter {
      ($0.quantity.raw > 0) == (held > 0) && $0.quantity.raw != 0
    }
    .map { Ownership.Share(agent: $0.agent, weight: abs($0.quantity.raw)) }
    return ledger.ownership.owner(of: shares) ?? lastOwners[Int(instrument)]
  }

  /// The agents behind a proposal, in whole percents; the last ones to hold it when nobody backs it now.
  private func owner(of i: Int) -> Owner {
    let backers = allocator.backers[i]
    if backers.isEmpty { return lastOwners[i] }
    let total = backers.reduce(0) { $0 + $1.strength }
    let shares = backers.map {
      Ownership.Share(agent: UInt32($0.agent), weight: max(1, Int64(($0.strength / total * 100).rounded())))
    }
    let owner = ledger.ownership.owner(of: shares) ?? .agent(UInt32(backers[0].agent))
    lastOwners[i] = owner
    return owner
  }

  // MARK: tightening

  /// The product of all standing multipliers of an instrument.
  func multiplier(_ instrument: UInt32) -> Double {
    guard hasMultipliers else { return 1 }
    var product = 1.0
    for k in agents.indices where agents[k].spec.has(AL_ROW_MULTIPLIER) {
      product *= agents[k].bookMultiplier
      if let u = agents[k].spec.universe.firstIndex(of: instrument) { product *= agents[k].multipliers[u] }
    }
    return product
  }

  /// The first standing veto of an instrument, 0 none.
  func standingVeto(_ instrument: UInt32) -> UInt32 {
    for k in agents.indices where agents[k].spec.has(AL_ROW_VETO) {
      if agents[k].bookVeto != 0 { return agents[k].bookVeto }
      if let u = agents[k].spec.universe.firstIndex(of: instrument), agents[k].vetoes[u] != 0 {
        return agents[k].vetoes[u]
      }
    }
    return 0
  }

  private func sized(_ instrument: UInt32, quantity: Int64) -> Int64 {
    var wanted = quantity
    let scale = multiplier(instrument)
    if scale < 1 {
      let lot = settings.instruments[Int(instrument)].lot.raw
      let units = (Double(abs(wanted)) * scale / Double(lot)).rounded(.down)
      wanted = Int64(units) * lot * (wanted < 0 ? -1 : 1)
    }
    return policy == nil ? wanted : sizedByPolicy(instrument, weight: 0, quantity: wanted, isQuantity: true)
  }

  /// Asks the risk policy; an answer that is larger than what was asked for is refused.
  private func sizedByPolicy(_ instrument: UInt32, weight: Double, quantity: Int64, isQuantity: Bool) -> Int64 {
    guard let policy else { return quantity }
    let i = Int(instrument)
    let held = ledger.positions[i].holding.quantity.raw
    let book = machine.pool.books + i
    policyTarget.pointee = al_target_v1(
      instrument: instrument, is_quantity: isQuantity ? 1 : 0, weight: weight, confidence: allocator.confidence[i],
      volatility: allocator.volatility(i), price: gate.exposures[i].last, lot: settings.instruments[i].lot.raw,
      multiplier: settings.instruments[i].multiplier.raw, held: held,
      committed: held &+ book.pointee.reservedBuy.raw &- book.pointee.reservedSell.raw, quantity: quantity, reason: 0,
      reserved: 0)
    policyInput.pointee.as_of_ns = clock.pointee
    policyInput.pointee.equity = ledger.balances.pointee.equity.raw
    policyInput.pointee.cash = ledger.balances.pointee.cash.raw
    let status = policy.size(policy.context, policyInput, nil)
    let answer = policyTarget.pointee.quantity
    // Children that wait are on their way as well.
    let waiting = work.next == .max ? 0 : work.waiting(instrument)
    let committed = held &+ book.pointee.reservedBuy.raw &- book.pointee.reservedSell.raw &+ waiting
    guard status == AL_OK else { return Self.unsized(quantity, held: held, committed: committed) }
    // Between zero and what was asked for, or between that and what is held: anything else would widen the risk.
    let low = min(0, quantity, held)
    let high = max(0, quantity, held)
    return answer < low || answer > high ? committed : answer
  }

  /// What is wanted while the policy does not answer: no target goes through unsized, so what is held or on its way stays.
  /// Leaving needs no size, and the way out is not to be barred by a broken plugin: a target of nothing, or of the other
  /// side, closes what is held and no more.
  static func unsized(_ quantity: Int64, held: Int64, committed: Int64) -> Int64 {
    guard held != 0, quantity == 0 || (quantity > 0) != (held > 0) else { return committed }
    return committed - (held > 0 ? min(held, max(committed, 0)) : max(held, min(committed, 0)))
  }

  private func rememberScores() {
    guard viewTables.hasReaders else { return }
    for k in panelOrder where agents[k].spec.has(AL_ROW_VIEW) {
      for u in agents[k].views.indices {
        agents[k].lastScores[u] = agents[k].views[u].kind == AL_ROW_VIEW ? agents[k].views[u].score : 0
      }
    }
  }
}
