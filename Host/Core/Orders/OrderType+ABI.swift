import CAlphaLoop

extension OrderType {
  /// The boundary's numbers and the journal's are two frozen lists.
  init(abi: UInt8) {
    switch abi {
    case AL_ORDER_LIMIT: self = .limit
    case AL_ORDER_STOP: self = .stop
    case AL_ORDER_STOP_LIMIT: self = .stopLimit
    case AL_ORDER_TRAILING_STOP: self = .trailingStop
    case AL_ORDER_MARKET_ON_OPEN: self = .marketOnOpen
    case AL_ORDER_LIMIT_ON_OPEN: self = .limitOnOpen
    case AL_ORDER_MARKET_ON_CLOSE: self = .marketOnClose
    case AL_ORDER_LIMIT_ON_CLOSE: self = .limitOnClose
    default: self = .market
    }
  }

  var abi: UInt8 {
    switch self {
    case .market: AL_ORDER_MARKET
    case .limit: AL_ORDER_LIMIT
    case .stop: AL_ORDER_STOP
    case .stopLimit: AL_ORDER_STOP_LIMIT
    case .trailingStop: AL_ORDER_TRAILING_STOP
    case .marketOnOpen: AL_ORDER_MARKET_ON_OPEN
    case .limitOnOpen: AL_ORDER_LIMIT_ON_OPEN
    case .marketOnClose: AL_ORDER_MARKET_ON_CLOSE
    case .limitOnClose: AL_ORDER_LIMIT_ON_CLOSE
    }
  }
}
