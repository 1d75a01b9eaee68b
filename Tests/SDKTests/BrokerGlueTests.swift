import CAlphaLoop
import Testing

@Suite("Brokers through the C table")
struct BrokerGlueTests {
  let plugin: PluginUnderTest
  let table: UnsafePointer<al_broker_v1>

  init() throws {
    plugin = try PluginUnderTest(Libraries.fixtures(), "fixture.gateway", ["excess": .integer(0)])
    table = try #require(plugin.interface("alphaloop.broker/1"))
  }

  func order(_ sequence: UInt64, instrument: UInt32 = 0) -> al_order_v1 {
    var order = al_order_v1()
    order.id = al_order_id_v1(session: 1, sequence: sequence)
    order.instrument = instrument
    order.quantity = 3 * AL_UNIT
    return order
  }

  func submit(_ orders: [al_order_v1]) -> (al_status, [al_ack_v1]) {
    var acks = [al_ack_v1](repeating: al_ack_v1(), count: orders.count)
    let status = table.pointee.submit(plugin.ctx, orders, UInt32(orders.count), &acks, nil)
    return (status, acks)
  }

  func advance(cap: Int, close: [Int64] = [700, 800]) -> (status: al_status, out: al_reports_v1, rows: [al_report_v1]) {
    var rows = [al_report_v1](repeating: al_report_v1(), count: cap)
    var out = al_reports_v1()
    let status = rows.withUnsafeMutableBufferPointer { rows in
      close.withUnsafeBufferPointer { close in
        var market = al_market_v1()
        market.bars.n = 2
        market.bars.close = close.baseAddress
        out.cap = UInt32(cap)
        out.rows = rows.baseAddress
        return table.pointee.advance(plugin.ctx, &market, &out)
      }
    }
    return (status, out, rows)
  }

  @Test("one instance answers every interface that its descriptor lists, and no other")
  func interfaces() throws {
    let entry = try Libraries.fixtures()
    let descriptor = try #require(
      (0..<Int(entry.pointee.n_descriptors)).compactMap { entry.pointee.descriptors[$0]?.pointee }
        .first { String(cString: $0.id) == "fixture.gateway" })
    var listed: [String] = []
    for i in 0... {
      guard let id = descriptor.interfaces[i] else { break }
      listed.append(String(cString: id))
    }
    #expect(listed == ["alphaloop.broker/1", "alphaloop.data/1", "alphaloop.job/1", "alphaloop.state/1"])
    #expect(descriptor.kinds == AL_KIND_BROKER | AL_KIND_DATA_SOURCE | AL_KIND_JOB)
    for id in listed { #expect(plugin.interface(id, as: UInt32.self) != nil, "\(id)") }
    #expect(plugin.interface("alphaloop.store/1", as: UInt32.self) == nil)
  }

  @Test("functions that the flags do not promise are NULL")
  func nullFunctions() {
    #expect(table.pointee.replace == nil)
    #expect(table.pointee.advance != nil)
  }

  @Test("orders are refused before bind, before start and after stop")
  func states() throws {
    #expect(submit([order(1)]).0 == AL_E_STATE)
    #expect(plugin.start().status == AL_OK)
    #expect(submit([order(1)]).0 == AL_E_STATE)
    #expect(try plugin.bind(symbols: ["A", "B"]).status == AL_OK)
    #expect(try plugin.bind(symbols: ["A", "B"]).status == AL_E_STATE)
    #expect(submit([order(1)]).0 == AL_OK)
    #expect(plugin.start().status == AL_E_STATE)
    #expect(plugin.stop().status == AL_OK)
    #expect(submit([order(2)]).0 == AL_E_STATE)
    #expect(plugin.stop().status == AL_E_STATE)
  }

  @Test("a parameter that the plugin refuses fails create with its text")
  func refusedParameter() throws {
    let outcome = #expect(throws: Outcome.self) {
      try PluginUnderTest(Libraries.fixtures(), "fixture.gateway", ["excess": .integer(9)])
    }
    #expect(outcome == Outcome(status: AL_E_CONFIG, text: "parameter 'excess' is 9"))
  }

  @Test("an advance without room changes nothing and says how much it needs; the repeat fills")
  func shortBuffer() throws {
    _ = try plugin.bind(symbols: ["A", "B"])
    _ = plugin.start()
    _ = submit([order(1), order(2, instrument: 1)])
    let short = advance(cap: 1)
    #expect(short.status == AL_E_CAPACITY)
    #expect(short.out.needed == 2 && short.out.len == 0)
    #expect(short.rows[0].kind == 0)
    let full = advance(cap: 2)
    #expect(full.status == AL_OK)
    #expect(full.out.len == 2)
    #expect(full.rows.map(\.price) == [700, 800])
    #expect(full.rows.map(\.id.sequence) == [1, 2])
    #expect(advance(cap: 0).status == AL_OK)
  }

  @Test("a broker that writes more than its own bound is found out")
  func brokenBound() throws {
    let plugin = try PluginUnderTest(Libraries.fixtures(), "fixture.gateway", ["excess": .integer(1)])
    let broken = BrokerGlueTests(plugin, table)
    _ = try plugin.bind(symbols: ["A"])
    _ = plugin.start()
    _ = broken.submit([order(1)])
    #expect(broken.advance(cap: 1).status == AL_E_INTERNAL)
  }

  private init(_ plugin: PluginUnderTest, _ table: UnsafePointer<al_broker_v1>) {
    self.plugin = plugin
    self.table = table
  }

  @Test("a query without room writes nothing and can be repeated", arguments: [0, 1])
  func queryCapacity(cap: Int) throws {
    _ = try plugin.bind(symbols: ["A"])
    _ = plugin.start()
    _ = submit([order(1), order(2)])
    var rows = [al_report_v1](repeating: al_report_v1(), count: 2)
    var out = al_reports_v1()
    rows.withUnsafeMutableBufferPointer { rows in
      out.rows = rows.baseAddress
      out.cap = UInt32(cap)
      #expect(table.pointee.open_orders(plugin.ctx, &out, nil) == AL_E_CAPACITY)
      #expect(out.len == 0 && out.needed == 2)
      out.cap = 2
      #expect(table.pointee.open_orders(plugin.ctx, &out, nil) == AL_OK)
    }
    #expect(out.len == 2 && out.needed == 0)
    #expect(rows.map(\.id.sequence) == [1, 2])
  }

  @Test("positions name what is outside the universe")
  func positions() throws {
    _ = try plugin.bind(symbols: ["A"])
    _ = plugin.start()
    var rows = [al_holding_v1](repeating: al_holding_v1(), count: 2)
    var out = al_holdings_v1()
    rows.withUnsafeMutableBufferPointer { rows in
      out.rows = rows.baseAddress
      out.cap = 1
      #expect(table.pointee.positions(plugin.ctx, &out, nil) == AL_E_CAPACITY)
      out.cap = 2
      #expect(table.pointee.positions(plugin.ctx, &out, nil) == AL_OK)
    }
    #expect(out.len == 2)
    #expect(rows[0].instrument == 0 && text(rows[0].symbol) == "")
    #expect(rows[1].instrument == AL_NONE && text(rows[1].symbol) == "FOREIGN" && rows[1].quantity == -AL_UNIT)
  }

  @Test("an account name that does not fit is an error, never a cut name")
  func longAccountName() throws {
    _ = try plugin.bind(symbols: ["A"])
    var account = al_account_v1()
    _ = plugin.start()
    #expect(table.pointee.account(plugin.ctx, &account, nil) == AL_OK)
    #expect(account.currency_len == 3 && account.currency.0 == 85 && account.currency.3 == 0)
    _ = plugin.stop()
    // The fixture's state: one boolean that makes the name 25 bytes long.
    #expect(try plugin.restore([1, 0, 0, 0, 0, 0, 0, 0]).status == AL_OK)
    _ = plugin.start()
    let outcome = plugin.report { table.pointee.account(plugin.ctx, &account, $0) }
    #expect(outcome.status == AL_E_DATA)
    #expect(outcome.text.contains("25 bytes; the most is 24"))
  }

  @Test("a thrown status and its text reach the host")
  func thrown() throws {
    _ = try plugin.bind(symbols: ["A"])
    _ = plugin.start()
    var ack = al_ack_v1()
    var id = al_order_id_v1(session: 1, sequence: 1)
    let outcome = plugin.report { table.pointee.cancel(plugin.ctx, &id, 1, &ack, $0) }
    #expect(outcome == Outcome(status: AL_E_TIMEOUT, text: "no answer"))
  }
}
