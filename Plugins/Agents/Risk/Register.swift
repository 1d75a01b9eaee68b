import AlphaLoopSDK

/// The risk library: agents that size or shrink what others want. None may widen it.
@c(alphaloop_register) public func registerPlugins() {
  Library.add(agent: VolatilityTarget.self)
  Library.add(agent: DrawdownFloor.self)
  Library.add(agent: Kelly.self)
}
