import AlphaLoopSDK

/// The arbitrage library (family Arbitrage, mean reversion included).
@c(alphaloop_register) public func registerPlugins() {
  Library.add(agent: CrossSectionalReversal.self)
  Library.add(agent: Cointegration.self)
}
