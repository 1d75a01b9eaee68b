/// What a subscription to market data asks for. The list holds numbers of generic ticks, separated by commas.
public struct MarketDataQuery: Sendable, Equatable {
  public var genericTickList = ""
  public var snapshot = false
  public var regulatorySnapshot = false
  public var options: [TagValue] = []
  public init() {}
}

/// `tickType`: `Last`, `AllLast`, `BidAsk` or `MidPoint`. With a number of ticks, history of that length comes first.
public struct TickByTickQuery: Sendable, Equatable {
  public var tickType = ""
  public var numberOfTicks: Int32 = 0
  public var ignoreSize = false
  public init() {}
}

/// Bars of five seconds; the server makes no others.
public struct RealTimeBarsQuery: Sendable, Equatable {
  public var barSize: Int32 = 5
  public var whatToShow = ""
  public var useRTH = false
  public var options: [TagValue] = []
  public init() {}
}

public struct MarketDepthQuery: Sendable, Equatable {
  public var numRows: Int32 = 0
  public var isSmartDepth = false
  public var options: [TagValue] = []
  public init() {}
}

/// A stretch of bars. An empty end is now; `formatDate` 1 asks for times in text, 2 for seconds since 1970.
public struct HistoricalDataQuery: Sendable, Equatable {
  public var endDateTime = ""
  public var durationStr = ""
  public var barSizeSetting = ""
  public var whatToShow = ""
  public var useRTH = false
  public var formatDate: Int32 = 1
  public var keepUpToDate = false
  public var chartOptions: [TagValue] = []
  public init() {}
}

public struct HeadTimeStampQuery: Sendable, Equatable {
  public var whatToShow = ""
  public var useRTH = false
  public var formatDate: Int32 = 1
  public init() {}
}

/// Exactly one of start and end is given; at most 1000 ticks come back.
public struct HistoricalTicksQuery: Sendable, Equatable {
  public var startDateTime = ""
  public var endDateTime = ""
  public var numberOfTicks: Int32 = 0
  public var whatToShow = ""
  public var useRth = false
  public var ignoreSize = false
  public var miscOptions: [TagValue] = []
  public init() {}
}

/// `exerciseAction` is 1 to exercise and 2 to let the option lapse.
public struct OptionExercise: Sendable, Equatable {
  public var exerciseAction: Int32 = 1
  public var exerciseQuantity: Int32 = 0
  public var account = ""
  /// Against what the gateway would do by itself.
  public var override = false
  public var manualOrderTime = ""
  public var customerAccount = ""
  public var professionalCustomer = false
  public init() {}
}

public struct SecDefOptParamsQuery: Sendable, Equatable {
  public var underlyingSymbol = ""
  public var futFopExchange = ""
  public var underlyingSecType = ""
  public var underlyingConId: Int32 = 0
  public init() {}
}

/// `providerCodes` are joined by plus signs.
public struct HistoricalNewsQuery: Sendable, Equatable {
  public var conId: Int32 = 0
  public var providerCodes = ""
  public var startDateTime = ""
  public var endDateTime = ""
  public var totalResults: Int32 = 0
  public var options: [TagValue] = []
  public init() {}
}

/// What the gateway wants to know of a cancellation besides the order.
public struct OrderCancel: Sendable, Equatable {
  public var manualOrderCancelTime = ""
  public var extOperator = ""
  public var manualOrderIndicator: Int32?
  public init() {}
}

/// Which executions to report; all that is stated has to hold. `side` is `BUY` or `SELL`.
public struct ExecutionFilter: Sendable, Equatable {
  public var clientId: Int32 = 0
  public var acctCode = ""
  public var time = ""
  public var symbol = ""
  public var secType = ""
  public var exchange = ""
  public var side = ""
  public var lastNDays: Int32?
  /// Days as `yyyymmdd` in digits.
  public var specificDates: [Int32] = []
  public init() {}
}
