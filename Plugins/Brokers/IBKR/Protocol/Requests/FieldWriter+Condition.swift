extension FieldWriter {
  /// The kind, how it joins the next one, and the values of its kind.
  mutating func condition(_ condition: OrderCondition) throws(WireError) {
    integer(condition.kind)
    try text(condition.isConjunction ? "a" : "o", "condition.connector")
    switch condition.test {
    case .price(let isMore, let price, let conId, let exchange, let triggerMethod):
      flag(isMore)
      try doubleOrEmpty(price, "condition.price")
      integer(conId)
      try text(exchange, "condition.exchange")
      integer(triggerMethod)
    case .time(let isMore, let time):
      flag(isMore)
      try text(time, "condition.time")
    case .margin(let isMore, let percent):
      flag(isMore)
      integer(percent)
    case .execution(let secType, let exchange, let symbol):
      try text(secType, "condition.secType")
      try text(exchange, "condition.exchange")
      try text(symbol, "condition.symbol")
    case .volume(let isMore, let volume, let conId, let exchange):
      flag(isMore)
      integer(volume)
      integer(conId)
      try text(exchange, "condition.exchange")
    case .percentChange(let isMore, let percent, let conId, let exchange):
      flag(isMore)
      try doubleOrEmpty(percent, "condition.percent")
      integer(conId)
      try text(exchange, "condition.exchange")
    }
  }
}
