import AlphaLoopSDK
import CAlphaLoop

#if canImport(Glibc)
  import Glibc
#endif

/// Vote weights of the view agents by the Hedge algorithm.
/// Freund, Schapire (1997), "A decision-theoretic generalization of on-line learning and an application to boosting", JCSS
/// 55, figure 1: w <- w * exp(-eta * loss), loss in [0, 1], normalised to sum 1; the paper's beta is exp(-eta).
///
/// An agent's loss is that of its `last_return` r, what its scores of the panel before have earned per unit of score:
/// loss = 1/2 - r / (2 `return_scale`), held within [0, 1]: 0 from +return_scale on, 1/2 at 0, 1 from -return_scale down.
/// An agent without a view (NaN) sleeps: its weight is untouched, and the update leaves those that are awake with the sum
/// of weights that they had (Freund, Schapire, Singer, Warmuth 1997, "Using and combining predictors that specialize", STOC,
/// section 3), so that nobody gains on the others by being silent. An agent that speaks for the first time starts with the
/// mean weight of those that are there.
///
/// Rows: agent weight, normalised, of every agent that ever had a view or a return; before the first one the universe
/// abstains as warming up. State: the logarithm of each agent's weight, by the agent's name in the manifest.
struct HedgeVote: Agent {
  static let descriptor = Descriptor(
    id: "exec.hedge_vote", name: "Hedge vote",
    summary: "Vote weights w exp(-eta loss) over the agents' realised losses (Freund, Schapire 1997)",
    tier: .executive, inputs: .views, outputs: .agentWeight,
    parameters: [
      .number("eta", default: 0.5, in: 0.0001...10, "learning rate"),
      .number(
        "return_scale", default: 0.01, in: 0.000001...1, "return of a panel at which the loss is 0; 1 at its negative"),
    ],
    // Room for the weights of as many agents for each instrument of the universe.
    maxRows: 128)

  private struct Expert {
    /// FNV-1a of the agent's name: agents may be reordered between two generations.
    var name: UInt64
    /// Natural logarithm of its weight, up to a constant shared by all; NaN before it ever spoke.
    var logWeight: Double
  }

  private static let mostAgents = 1024

  private let eta: Double
  private let scale: Double
  /// The first `count` count; both tables are made once, so that a changed order of agents allocates nothing.
  private var experts = Array(repeating: Expert(name: 0, logWeight: .nan), count: mostAgents)
  private var others = Array(repeating: Expert(name: 0, logWeight: .nan), count: mostAgents)
  private var count = 0

  init(_ setup: Setup) throws(PluginError) {
    eta = try setup.parameters.number("eta")
    scale = try setup.parameters.number("return_scale")
  }

  var needs: Needs { Needs(lookback: 1, warmUp: 0, columns: 0) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    guard let views = input.views else { return output.abstain(nil, .missingCapability) }
    let records = UnsafeBufferPointer(rebasing: views.records.prefix(Self.mostAgents))
    align(records)
    admit(views, records)
    punish(records)
    rebase()
    var total = 0.0
    for k in 0..<count where !experts[k].logWeight.isNaN { total += exp(experts[k].logWeight) }
    guard total > 0 else { return output.abstain(nil, .warmUp) }
    for k in 0..<count where !experts[k].logWeight.isNaN {
      output.agentWeight(k, min(1, exp(experts[k].logWeight) / total))
    }
  }

  /// The losses of those that are awake, whose weights keep their sum.
  private mutating func punish(_ records: UnsafeBufferPointer<al_agent_record_v1>) {
    let before = awakeSum(records)
    for k in records.indices where records[k].last_return.isFinite {
      experts[k].logWeight -= eta * max(0, min(1, 0.5 - records[k].last_return / (2 * scale)))
    }
    let gain = before - awakeSum(records)
    guard gain.isFinite else { return }
    for k in records.indices where records[k].last_return.isFinite { experts[k].logWeight += gain }
  }

  /// Logarithm of the sum of the weights of those that are awake; minus infinity when nobody is.
  private func awakeSum(_ records: UnsafeBufferPointer<al_agent_record_v1>) -> Double {
    var largest = -Double.infinity
    for k in records.indices where records[k].last_return.isFinite { largest = max(largest, experts[k].logWeight) }
    guard largest.isFinite else { return largest }
    var sum = 0.0
    for k in records.indices where records[k].last_return.isFinite { sum += exp(experts[k].logWeight - largest) }
    return largest + log(sum)
  }

  /// Puts the experts into the order of the records. An agent that is not among them any more is forgotten.
  private mutating func align(_ records: UnsafeBufferPointer<al_agent_record_v1>) {
    var isSame = count == records.count
    for k in records.indices {
      let name = Self.fingerprint(records[k].instance)
      others[k] = Expert(name: name, logWeight: logWeight(of: name, likelyAt: k))
      if experts[k].name != name { isSame = false }
    }
    if isSame { return }
    swap(&experts, &others)
    count = records.count
  }

  private func logWeight(of name: UInt64, likelyAt place: Int) -> Double {
    if place < count, experts[place].name == name { return experts[place].logWeight }
    for k in 0..<count where experts[k].name == name { return experts[k].logWeight }
    return .nan
  }

  private static func fingerprint(_ text: al_str_v1) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    guard let base = text.ptr else { return hash }
    for i in 0..<Int(text.len) { hash = (hash ^ UInt64(UInt8(bitPattern: base[i]))) &* 0x100_0000_01b3 }
    return hash
  }

  /// Gives a weight to those that speak for the first time, before their first return is known: without one, an agent votes
  /// with all the weight that the manifest gives it.
  private mutating func admit(_ views: Views, _ records: UnsafeBufferPointer<al_agent_record_v1>) {
    let entry = logarithmOfMean()
    for view in views.rows where view.row.kind == AL_ROW_VIEW && Int(view.agent) < count {
      if experts[Int(view.agent)].logWeight.isNaN { experts[Int(view.agent)].logWeight = entry }
    }
    for k in records.indices where records[k].last_return.isFinite && experts[k].logWeight.isNaN {
      experts[k].logWeight = entry
    }
  }

  private func logarithmOfMean() -> Double {
    var sum = 0.0
    var awake = 0.0
    for k in 0..<count where !experts[k].logWeight.isNaN {
      sum += exp(experts[k].logWeight)
      awake += 1
    }
    return awake == 0 ? 0 : log(sum / awake)
  }

  /// The largest weight becomes 1, so that none ever leaves the range of a Double.
  private mutating func rebase() {
    var largest = -Double.infinity
    for k in 0..<count where experts[k].logWeight > largest { largest = experts[k].logWeight }
    guard largest.isFinite else { return }
    for k in 0..<count { experts[k].logWeight -= largest }
  }

  func save(to writer: inout StateWriter) {
    writer.write(count)
    for expert in experts.prefix(count) {
      writer.write(expert.name)
      writer.write(expert.logWeight)
    }
  }

  mutating func restore(from reader: inout StateReader, version: UInt32) throws(PluginError) {
    count = try reader.count(limit: Self.mostAgents)
    for k in 0..<count {
      let name = UInt64(bitPattern: try reader.integer())
      let weight = try reader.double()
      guard weight.isNaN || weight <= 0 else { throw .data("the saved state has a weight of exp(\(weight)), above 1") }
      experts[k] = Expert(name: name, logWeight: weight)
    }
  }
}
