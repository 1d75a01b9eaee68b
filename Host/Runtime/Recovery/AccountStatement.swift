import AlphaLoopCore
import CAlphaLoop

/// An account as text, the same bytes for the same account: cash, positions, whose they are, orders that may be alive, and
/// where losses count from.
public struct AccountStatement {
  public let json: JSONValue
  public var text: String { json.canonicalText }

  public init(_ engine: Engine) {
    let symbols = engine.settings.instruments.map(\.symbol)
    let names = engine.agentNames
    func name(_ agent: UInt32) -> String {
      Int(agent) < names.count ? names[Int(agent)] : "host"
    }
    func money(_ raw: Int64) -> JSONValue { .string("\(Money(raw: raw))") }
    var positions: [JSONValue] = []
    for (i, symbol) in symbols.enumerated() {
      let position = engine.ledger.position(UInt32(i))
      let agents = engine.ledger.agentPositions(of: UInt32(i)).sorted { $0.agent < $1.agent }
      if position.quantity.raw == 0, position.realised.raw == 0, position.fees.raw == 0, agents.isEmpty { continue }
      positions.append([
        "symbol": .string(symbol), "quantity": .string("\(position.quantity)"),
        "cost": money(position.holding.cost.raw),
        "realised": money(position.realised.raw), "fees": money(position.fees.raw),
        "dividends": money(position.dividends.raw), "last": .string("\(position.last)"),
        "agents": .array(
          agents.map { part in
            [
              "agent": .string(name(part.agent)), "quantity": .string("\(part.quantity)"),
              "cost": money(part.holding.cost.raw), "realised": money(part.realised.raw), "fees": money(part.fees.raw),
            ]
          }),
      ])
    }
    json = [
      "cash": money(engine.cash.raw), "equity": money(engine.equity.raw), "peak_equity": money(engine.peakEquity),
      "day_start_equity": money(engine.dayStartEquity), "positions": .array(positions),
      "orders": .array(
        engine.openOrders.map { order in
          [
            "id": .string("\(order.id)"), "symbol": .string(symbols[Int(order.instrument)]),
            "quantity": .string("\(order.quantity)"), "filled": .string("\(order.filled)"),
            "reserved": .string("\(order.reserved)"), "limit": .string("\(order.limit)"),
            "state": .string("\(order.state)"),
            "agents": .array(
              engine.ledger.ownership.shares(of: order.owner).map {
                ["agent": .string(name($0.agent)), "weight": .integer($0.weight)]
              }),
          ]
        }),
    ]
  }

  /// The account that the journal of a mode and account makes, with the configuration of today for the names. Nothing is
  /// loaded or asked.
  public static func folded(
    _ configuration: Configuration, mode: UInt32, account: String
  ) throws(HostError) -> AccountStatement {
    let path = TradeSession.journalPath(configuration, mode: Names.mode(mode), account: account)
    let journal = try SessionJournal(path: path, mode: Names.mode(mode), account: account, isReadOnly: true)
    let engine = try Engine.ofAccount(configuration)
    let records = EventJournal()
    engine.journal = JournalCursor(sink: records, block: records.block)
    var fold = AccountFold(journal, engine)
    try fold.enter(upTo: try journal.lastRow(), marksUnanswered: false)
    defer { withExtendedLifetime(records) {} }
    return AccountStatement(engine)
  }
}

extension Engine {
  /// An engine for an account's facts alone: the configured names, no agent takes part.
  static func ofAccount(_ configuration: Configuration) throws(HostError) -> Engine {
    let instruments = Generation.instruments(configuration)
    var settings = EngineSettings(
      session: 0, instruments: instruments, limits: Limits(configuration.risk, instruments: instruments),
      initialCash: .zero)
    settings.isConnected = true
    settings.answerTimeout = configuration.answerTimeout
    let records = EventJournal()
    let memory = HeapInputMemory()
    let specs = configuration.instances(of: .agent).filter(\.isEnabled).map { agent in
      AgentSpec.bystander(agent.id)
    }
    do {
      return try Engine(
        settings: settings, available: Array(repeating: AL_COLUMN_CLOSE, count: instruments.count), agents: specs,
        memory: memory, journal: JournalCursor(sink: records, block: records.block))
    } catch {
      throw HostError(.configuration, "the account cannot be set up: \(error)")
    }
  }
}

extension AgentSpec {
  /// A name for what it owns; it is never asked.
  static func bystander(_ name: String) -> AgentSpec {
    AgentSpec(
      instance: name, descriptorID: "", tier: 0, family: "", outputs: 0, inputs: 0, maxRows: 1, estimates: [],
      weight: 0,
      universe: [], needs: al_needs_v1(), context: nil, evaluate: { _, _, _ in AL_OK })
  }
}
