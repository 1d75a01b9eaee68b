import CAlphaLoop

/// An agent as the engine runs it: the loaded instance's table plus what the configuration says about it.
public struct AgentSpec {
  public var instance: String
  public var descriptorID: String
  public var tier: UInt32
  public var family: String
  public var outputs: UInt64
  public var inputs: UInt64
  public var maxRows: UInt32
  /// Estimate names of the descriptor.
  public var estimates: [String]
  /// Vote weight of its views, from the manifest.
  public var weight: Double
  /// Engine indices, in the order it was bound with.
  public var universe: [UInt32]
  public var needs: al_needs_v1
  public var context: UnsafeMutableRawPointer?
  public var evaluate:
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<al_input_v1>?, UnsafeMutablePointer<al_output_v1>?
    ) -> al_status
  /// Reads facts (macro, fundamentals, ...) that the driver keeps for it; nil: none.
  public var facts: AgentFacts?

  public init(
    instance: String, descriptorID: String, tier: UInt32, family: String, outputs: UInt64, inputs: UInt64,
    maxRows: UInt32,
    estimates: [String] = [], weight: Double = 1, universe: [UInt32], needs: al_needs_v1,
    context: UnsafeMutableRawPointer?,
    evaluate:
      @escaping @convention(c) (
        UnsafeMutableRawPointer?, UnsafePointer<al_input_v1>?, UnsafeMutablePointer<al_output_v1>?
      ) -> al_status
  ) {
    self.instance = instance
    self.descriptorID = descriptorID
    self.tier = tier
    self.family = family
    self.outputs = outputs
    self.inputs = inputs
    self.maxRows = maxRows
    self.estimates = estimates
    self.weight = weight
    self.universe = universe
    self.needs = needs
    self.context = context
    self.evaluate = evaluate
  }

  func has(_ kind: UInt16) -> Bool { outputs & (1 << UInt64(kind)) != 0 }
}

/// Point-in-time facts for one agent, kept current by the driver as knowledge times pass.
public final class AgentFacts {
  public var fundamentals: UnsafePointer<al_facts_v1>?
  public var macro: UnsafePointer<al_facts_v1>?
  public var options: UnsafeBufferPointer<al_option_v1> = .init(start: nil, count: 0)
  public var news: UnsafeBufferPointer<al_news_v1> = .init(start: nil, count: 0)
  public var events: UnsafeBufferPointer<al_event_v1> = .init(start: nil, count: 0)
  public var quotes: UnsafePointer<UnsafePointer<al_quote_v1>?>?
  public var trades: UnsafeBufferPointer<al_trade_v1> = .init(start: nil, count: 0)
  public init() {}
}

/// Why the engine refused what an agent answered. The raw values are journalled: never renumber.
public enum OutputRefusal: UInt16, CaseIterable, Sendable {
  case unknownInstrument = 1
  case notFinite = 2
  case outOfRange = 3
  case undeclaredKind = 4
  case tooManyRows = 5
  case fault = 6
  case late = 7
  case widensRisk = 8
  /// Child orders beyond the quantity that the agent was to work, on its other side, or in another instrument.
  case beyondWork = 9
}

/// The hot half of an agent: what a call touches.
struct AgentSlot {
  var context: UnsafeMutableRawPointer?
  var evaluate:
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<al_input_v1>?, UnsafeMutablePointer<al_output_v1>?
    ) -> al_status
  let input: UnsafeMutablePointer<al_input_v1>
  let output: UnsafeMutablePointer<al_output_v1>
  /// Disabled after too many faults; its views are abstentions then.
  var isActive = true
  let wantsUpdates: Bool
  var readsPortfolio: Bool
  /// Names of estimates that it may give.
  var estimates: UInt32
  let outputs: UInt64
  /// Universe index -> engine index.
  let members: UnsafeMutablePointer<UInt32>
  /// Quantity targets by universe index, and whether one was ever given; those of the cold half.
  let quantities: UnsafeMutablePointer<Int64>
  let hasQuantity: UnsafeMutablePointer<Bool>
  var updates: UnsafeMutablePointer<al_order_update_v1>
  var updateCapacity: UInt32
  /// Fills the second cache line.
  let reserved: (Int64, Int64, Int64, Int64) = (0, 0, 0, 0)

  @inline(__always) func has(_ kind: UInt16) -> Bool { outputs &>> UInt64(kind) & 1 != 0 }

  /// What was not told yet goes on, in the memory it is in.
  mutating func takeUpdates(of old: AgentSlot) {
    updates = old.updates
    updateCapacity = old.updateCapacity
    input.pointee.order_updates = old.input.pointee.order_updates
    input.pointee.n_order_updates = old.input.pointee.n_order_updates
  }
}

/// What an agent last said about one instrument.
struct StoredView: BitwiseCopyable {
  var score = 0.0
  var confidence = 0.0
  var horizon: Int64 = 0
  /// `AL_ROW_VIEW`, `AL_ROW_ABSTAIN`, or 0 before the first word.
  var kind: UInt16 = 0
  var reason: UInt32 = 0
}

/// The cold half: what it said, and how it did.
struct AgentState {
  var spec: AgentSpec
  var weight: Double
  var views: [StoredView]
  var weights: [Double]
  var hasWeight: [Bool]
  /// Owned by the engine.
  let quantities: UnsafeMutablePointer<Int64>
  let hasQuantity: UnsafeMutablePointer<Bool>
  var multipliers: [Double]
  var bookMultiplier = 1.0
  /// Reason of a standing veto by instrument; 0 none.
  var vetoes: [UInt32]
  var bookVeto: UInt32 = 0
  var estimates: [al_row_v1] = []
  var viewCount: UInt64 = 0
  var abstentions: [UInt32: UInt64] = [:]
  var refusals: [UInt16: UInt64] = [:]
  var wins: UInt32 = 0
  var losses: UInt32 = 0
  var sumWin = 0.0
  var sumLoss = 0.0
  var lastReturn = Double.nan
  /// Prices at the last panel, for the return of its views.
  var lastScores: [Double]

  init(_ spec: AgentSpec) {
    self.spec = spec
    weight = spec.weight
    let n = spec.universe.count
    views = Array(repeating: StoredView(), count: n)
    weights = Array(repeating: 0, count: n)
    hasWeight = Array(repeating: false, count: n)
    quantities = .allocate(capacity: max(n, 1))
    quantities.initialize(repeating: 0, count: max(n, 1))
    hasQuantity = .allocate(capacity: max(n, 1))
    hasQuantity.initialize(repeating: false, count: max(n, 1))
    multipliers = Array(repeating: 1, count: n)
    vetoes = Array(repeating: 0, count: n)
    lastScores = Array(repeating: 0, count: n)
  }
}
