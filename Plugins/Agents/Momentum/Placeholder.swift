import AlphaLoopSDK

@c(alphaloop_register) public func registerPlugins() { Library.add(agent: Probe.self) }

struct Probe: Agent {
  static let descriptor = Descriptor(id: "mom.probe", name: "p", summary: "", tier: .senior, inputs: .bars, outputs: .view)
  var s = 0.0
  init(_ setup: Setup) throws(PluginError) {}
  var needs: Needs { Needs(lookback: 1) }
  mutating func evaluate(_ input: Input, _ output: inout Output) {
    for i in 0..<input.count {
      guard let c = input.window(i)?.close, c.count > 0 else { output.abstain(i, .missingCapability); continue }
      s += 0.1 * (c.last - s)
      output.view(i, score: s > c.last ? 1 : -1, confidence: 1, horizon: 0)
    }
  }
}
