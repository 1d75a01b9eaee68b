import AlphaLoopSDK

@c(alphaloop_register)
public func registerPlugins() {
  Library.add(riskPolicy: FixedQuantity.self)
  Library.add(riskPolicy: TargetWeight.self)
}
