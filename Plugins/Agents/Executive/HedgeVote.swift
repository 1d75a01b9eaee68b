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
/// An agent without a view (NaN) sleeps: its weight is untouched (Freund, Schapire, Singer, Warmuth 1997). An agent that
/// speaks for the first time starts with the mean weight of those that are there.
///
/// Rows: agent weight, normalised, of every agent that ever had a return; before the first one the universe abstains as
/// warming up. State: the logarithm of each agent's weight, by the agent's name in the manifest.
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

  private let eta: Double
  private let scale: Double
  private var experts: [Expert] = []

  init(_ setup: Setup) throws(PluginError) {
    eta = try setup.parameters.number("eta")
    scale = try setup.parameters.number("return_scale")
  }

  var needs: Needs { Needs(lookback: 1, warmUp: 0, columns: 0) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    guard let records = input.views?.records else { return output.abstain(nil, .missingCapability) }
    align(records)
    let entry = logarithmOfMean()
    for k in records.indices {
      let r = records[k].last_return
      guard r.isFinite else { continue }
      let before = experts[k].logWeight.isNaN ? entry : experts[k].logWeight
      experts[k].logWeight = before - eta * max(0, min(1, 0.5 - r / (2 * scale)))
    }
    rebase()
    let total = experts.reduce(0) { $1.logWeight.isNaN ? $0 : $0 + exp($1.logWeight) }
    guard total > 0 else { return output.abstain(nil, .warmUp) }
    for k in experts.indices where !experts[k].logWeight.isNaN {
      output.agentWeight(k, min(1, exp(experts[k].logWeight) / total))
    }
  }

  /// Puts the experts into the order of the records; the same order as before costs no allocation.
  private mutating func align(_ records: UnsafeBufferPointer<al_agent_record_v1>) {
    if experts.count == records.count,
      records.indices.allSatisfy({ experts[$0].name == Self.fingerprint(records[$0].instance) })
    {
      return
    }
    let known = experts
    experts = records.map { record in
      let name = Self.fingerprint(record.instance)
      return known.first { $0.name == name } ?? Expert(name: name, logWeight: .nan)
    }
  }

  private static func fingerprint(_ text: al_str_v1) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    guard let base = text.ptr else { return hash }
    for i in 0..<Int(text.len) { hash = (hash ^ UInt64(UInt8(bitPattern: base[i]))) &* 0x100_0000_01b3 }
    return hash
  }

  private func logarithmOfMean() -> Double {
    var sum = 0.0
    var count = 0.0
    for expert in experts where !expert.logWeight.isNaN {
      sum += exp(expert.logWeight)
      count += 1
    }
    return count == 0 ? 0 : log(sum / count)
  }

  /// The largest weight becomes 1, so that none ever leaves the range of a Double.
  private mutating func rebase() {
    var largest = -Double.infinity
    for expert in experts where expert.logWeight > largest { largest = expert.logWeight }
    guard largest.isFinite else { return }
    for k in experts.indices { experts[k].logWeight -= largest }
  }

  func save(to writer: inout StateWriter) {
    writer.write(experts.count)
    for expert in experts {
      writer.write(expert.name)
      writer.write(expert.logWeight)
    }
  }

  mutating func restore(from reader: inout StateReader, version: UInt32) throws(PluginError) {
    let count = try reader.count()
    var list: [Expert] = []
    for _ in 0..<count {
      let name = UInt64(bitPattern: try reader.integer())
      let weight = try reader.double()
      guard weight.isNaN || weight <= 0 else { throw .data("the saved state has a weight of exp(\(weight)), above 1") }
      list.append(Expert(name: name, logWeight: weight))
    }
    experts = list
  }
}
