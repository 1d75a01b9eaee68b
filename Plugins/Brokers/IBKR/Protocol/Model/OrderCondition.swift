/// What must come true before an order works, or before it is cancelled.
public struct OrderCondition: Sendable, Equatable {
  public enum Test: Sendable, Equatable {
    case price(isMore: Bool, price: Double?, conId: Int32, exchange: String, triggerMethod: Int32)
    case time(isMore: Bool, time: String)
    case margin(isMore: Bool, percent: Int32)
    case execution(secType: String, exchange: String, symbol: String)
    case volume(isMore: Bool, volume: Int32, conId: Int32, exchange: String)
    case percentChange(isMore: Bool, percent: Double?, conId: Int32, exchange: String)
  }
  public var test: Test
  /// Joined to the next one by "and", else by "or".
  public var isConjunction: Bool
  public init(_ test: Test, isConjunction: Bool = true) {
    self.test = test
    self.isConjunction = isConjunction
  }

  /// The number by which the protocol names the kind.
  public var kind: Int32 {
    switch test {
    case .price: 1
    case .time: 3
    case .margin: 4
    case .execution: 5
    case .volume: 6
    case .percentChange: 7
    }
  }
}
