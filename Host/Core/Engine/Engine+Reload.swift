import CAlphaLoop

/// Another generation of agents takes over between two events: positions, orders, halts, windows and the records of agents
/// that stay go on as they are.
extension Engine {
  /// New limits, allocation and trading flags for the same instruments. Only what is risked from here on is under them.
  public func adopt(limits: Limits, allocation: AllocationSettings, instruments: [Instrument]) {
    precondition(instruments.count == settings.instruments.count, "an engine's instruments keep their places")
    let old = settings.limits
    settings.limits = limits
    settings.allocation = allocation
    settings.instruments = instruments
    gate.configure(instruments, limits)
    allocator.settings = allocation
    if limits.rejectBurst != old.rejectBurst { rejectTimes = TimeRing(limits.rejectBurst) }
    resetTrips()
    resetWatch(after: old)
  }

  /// - Parameters:
  ///   - specs: agents in the order of the engine's indices: every agent that the engine ever had, at its index, then new
  ///     ones. One that takes no part any more has `isRetired`.
  public func adopt(_ specs: [AgentSpec], retired: Set<Int>) {
    precondition(specs.count >= agents.count, "an engine's agents keep their indices")
    let lookback = max(panel.lookback, specs.map { Int($0.needs.lookback) }.max() ?? 1)
    let columns = specs.reduce(panel.columns) { $0 | $1.needs.columns }
    let oldPanel = panel
    if lookback > panel.lookback || columns != panel.columns {
      panel = Panel(available: available, lookback: lookback, columns: columns, memory: memory)
      panel.copy(from: oldPanel)
    }
    let isSamePanel = lookback == oldPanel.lookback && columns == oldPanel.columns
    let old = slots
    let oldCount = agents.count
    let isUnchanged = (0..<oldCount).map { isSamePanel && isSame(agents[$0].spec, specs[$0]) }
    if specs.count != oldCount || isUnchanged.contains(false) {
      portfolios = PortfolioTables(instruments: settings.instruments.count, specs: specs, memory: memory)
      viewTables = ViewTables(instruments: settings.instruments.count, specs: specs, memory: memory)
    }
    slots = .allocateLines(max(specs.count, 1))
    for (k, spec) in specs.enumerated() {
      if k < oldCount, isUnchanged[k] {
        var slot = old[k]
        slot.context = spec.context
        slot.evaluate = spec.evaluate
        slot.estimates = UInt32(spec.estimates.count)
        slot.input.pointee.portfolio = portfolios.tables[k].map { UnsafePointer($0) }
        slot.readsPortfolio = portfolios.tables[k] != nil
        slot.input.pointee.views = viewTables.tables[k].map { UnsafePointer($0) }
        (slots + k).initialize(to: slot)
        if agents[k].spec.weight != spec.weight { agents[k].weight = spec.weight }
        agents[k].spec = spec
      } else {
        let state = AgentState(spec)
        let isSameUniverse = k < oldCount && agents[k].spec.universe == spec.universe
        if k < oldCount { replace(k, with: state) } else { agents.append(state) }
        var slot = Self.makeSlot(
          spec, agents[k], panel: panel, session: session, portfolio: portfolios.tables[k], views: viewTables.tables[k],
          memory: memory)
        if k < oldCount { slot.input.pointee.sequence = old[k].input.pointee.sequence }
        if isSameUniverse, slot.wantsUpdates, old[k].wantsUpdates { slot.takeUpdates(of: old[k]) }
        (slots + k).initialize(to: slot)
      }
      slots[k].isActive = !retired.contains(k)
      if retired.contains(k) { retire(k) }
    }
    old.deinitialize(count: oldCount)
    old.deallocate()
    rebuildTables(specs, retired: retired)
  }

  /// The same memory fits: the kind of agent, universe, rows and capabilities are what they were.
  private func isSame(_ a: AgentSpec, _ b: AgentSpec) -> Bool {
    a.descriptorID == b.descriptorID && a.universe == b.universe && a.maxRows == b.maxRows && a.inputs == b.inputs
      && a.outputs == b.outputs
      && a.needs.triggers == b.needs.triggers && a.needs.lookback == b.needs.lookback
      && a.needs.columns == b.needs.columns
  }

  /// Another build of an agent: its record goes on, and its quantity targets for the names that stay in its universe. Those
  /// of names that left are withdrawn.
  private func replace(_ k: Int, with state: AgentState) {
    let old = agents[k]
    agents[k] = state.carrying(old)
    let isSame = old.spec.universe == state.spec.universe
    for (u, member) in old.spec.universe.enumerated() where old.hasQuantity[u] {
      if let place = isSame ? u : state.spec.universe.firstIndex(of: member) {
        state.quantities[place] = old.quantities[u]
        state.hasQuantity[place] = true
      } else {
        touched.append((member, k))
        isDirty = true
      }
    }
    old.quantities.deallocate()
    old.hasQuantity.deallocate()
  }

  /// Nothing that a retired agent said stands.
  private func retire(_ k: Int) {
    let spec = agents[k].spec
    for u in spec.universe.indices {
      agents[k].views[u] = StoredView()
      agents[k].hasWeight[u] = false
      if agents[k].hasQuantity[u], spec.has(AL_ROW_QUANTITY) { touched.append((spec.universe[u], k)) }
      agents[k].quantities[u] = 0
      agents[k].hasQuantity[u] = false
      agents[k].multipliers[u] = 1
      agents[k].vetoes[u] = 0
    }
    agents[k].bookMultiplier = 1
    agents[k].bookVeto = 0
    isDirty = true
  }

  private func rebuildTables(_ specs: [AgentSpec], retired: Set<Int>) {
    let active = specs.indices.filter { !retired.contains($0) }
    barSlots[0].deallocate()
    barSlots.deallocate()
    barSlots = Self.barTable(specs, slots, instruments: settings.instruments.count, retired: retired)
    panelOrder = Self.panelOrder(specs).filter { !retired.contains($0) }
    hasPanelAgents = !panelOrder.isEmpty
    hasBarAgents = barSlots[0] != barSlots[settings.instruments.count]
    quantitySpeakers = Array(repeating: 0, count: settings.instruments.count)
    for k in active where specs[k].has(AL_ROW_QUANTITY) {
      for member in specs[k].universe { quantitySpeakers[Int(member)] += 1 }
    }
    viewAgents = active.count { specs[$0].has(AL_ROW_VIEW) }
    quantityAgents = active.count { specs[$0].has(AL_ROW_QUANTITY) }
    usesWeights = active.contains { specs[$0].has(AL_ROW_WEIGHT) }
    hasMultipliers = active.contains { specs[$0].has(AL_ROW_MULTIPLIER) }
    hasVetoes = active.contains { specs[$0].has(AL_ROW_VETO) }
    work.adopt(specs, retired: retired)
  }

  /// What the agents look like to the engine now, by index.
  public var agentSpecs: [AgentSpec] { agents.map(\.spec) }
}

extension AgentState {
  /// The record of an agent goes on when a new build of it takes over, and what it said stands until it says otherwise. Nothing
  /// that another kind of agent said under the same name does.
  func carrying(_ old: AgentState) -> AgentState {
    var state = self
    state.viewCount = old.viewCount
    state.abstentions = old.abstentions
    state.refusals = old.refusals
    state.refusals[OutputRefusal.fault.rawValue] = nil
    state.wins = old.wins
    state.losses = old.losses
    state.sumWin = old.sumWin
    state.sumLoss = old.sumLoss
    if old.spec.descriptorID != spec.descriptorID { return state }
    if old.spec.weight == spec.weight { state.weight = old.weight }
    state.bookMultiplier = old.bookMultiplier
    state.bookVeto = old.bookVeto
    let isSame = old.spec.universe == spec.universe
    for (u, member) in spec.universe.enumerated() {
      guard let before = isSame ? u : old.spec.universe.firstIndex(of: member) else { continue }
      state.views[u] = old.views[before]
      state.lastScores[u] = old.lastScores[before]
      state.weights[u] = old.weights[before]
      state.hasWeight[u] = old.hasWeight[before]
      state.multipliers[u] = old.multipliers[before]
      state.vetoes[u] = old.vetoes[before]
    }
    return state
  }
}

extension Panel {
  /// Takes over the rows of a smaller panel of the same instruments.
  func copy(from old: Panel) {
    for i in 0..<count {
      let from = old.windows + i
      let to = windows + i
      let n = min(Int(from.pointee.count), lookback)
      let start = Int(from.pointee.first) + Int(from.pointee.count) - n
      func move<T>(_ source: UnsafePointer<T>?, _ target: UnsafePointer<T>?) {
        guard let source, let target else { return }
        UnsafeMutablePointer(mutating: target).update(from: source + start, count: n)
      }
      move(from.pointee.ts, to.pointee.ts)
      move(from.pointee.close, to.pointee.close)
      // Columns that nobody read before start empty: NaN, which agents abstain on.
      for (source, target) in [
        (from.pointee.open, to.pointee.open), (from.pointee.high, to.pointee.high), (from.pointee.low, to.pointee.low),
        (from.pointee.volume, to.pointee.volume),
      ] {
        if let source {
          move(source, target)
        } else if let target {
          UnsafeMutablePointer(mutating: target).update(repeating: .nan, count: n)
        }
      }
      to.pointee.first = 0
      to.pointee.count = UInt32(n)
      to.pointee.total = from.pointee.total
    }
  }
}
