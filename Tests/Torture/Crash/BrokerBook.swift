import AlphaLoopCore

/// What a broker knows of an account, in the words of none in particular. Quantities, prices and money in 1e-8.
struct BrokerBook {
  struct Order {
    /// nil: not one of ours.
    var id: OrderID?
    var symbol: String
    /// 0: refused at once, and not told.
    var quantity: Int64
    var filled: Int64 = 0
    var isWorking = true
    /// False: sent, and never received.
    var isReceived = true
    var isCancelled = false
    var isRejected = false
    var executions = 0
  }

  struct Execution {
    /// Place among the orders.
    var order: Int
    var quantity: Int64
    var price: Int64
    var fee: Int64
  }

  private(set) var orders: [Order] = []
  private(set) var executions: [Execution] = []
  private(set) var positions: [String: Int64] = [:]
  var cash: Int64 = 0
  /// How far off a sum of the broker's may be that is kept in binary fractions.
  var cashTolerance: Int64 = 0
  /// Order ids that came again.
  private(set) var repeats: [OrderID] = []
  /// By symbol: the most that could ever have been held, and the least, had all that worked at a moment on one side
  /// filled.
  private(set) var reach: [String: ClosedRange<Int64>] = [:]

  mutating func add(_ order: Order) {
    if let id = order.id, order.isReceived, orders.contains(where: { $0.id == id && $0.isReceived }) {
      repeats.append(id)
    }
    orders.append(order)
    widen(order.symbol)
  }

  mutating func addRepeat(_ id: OrderID) { repeats.append(id) }

  mutating func fill(_ execution: Execution) {
    let symbol = orders[execution.order].symbol
    executions.append(execution)
    orders[execution.order].filled += execution.quantity
    orders[execution.order].executions += 1
    if orders[execution.order].filled == orders[execution.order].quantity { orders[execution.order].isWorking = false }
    positions[symbol, default: 0] += execution.quantity
    cash -=
      Int64(clamping: Int128(execution.quantity) * Int128(execution.price) / Int128(fixedPointScale)) + execution.fee
    widen(symbol)
  }

  /// Nothing more of it will fill.
  mutating func end(_ index: Int, isCancelled: Bool = true) {
    guard orders[index].isWorking else { return }
    orders[index].isWorking = false
    orders[index].isCancelled = isCancelled
  }

  private mutating func widen(_ symbol: String) {
    var (low, high) = (positions[symbol, default: 0], positions[symbol, default: 0])
    for order in orders where order.symbol == symbol && order.isWorking {
      let rest = order.quantity - order.filled
      if rest > 0 { high += rest } else { low += rest }
    }
    let before = reach[symbol] ?? 0...0
    reach[symbol] = min(low, before.lowerBound)...max(high, before.upperBound)
  }

  var working: [Order] { orders.filter(\.isWorking) }
}

/// A broker whose book outlives every host, and the market behind it. Used by one thread at a time.
protocol Counterparty: AnyObject {
  /// Line of `libraries:` in `alphaloop.yaml`.
  var library: String { get }
  /// The value of `connected: broker:`.
  var broker: String { get }
  /// The file that is the line to it; nil: a socket.
  var line: String? { get }
  /// Lets the market do what is due: fills, and moods of the exchange.
  func step() throws
  /// Seconds between two moments of the data, for hosts of this broker.
  var pace: Double { get }
  /// Days of the data that are traded: 40 orders and more.
  var days: Int { get }
  /// The times of `connected:`.
  var times: String { get }
  /// Orders that it has seen as of the last step.
  var orders: Int { get }
  /// When the market last did something, on the monotonic clock in seconds.
  var lastMove: Double { get }
  func book() throws -> BrokerBook
  func close()
}
