import AlphaLoopSDK

/// The momentum library (family Momentum).
@c(alphaloop_register) public func registerPlugins() {
  Library.add(agent: TimeSeriesMomentum.self)
  Library.add(agent: CrossSectionalMomentum.self)
  Library.add(agent: HighMomentum.self)
  Library.add(agent: DonchianBreakout.self)
  Library.add(agent: ResidualMomentum.self)
  Library.add(agent: IntradayMomentum.self)
}
