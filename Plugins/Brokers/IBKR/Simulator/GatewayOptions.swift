/// How a simulated gateway is set up.
public struct GatewayOptions: Sendable {
  /// Port on the loopback interface; 0 chooses a free one.
  public var port: UInt16 = 0
  public var account = "DU1234567"
  /// Prices, the parts in which orders fill and every choice of the weather follow from it.
  public var seed: UInt64 = 1
  /// The newest server version that is offered, 176...200.
  public var highestVersion = 200
  /// Quotes a second of every symbol that somebody looks at.
  public var quotesPerSecond = 4.0
  /// Simulated seconds in a real one.
  public var speed = 1.0
  /// How far prices wander, 1 as stocks do; 0 leaves them where they are.
  public var volatility = 1.0
  /// Simulated milliseconds from an order to its first answer, and between the parts of a fill.
  public var latency = 2.0
  public var fillGap = 10.0
  /// The most parts that an order fills in.
  public var fillParts = 4
  public var cash = 1_000_000.0
  /// Auctions and the end of day orders at the times of New York; otherwise only by command.
  public var followsSessions = false
  /// A CSV file of bars to take the prices from.
  public var dataPath: String?
  /// Where the gateway's own book is told, a JSON object a line.
  public var bookPath: String?
  /// A Unix socket for commands, a JSON object a line.
  public var controlPath: String?
  /// Commands to carry out at their times, a JSON object a line.
  public var weather: [String] = []
  /// When the simulation begins, nanoseconds since 1970; nil: now.
  public var start: Int64?
  public init() {}
}

/// Why a gateway cannot be set up, or a command not be carried out.
public struct GatewayError: Error, Sendable, Equatable, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}
