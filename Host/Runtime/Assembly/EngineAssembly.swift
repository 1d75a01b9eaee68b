import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop
import Glibc

func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

extension Generation {
  /// The engine for this generation's agents over instruments that have these columns.
  public func makeEngine(
    available: [UInt32], session: UInt64, initialCash: Money, memory: any InputMemory, journal: JournalCursor,
    recordsOutputs: Bool
  ) throws(HostError) -> Engine {
    var settings = EngineSettings(
      session: session, instruments: instruments, limits: Limits(configuration.risk, instruments: instruments),
      allocation: AllocationSettings(configuration.risk), initialCash: initialCash)
    settings.answerTimeout = configuration.answerTimeout
    settings.recordsOutputs = recordsOutputs
    settings.hasOrderedExecutions = try brokerFlags() & AL_BROKER_ORDERED_EXECUTIONS != 0
    settings.isConnected = try isConnected
    let engine: Engine
    do {
      engine = try Engine(
        settings: settings, available: available, agents: specs(), memory: memory, journal: journal)
    } catch {
      throw HostError(.configuration, "the account cannot be set up: \(error)")
    }
    attach(to: engine)
    return engine
  }

  /// The broker is reached over a line, and tells by itself what happens.
  var isConnected: Bool {
    get throws(HostError) {
      guard broker != nil else { return false }
      return try brokerFlags() & AL_BROKER_SIMULATED == 0
    }
  }

  private func brokerFlags() throws(HostError) -> UInt32 {
    do {
      return try broker?.table(AL_INTERFACE_BROKER, al_broker_v1.self)?.pointee.flags ?? 0
    } catch {
      throw HostError(.broker, "\(error)")
    }
  }

  /// Points the host of every instance that is new at this engine's clock and timers.
  func attach(to engine: Engine) {
    let names = engine.agentNames
    for agent in fresh {
      let k = names.firstIndex(of: agent.name) ?? 0
      agent.services.clock = UnsafePointer(engine.clock)
      agent.services.callbacks.timer = { [unowned engine] at, token in engine.addTimer(agent: k, at: at, token: token) }
    }
    for instance in [broker, store].compactMap({ $0 }) + services {
      instance.services.clock = UnsafePointer(engine.clock)
    }
    policy?.services.clock = UnsafePointer(engine.clock)
    engine.policy = policy?.sizing
  }

  func specs() -> [AgentSpec] {
    agents.indices.map { k in
      let agent = agents[k]
      var spec = AgentSpec(
        instance: agent.name, descriptorID: agent.descriptor.id, tier: agent.descriptor.tier,
        family: agent.descriptor.family, outputs: agent.descriptor.outputs, inputs: agent.descriptor.inputs & grants[k],
        maxRows: max(agent.descriptor.maxRows, 1), estimates: agent.descriptor.estimates, weight: weights[k],
        universe: universes[k].members, needs: agent.needs, context: agent.context, evaluate: agent.evaluate)
      spec.facts = AgentFacts()
      return spec
    }
  }

  /// The broker, bound to all instruments.
  ///
  /// - Parameter reports: where a connected broker pushes facts; without it a connected broker stays unbound, as in a replay.
  public func bindBroker(
    _ memory: any InputMemory, reports: UnsafePointer<al_report_feed_v1>? = nil
  ) throws(HostError) -> BrokerLink {
    guard let broker else { throw HostError(.configuration, "the manifest names no broker") }
    do {
      guard let table = try broker.table(AL_INTERFACE_BROKER, al_broker_v1.self) else {
        throw LoadError(broker.name, "answers no \(AL_INTERFACE_BROKER)")
      }
      let isSimulated = table.pointee.flags & AL_BROKER_SIMULATED != 0
      if !isSimulated, reports == nil { return BrokerLink(context: broker.context, table: table) }
      let universe = BoundUniverse(Array(0..<UInt32(instruments.count)), of: instruments, memory: memory)
      let feed = isSimulated ? nil : reports
      if let failure = check(broker.name, "bind", { table.pointee.bind(broker.context, universe.table, feed, $0) }) {
        throw failure
      }
      return BrokerLink(context: broker.context, table: table)
    } catch {
      throw HostError(.broker, "\(error)")
    }
  }
}

extension Limits {
  init(_ risk: RiskConfiguration, instruments: [Instrument]) {
    self.init()
    // Zero stands for "no limit" below: a limit of nothing trips at the first part per million.
    dailyLossPPM = risk.dailyLoss.map { max($0.ppm, 1) } ?? 0
    drawdownPPM = risk.drawdown.map { max($0.ppm, 1) } ?? 0
    maxPositions = risk.maxPositions ?? .max
    maxPosition = MoneyLimit(risk.maxPosition)
    maxOrder = MoneyLimit(risk.maxOrder)
    maxOrderQuantity = risk.maxOrderQuantity.map { Quantity(raw: $0.units) }
    maxGross = MoneyLimit(risk.grossExposure)
    maxNet = MoneyLimit(risk.netExposure)
    maxSector = MoneyLimit(risk.sectorExposure)
    priceCollarPPM = risk.priceCollar.map { max($0.ppm, 1) } ?? 0
    staleAfter = risk.staleQuote.map { max($0.nanoseconds, 1) } ?? 0
    duplicateWithin = risk.duplicateOrderWindow?.nanoseconds ?? 0
    orderRate = RateLimit(risk.orderRate)
    messageRate = RateLimit(risk.messageRate)
    rejectBurst = RateLimit(risk.rejectBurst)
    buyingPowerPPM = risk.buyingPower.map { max($0.ppm, 1) } ?? 0
    pendingExposure = risk.pendingExposure == .committed ? .committed : .worstCase
    requiresLocate = risk.shortLocate != .notRequired
    let names = Set(risk.restricted)
    restricted = Set(instruments.indices.filter { names.contains(instruments[$0].symbol) }.map { UInt32($0) })
    dailyLossAction = HaltState(risk.halts[.dailyLoss], default: .halted)
    drawdownAction = HaltState(risk.halts[.drawdown], default: .flattening)
    rejectBurstAction = HaltState(risk.halts[.rejectBurst], default: .paused)
    staleDataAction = HaltState(risk.halts[.staleData], default: .paused)
    circuitBreakerAction = HaltState(risk.halts[.circuitBreaker], default: .paused)
    reconciliationAction = HaltState(risk.halts[.reconciliation], default: .halted)
    operatorAction = HaltState(risk.halts[.operator], default: .halted)
    circuitBreaker = risk.circuitBreaker.flatMap { breaker in
      instruments.firstIndex { $0.symbol == breaker.symbol }.map {
        CircuitBreaker(instrument: UInt32($0), levelsPPM: breaker.levels.map { max($0.ppm, 1) })
      }
    }
  }
}

extension MoneyLimit {
  init(_ bound: RiskConfiguration.Bound) {
    switch bound {
    case .none: self = .none
    case .ofEquity(let share): self = .ofEquity(ppm: share.ppm)
    case .amount(let amount): self = .money(Money(raw: amount.units))
    }
  }
}

extension RateLimit {
  init?(_ rate: RiskConfiguration.Rate?) {
    guard let rate else { return nil }
    self.init(count: rate.count, window: rate.span.nanoseconds)
  }
}

extension HaltState {
  public init(_ action: RiskConfiguration.HaltAction?, default state: HaltState) {
    switch action {
    case .pause?: self = .paused
    case .halt?: self = .halted
    case .flatten?: self = .flattening
    case nil: self = state
    }
  }
}

extension AllocationSettings {
  init(_ risk: RiskConfiguration) {
    self.init()
    kellyFraction = Double(risk.kellyFraction.units) / 1e8
    // Weights are shares of equity: a bound in money is left to the gate.
    cap = risk.maxPosition.share.map { Double($0.units) / 1e8 } ?? 1
    maxNames = risk.maxPositions ?? .max
    maxGross = min(1, risk.grossExposure.share.map { Double($0.units) / 1e8 } ?? 1)
    allowsShort = risk.shortLocate == .notRequired
  }
}
