import AlphaLoopSDK

/// The desk library: junior agents for execution and data.
@c(alphaloop_register) public func registerPlugins() {
  Library.add(agent: RangeVolatility.self)
}
