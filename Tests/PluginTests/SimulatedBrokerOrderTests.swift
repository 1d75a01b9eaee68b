import CAlphaLoop
import Testing

/// One order, some bars, what must be reported. Numbers by hand from the rules of the fill model.
struct OrderCase: CustomTestStringConvertible, Sendable {
  var name: String
  var order: @Sendable () -> al_order_v1
  /// Each with its session flags; stamped 1, 2, 3, ...
  var bars: [(TestBar, UInt32)]
  var expected: [String]
  var testDescription: String { name }

  init(_ name: String, _ order: @escaping @Sendable () -> al_order_v1, _ bars: [TestBar], _ expected: [String]) {
    self.init(name, order, flagged: bars.map { ($0, 0) }, expected)
  }
  init(
    _ name: String, _ order: @escaping @Sendable () -> al_order_v1, flagged bars: [(TestBar, UInt32)],
    _ expected: [String]
  ) {
    (self.name, self.order, self.bars, self.expected) = (name, order, bars, expected)
  }
}

private let opens = AL_MARKET_SESSION_OPENS
private let closes = AL_MARKET_SESSION_CLOSES
private let day = AL_MARKET_SESSION_OPENS | AL_MARKET_SESSION_CLOSES

private let flat = TestBar(100, 101, 99, 100)

private let marketAndLimit: [OrderCase] = [
  OrderCase(
    "a market buy fills at the next open", { .test(1, AL_ORDER_MARKET, 10) }, [TestBar(100.5, 102, 99, 101)],
    ["1 fill 10 @ 100.5"]),
  OrderCase(
    "a market sale fills at the next open", { .test(1, AL_ORDER_MARKET, -10) }, [TestBar(100.5, 102, 99, 101)],
    ["1 fill -10 @ 100.5"]),
  OrderCase(
    "a limit buy fills at its limit when the low touches it", { .test(1, AL_ORDER_LIMIT, 10, limit: 99) }, [flat],
    ["1 fill 10 @ 99"]),
  OrderCase(
    "a limit buy one tick below the low waits", { .test(1, AL_ORDER_LIMIT, 10, limit: 98.99) },
    [flat, TestBar(99, 99.5, 98.99, 99.2)], ["1 fill 10 @ 98.99"]),
  OrderCase(
    "a gap below a limit buy fills at the better open", { .test(1, AL_ORDER_LIMIT, 10, limit: 99) },
    [TestBar(97, 98, 96, 97.5)], ["1 fill 10 @ 97"]),
  OrderCase(
    "a limit sale fills at its limit when the high touches it", { .test(1, AL_ORDER_LIMIT, -10, limit: 101) }, [flat],
    ["1 fill -10 @ 101"]),
  OrderCase(
    "a gap above a limit sale fills at the better open", { .test(1, AL_ORDER_LIMIT, -10, limit: 101) },
    [TestBar(103, 104, 102, 103)], ["1 fill -10 @ 103"]),
]

private let stops: [OrderCase] = [
  OrderCase(
    "a buy stop fills at the stop when the high touches it", { .test(1, AL_ORDER_STOP, 10, stop: 101) }, [flat],
    ["1 triggered", "1 fill 10 @ 101"]),
  OrderCase(
    "a buy stop above the high waits", { .test(1, AL_ORDER_STOP, 10, stop: 101.01) },
    [flat, TestBar(101, 101.01, 100, 100.5)], ["1 triggered", "1 fill 10 @ 101.01"]),
  OrderCase(
    "a gap through a buy stop fills at the worse open", { .test(1, AL_ORDER_STOP, 10, stop: 101) },
    [TestBar(103, 104, 102, 103)], ["1 triggered", "1 fill 10 @ 103"]),
  OrderCase(
    "a gap through a sell stop fills at the worse open", { .test(1, AL_ORDER_STOP, -10, stop: 99) },
    [TestBar(97, 98, 96, 97)], ["1 triggered", "1 fill -10 @ 97"]),
  OrderCase(
    "a stop-limit triggered inside the bar fills at the stop when the limit allows it",
    { .test(1, AL_ORDER_STOP_LIMIT, 10, limit: 101.5, stop: 101) }, [TestBar(100, 102, 99, 100)],
    ["1 triggered", "1 fill 10 @ 101"]),
  OrderCase(
    "a stop-limit with its limit on the far side does not count a low that may have come first",
    { .test(1, AL_ORDER_STOP_LIMIT, 10, limit: 99.5, stop: 101) }, [TestBar(100, 101, 99, 100.5), flat],
    ["1 triggered", "1 fill 10 @ 99.5"]),
  OrderCase(
    "a stop-limit with its limit on the far side fills when the close has come back to it",
    { .test(1, AL_ORDER_STOP_LIMIT, 10, limit: 99.5, stop: 101) }, [TestBar(100, 101, 99, 99.25)],
    ["1 triggered", "1 fill 10 @ 99.5"]),
  OrderCase(
    "a gap beyond stop and limit fills when the bar comes back to the limit",
    { .test(1, AL_ORDER_STOP_LIMIT, 10, limit: 101.5, stop: 101) }, [TestBar(103, 104, 101, 103)],
    ["1 triggered", "1 fill 10 @ 101.5"]),
  OrderCase(
    "a gap beyond stop and limit that does not come back rests as a limit order",
    { .test(1, AL_ORDER_STOP_LIMIT, 10, limit: 101.5, stop: 101) },
    [TestBar(103, 104, 102, 103), TestBar(102, 103, 101.25, 102)], ["1 triggered", "1 fill 10 @ 101.5"]),
  OrderCase(
    "a sell stop-limit mirrors it", { .test(1, AL_ORDER_STOP_LIMIT, -10, limit: 98.5, stop: 99) },
    [TestBar(100, 100, 98, 98.25)], ["1 triggered", "1 fill -10 @ 99"]),
]

private let trailing: [OrderCase] = [
  // No close before acceptance: the reference is the first open, 100; then the highs of finished bars: 103, 105.
  OrderCase(
    "a trailing sale follows the highs of finished bars only", { .test(1, AL_ORDER_TRAILING_STOP, -10, stop: 2) },
    [TestBar(100, 103, 99, 102), TestBar(102, 105, 101.5, 104), TestBar(104, 106, 103, 103.5)],
    ["1 triggered", "1 fill -10 @ 103"]),
  OrderCase(
    "a trailing buy follows the lows", { .test(1, AL_ORDER_TRAILING_STOP, 10, stop: 2) },
    [TestBar(100, 101, 97, 98), TestBar(98, 99, 96, 97)], ["1 triggered", "1 fill 10 @ 99"]),
  // 2 % of 100 is 2; of 110, 2.2.
  OrderCase(
    "a trailing offset in ppm is of the extreme", { .test(1, AL_ORDER_TRAILING_STOP, -10, trailPPM: 20_000) },
    [TestBar(100, 110, 99, 109), TestBar(109, 109, 107, 108)], ["1 triggered", "1 fill -10 @ 107.8"]),
  OrderCase(
    "a gap through a trailing stop fills at the open", { .test(1, AL_ORDER_TRAILING_STOP, -10, stop: 2) },
    [TestBar(100, 110, 99, 109), TestBar(105, 106, 104, 105)], ["1 triggered", "1 fill -10 @ 105"]),
]

private let auctions: [OrderCase] = [
  OrderCase(
    "market on open waits for the first bar of a session", { .test(1, AL_ORDER_MARKET_ON_OPEN, 10) },
    flagged: [(flat, 0), (flat, closes), (TestBar(102, 103, 101, 102), opens)], ["1 fill 10 @ 102"]),
  OrderCase(
    "market on close fills at the last close", { .test(1, AL_ORDER_MARKET_ON_CLOSE, 10) },
    flagged: [(flat, opens), (TestBar(100, 101, 99, 100.75), closes)], ["1 fill 10 @ 100.75"]),
  OrderCase(
    "a daily bar is both auctions: the open", { .test(1, AL_ORDER_MARKET_ON_OPEN, -10) },
    flagged: [(TestBar(102, 103, 101, 101.5), day)], ["1 fill -10 @ 102"]),
  OrderCase(
    "a daily bar is both auctions: the close", { .test(1, AL_ORDER_MARKET_ON_CLOSE, -10) },
    flagged: [(TestBar(102, 103, 101, 101.5), day)], ["1 fill -10 @ 101.5"]),
  OrderCase(
    "limit on open fills at a better open", { .test(1, AL_ORDER_LIMIT_ON_OPEN, 10, limit: 103) },
    flagged: [(TestBar(102, 103, 101, 102), opens)], ["1 fill 10 @ 102"]),
  OrderCase(
    "limit on open ends with the auction, even if the bar reaches the limit later",
    { .test(1, AL_ORDER_LIMIT_ON_OPEN, 10, limit: 101.5) }, flagged: [(TestBar(102, 103, 101, 102), opens)],
    ["1 expired"]),
  OrderCase(
    "limit on close fills at a better close", { .test(1, AL_ORDER_LIMIT_ON_CLOSE, -10, limit: 101) },
    flagged: [(TestBar(100, 103, 99, 102), closes)], ["1 fill -10 @ 102"]),
  OrderCase(
    "limit on close ends with the auction", { .test(1, AL_ORDER_LIMIT_ON_CLOSE, -10, limit: 102.5) },
    flagged: [(TestBar(100, 103, 99, 102), closes)], ["1 expired"]),
]

private let timesInForce: [OrderCase] = [
  OrderCase(
    "a day order ends at the session's close, after it was matched",
    { .test(1, AL_ORDER_LIMIT, 10, limit: 98, tif: AL_TIF_DAY) },
    flagged: [(flat, opens), (flat, closes), (TestBar(98, 98, 97, 98), opens)], ["1 expired"]),
  OrderCase(
    "a day order fills in the last bar", { .test(1, AL_ORDER_LIMIT, 10, limit: 98, tif: AL_TIF_DAY) },
    flagged: [(flat, opens), (TestBar(99, 99, 98, 98.5), closes)], ["1 fill 10 @ 98"]),
  OrderCase(
    "an order good till cancelled outlives the session", { .test(1, AL_ORDER_LIMIT, 10, limit: 98) },
    flagged: [(flat, closes), (TestBar(99, 99, 98, 98.5), opens)], ["1 fill 10 @ 98"]),
  OrderCase(
    "a dated order trades up to its time", { .test(1, AL_ORDER_LIMIT, 10, limit: 98, tif: AL_TIF_GTD, expire: 2) },
    [flat, TestBar(99, 99, 98, 98.5)], ["1 fill 10 @ 98"]),
  OrderCase(
    "a dated order ends at its time", { .test(1, AL_ORDER_LIMIT, 10, limit: 98, tif: AL_TIF_GTD, expire: 2) },
    [flat, flat, TestBar(98, 98, 97, 98)], ["1 expired"]),
  OrderCase(
    "an immediate limit order fills at the open", { .test(1, AL_ORDER_LIMIT, 10, limit: 100, tif: AL_TIF_IOC) },
    [TestBar(99.5, 101, 99, 100)], ["1 fill 10 @ 99.5"]),
  OrderCase(
    "an immediate limit order does not wait for the bar to reach it",
    { .test(1, AL_ORDER_LIMIT, 10, limit: 99.25, tif: AL_TIF_IOC) }, [TestBar(99.5, 101, 99, 100)], ["1 cancelled"]),
  OrderCase(
    "fill or kill fills whole without a cap", { .test(1, AL_ORDER_MARKET, 10, tif: AL_TIF_FOK) }, [flat],
    ["1 fill 10 @ 100"]),
]

@Suite("broker.simulated: order types")
struct SimulatedBrokerOrderTests {
  @Test("fills", arguments: marketAndLimit + stops + trailing + auctions + timesInForce)
  func fills(_ example: OrderCase) throws {
    let broker = try BrokerSubject()
    let ack = try broker.submit(example.order())[0]
    #expect(ack.status == AL_OK)
    var seen: [String] = []
    for (i, (bar, flags)) in example.bars.enumerated() {
      seen += try broker.advance(bar, at: Int64(i + 1), flags).map(\.description)
    }
    #expect(seen == example.expected)
    #expect(try broker.openOrders().isEmpty)
  }

  @Test("a trailing stop starts from the last close before its acceptance")
  func trailingReference() throws {
    let broker = try BrokerSubject()
    try broker.advance(TestBar(100, 111, 99, 110), at: 1)
    try broker.submit(.test(1, AL_ORDER_TRAILING_STOP, -10, stop: 2, at: 1))
    #expect(try broker.advance(TestBar(109, 109, 108.01, 109), at: 2).isEmpty)
    #expect(
      try broker.advance(TestBar(109, 109, 108, 109), at: 3).map(\.description) == ["1 triggered", "1 fill -10 @ 108"])
  }

  @Test("a series without opens does everything at its close")
  func closeOnly() throws {
    let broker = try BrokerSubject()
    try broker.submit(
      .test(1, AL_ORDER_MARKET, 10), .test(2, AL_ORDER_LIMIT, 10, limit: 99), .test(3, AL_ORDER_STOP, 10, stop: 101))
    let close = AL_COLUMN_CLOSE
    #expect(
      try broker.advance(TestBar(90, 120, 80, 100.5), at: 1, columns: close).map(\.description)
        == ["1 fill 10 @ 100.5"])
    #expect(
      try broker.advance(TestBar(90, 120, 80, 98), at: 2, columns: close).map(\.description) == ["2 fill 10 @ 98"])
    #expect(
      try broker.advance(TestBar(90, 120, 80, 102), at: 3, AL_MARKET_CLOSE_ONLY).map(\.description)
        == ["3 triggered", "3 fill 10 @ 102"])
  }

  @Test("the second pass fills market orders decided on this close, at this close, and nothing else")
  func sameClose() throws {
    let broker = try BrokerSubject(["fill": "same_close"])
    let bar = TestBar(100, 102, 98, 101)
    try broker.submit(.test(1, AL_ORDER_MARKET, 5))
    #expect(try broker.advance(bar, at: 1, AL_MARKET_SESSION_CLOSES).map(\.description) == ["1 fill 5 @ 100"])
    try broker.submit(
      .test(2, AL_ORDER_MARKET, 10, at: 1), .test(3, AL_ORDER_LIMIT, 10, limit: 101, tif: AL_TIF_DAY, at: 1))
    let second = AL_MARKET_SAME_CLOSE | AL_MARKET_SESSION_CLOSES
    #expect(try broker.advance(bar, at: 1, second).map(\.description) == ["2 fill 10 @ 101"])
    #expect(try broker.advance(bar, at: 1, second).isEmpty)
    #expect(try broker.advance(bar, at: 2).map(\.description) == ["3 fill 10 @ 100"])
  }

  @Test("with fill: next_open the second pass does nothing")
  func nextOpenIgnoresSecondPass() throws {
    let broker = try BrokerSubject()
    let bar = TestBar(100, 102, 98, 101)
    try broker.advance(bar, at: 1)
    try broker.submit(.test(1, AL_ORDER_MARKET, 10, at: 1))
    #expect(try broker.advance(bar, at: 1, AL_MARKET_SAME_CLOSE).isEmpty)
    #expect(try broker.advance(bar, at: 2).map(\.description) == ["1 fill 10 @ 100"])
  }

  @Test("an order does not trade on a bar stamped at or before its decision")
  func nothingFromThePast() throws {
    let broker = try BrokerSubject()
    try broker.submit(.test(1, AL_ORDER_MARKET, 10, at: 5))
    #expect(try broker.advance(flat, at: 4).isEmpty)
    #expect(try broker.advance(flat, at: 5).isEmpty)
    #expect(try broker.advance(flat, at: 6).map(\.description) == ["1 fill 10 @ 100"])
  }

  @Test("reduce-only fills no more than the position, and ends when there is none")
  func reduceOnly() throws {
    let broker = try BrokerSubject()
    try broker.submit(.test(1, AL_ORDER_MARKET, 10))
    try broker.advance(flat, at: 1)
    try broker.submit(
      .test(2, AL_ORDER_MARKET, -8, at: 1, flags: AL_ORDER_REDUCE_ONLY),
      .test(3, AL_ORDER_MARKET, -8, at: 1, flags: AL_ORDER_REDUCE_ONLY))
    #expect(try broker.advance(flat, at: 2).map(\.description) == ["2 fill -8 @ 100", "3 fill -2 @ 100"])
    #expect(try broker.advance(flat, at: 3).map(\.description) == ["3 cancelled"])
    #expect(try broker.positions().isEmpty)
  }

  @Test("orders of many instruments are reported in order of acceptance")
  func orderOfAcceptance() throws {
    let names = ["AAA", "BBB", "CCC"].map { BrokerSubject.Instrument(symbol: $0) }
    let broker = try BrokerSubject([:], names)
    try broker.submit(
      .test(1, AL_ORDER_MARKET, 1, instrument: 2), .test(2, AL_ORDER_MARKET, 1, instrument: 0),
      .test(3, AL_ORDER_MARKET, 1, instrument: 2), .test(4, AL_ORDER_MARKET, 1, instrument: 1))
    #expect(try broker.advance([flat, nil, flat], at: 1).map(\.sequence) == [1, 2, 3])
    #expect(try broker.advance([nil, flat, nil], at: 2).map(\.sequence) == [4])
  }
}
