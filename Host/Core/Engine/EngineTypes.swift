import CAlphaLoop

/// Everything an engine is made of. Configuration, never state.
public struct EngineSettings {
  public var session: UInt64
  public var instruments: [Instrument]
  public var limits: Limits
  public var allocation: AllocationSettings
  public var initialCash: Money
  /// Time without the answer that a broker promised after which an order is `unknown`, ns; 0: never.
  public var answerTimeout: Int64 = 0
  /// Also record every agent output, not only those that changed something.
  public var recordsOutputs = false
  /// The broker's executions carry rising numbers and come in order (`AL_BROKER_ORDERED_EXECUTIONS`): a high-water mark
  /// knows them, no set has to.
  public var hasOrderedExecutions = false
  /// The broker is reached over a line that can break, and has books of its own to compare with.
  public var isConnected = false
  /// An agent is switched off after this many faults in a row.
  public var faultLimit = 16

  public init(
    session: UInt64, instruments: [Instrument], limits: Limits = Limits(), allocation: AllocationSettings = .init(),
    initialCash: Money
  ) {
    self.session = session
    self.instruments = instruments
    self.limits = limits
    self.allocation = allocation
    self.initialCash = initialCash
  }
}

/// A refusal by the gate, for people.
public struct DenialEvent: Sendable {
  public var time: Int64
  public var instrument: UInt32
  public var agent: UInt32
  public var sequence: UInt64
  public var quantity: Int64
  public var reason: UInt16
  public var limit: Int64
  public var value: Int64
}

public struct HaltEvent: Sendable {
  public var time: Int64
  public var from: HaltState
  public var to: HaltState
  public var trigger: HaltTrigger
  public var limit: Int64
  public var value: Int64
  public var actor: String
  public var reason: String
}

public struct FillEvent: Sendable {
  public var time: Int64
  public var instrument: UInt32
  public var owner: Owner
  public var sequence: UInt64
  public var quantity: Int64
  public var price: Int64
  public var fee: Int64
}

public struct EquityPoint: Sendable {
  public var time: Int64
  public var equity: Int64
  public var cash: Int64
  public var gross: Int64
  public var net: Int64
  public var names: Int

  public init(time: Int64, equity: Int64, cash: Int64, gross: Int64, net: Int64, names: Int) {
    self.time = time
    self.equity = equity
    self.cash = cash
    self.gross = gross
    self.net = net
    self.names = names
  }
}

/// Receives what happened, off the hot path: fills, denials, halts. Called on the engine's thread.
public protocol EngineObserver: AnyObject {
  func filled(_ event: FillEvent)
  func denied(_ event: DenialEvent)
  func halted(_ event: HaltEvent)
  func refused(agent: Int, refusal: OutputRefusal, time: Int64)
}

/// Counts of a run.
public struct EngineCounts: Sendable, Equatable {
  public var batches: UInt64 = 0
  public var bars: UInt64 = 0
  public var orders: UInt64 = 0
  public var fills: UInt64 = 0
  public var denials: UInt64 = 0
  public var decisions: UInt64 = 0
  public var rejects: UInt64 = 0
  public var anomalies: UInt64 = 0
  public init() {}
}
