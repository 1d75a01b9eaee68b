import AlphaLoopSDK

@c(alphaloop_register)
public func registerPlugins() {
  Library.add(broker: IBKRBroker.self)
  Library.add(dataSource: IBKRData.self)
}
