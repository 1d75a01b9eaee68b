import AlphaLoopSDK

/// The momentum library (family Momentum).
@c(alphaloop_register) public func registerPlugins() {
  Library.add(agent: TimeSeriesMomentum.self)
}
