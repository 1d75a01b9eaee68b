import AlphaLoopSDK

@c(alphaloop_register)
public func registerPlugins() {
  Library.add(agent: EMACross.self)
  Library.add(agent: MomentumTop20.self)
  Library.add(agent: OrderPath.self)
  Library.add(dataSource: RawColumns.self)
}
