import AlphaLoopSDK
import CAlphaLoop

/// Benchmark agent: one market and one limit order a bar, sides alternating, over a core position of 100.
struct OrderPath: Agent {
  static let descriptor = Descriptor(
    id: "bench.order_path", name: "Order path (benchmark)", summary: "Two orders a bar, to time the life of an order",
    family: "Benchmark", tier: .junior, inputs: [.bars, .orders], outputs: .order,
    parameters: [.integer("bars", default: 500_000, in: 1...1_000_000_000, "bars on which it sends orders")], maxRows: 2
  )

  private let last: Int64
  private var bars: Int64 = 0
  private var fills: Int64 = 0

  init(_ setup: Setup) throws(PluginError) {
    guard setup.universe.count == 1 else {
      throw .configuration("bench.order_path trades one instrument; its universe has \(setup.universe.count)")
    }
    last = Int64(try setup.parameters.integer("bars"))
  }

  var needs: Needs { Needs(lookback: 1, warmUp: 0, triggers: AL_CAUSE_BAR) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    for update in input.orderUpdates where update.state == AL_STATE_FILLED { fills &+= 1 }
    guard let close = input.window(0)?.close, close.count > 0 else { return output.abstain(0, .missingCapability) }
    // Beyond these a price has no fixed-point form.
    guard close.last > 0, close.last < 9e10 else { return output.abstain(0, .invalidData) }
    let i = bars
    bars &+= 1
    if i >= last { return }
    let side: Int64 = i & 1 == 0 ? 1 : -1
    let price = Int64((close.last * 1e8).rounded())
    output.order(OrderRequest(instrument: 0, quantity: (i == 0 ? 101 : side) * AL_UNIT, timeInForce: AL_TIF_GTC))
    output.order(
      OrderRequest(
        instrument: 0, quantity: -side * AL_UNIT, type: AL_ORDER_LIMIT, timeInForce: AL_TIF_GTC,
        limitPrice: price + 3 * side * 1_000_000))
  }

  func save(to writer: inout StateWriter) {
    writer.write(bars)
    writer.write(fills)
  }

  mutating func restore(from reader: inout StateReader, version: UInt32) throws(PluginError) {
    bars = try reader.integer()
    fills = try reader.integer()
  }
}
