import AlphaLoopSDK
import CAlphaLoop

/// Benchmark agent: one instrument, two exponential averages, a fixed quantity or nothing.
struct EMACross: Agent {
  static let descriptor = Descriptor(
    id: "bench.ema_cross", name: "EMA cross (benchmark)",
    summary: "Holds a fixed quantity while the fast exponential average is above the slow one",
    family: "Benchmark", tier: .senior, inputs: .bars, outputs: .quantity,
    parameters: [
      .integer("fast", default: 10, in: 1...100_000, "bars of the fast average"),
      .integer("slow", default: 50, in: 1...100_000, "bars of the slow average"),
      .integer("quantity", default: 100, in: 1...1_000_000, "units held while above"),
      .integer("warm_up", default: 2000, in: 0...1_000_000, "bars before the first order"),
      .choice(
        "act_on", default: "state", of: ["state", "cross"],
        "state: hold whenever above; cross: act only on the bar that crosses"),
    ])

  private let fastWeight: Double
  private let slowWeight: Double
  private let quantity: Int64
  private let warmUp: Int64
  private let actsOnCross: Bool
  private var fast = 0.0
  private var slow = 0.0
  private var bars: Int64 = 0
  private var wasAbove = false
  private var target: Int64 = 0

  init(_ setup: Setup) throws(PluginError) {
    guard setup.universe.count == 1 else {
      throw .configuration("bench.ema_cross trades one instrument; its universe has \(setup.universe.count)")
    }
    fastWeight = 2 / Double(try setup.parameters.integer("fast") + 1)
    slowWeight = 2 / Double(try setup.parameters.integer("slow") + 1)
    quantity = Int64(try setup.parameters.integer("quantity")) * AL_UNIT
    warmUp = Int64(try setup.parameters.integer("warm_up"))
    actsOnCross = try setup.parameters.text("act_on") == "cross"
  }

  var needs: Needs { Needs(lookback: 1, warmUp: Int(warmUp), triggers: AL_CAUSE_BAR) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    guard let close = input.window(0)?.close, close.count > 0 else { return output.abstain(0, .missingCapability) }
    let x = close.last
    if bars == 0 {
      fast = x
      slow = x
    }
    fast += fastWeight * (x - fast)
    slow += slowWeight * (x - slow)
    let above = fast > slow
    if bars >= warmUp {
      let wanted = above ? quantity : 0
      if actsOnCross ? above != wasAbove : wanted != target {
        target = wanted
        output.quantity(0, wanted)
      }
    }
    wasAbove = above
    bars &+= 1
  }

  func save(to writer: inout StateWriter) {
    writer.write(fast)
    writer.write(slow)
    writer.write(bars)
    writer.write(wasAbove)
    writer.write(target)
  }

  mutating func restore(from reader: inout StateReader, version: UInt32) throws(PluginError) {
    let fast = try reader.double()
    let slow = try reader.double()
    let bars = try reader.integer()
    let wasAbove = try reader.bool()
    let target = try reader.integer()
    guard fast.isFinite, slow.isFinite, bars >= 0 else { throw .data("the saved averages are not numbers") }
    (self.fast, self.slow, self.bars, self.wasAbove, self.target) = (fast, slow, bars, wasAbove, target)
  }
}
