import AlphaLoopSDK

/// The desk library: junior agents for execution and data.
@c(alphaloop_register) public func registerPlugins() {
  Library.add(agent: RangeVolatility.self)
  Library.add(agent: TimeWeighted.self)
  Library.add(agent: ChandelierStop.self)
}
