import AlphaLoopSDK
import CAlphaLoop
import Testing

@Suite("Agents through the C table")
struct AgentGlueTests {
  func agent(rows: Int64) throws -> (PluginUnderTest, UnsafePointer<al_agent_v1>) {
    let plugin = try PluginUnderTest(Libraries.fixtures(), "fixture.agent", ["rows": .integer(rows)])
    return (plugin, try #require(plugin.interface("alphaloop.agent/1", as: al_agent_v1.self)))
  }

  func bind(_ plugin: PluginUnderTest, _ table: UnsafePointer<al_agent_v1>, symbols: [String]) -> al_needs_v1 {
    var needs = al_needs_v1()
    let outcome = plugin.withUniverse(symbols) { universe in
      plugin.report { table.pointee.bind(plugin.ctx, universe, &needs, $0) }
    }
    #expect(outcome.status == AL_OK)
    return needs
  }

  func evaluate(
    _ plugin: PluginUnderTest, _ table: UnsafePointer<al_agent_v1>, instruments: UInt32, cap: Int
  ) -> (status: al_status, out: al_output_v1, rows: [al_row_v1]) {
    var rows = [al_row_v1](repeating: al_row_v1(), count: cap)
    var out = al_output_v1()
    // What an earlier call may have left there.
    out.len = 77
    out.needed = 77
    out.cap = UInt32(cap)
    let status = rows.withUnsafeMutableBufferPointer { rows in
      out.rows = rows.baseAddress
      var input = al_input_v1()
      input.n_instruments = instruments
      return table.pointee.evaluate(plugin.ctx, &input, &out)
    }
    return (status, out, rows)
  }

  @Test("evaluate is legal between start and stop only")
  func states() throws {
    let (plugin, table) = try agent(rows: 1)
    _ = bind(plugin, table, symbols: ["A"])
    #expect(evaluate(plugin, table, instruments: 1, cap: 2).status == AL_E_STATE)
    #expect(plugin.start().status == AL_OK)
    #expect(evaluate(plugin, table, instruments: 1, cap: 2).status == AL_OK)
    #expect(try plugin.restore([]).status == AL_E_STATE)
    #expect(plugin.stop().status == AL_OK)
    #expect(evaluate(plugin, table, instruments: 1, cap: 2).status == AL_E_STATE)
  }

  @Test("without room for every promised row nothing happens; the repeat is the first evaluation")
  func capacity() throws {
    let (plugin, table) = try agent(rows: 1)
    _ = bind(plugin, table, symbols: ["A", "B"])
    _ = plugin.start()
    let short = evaluate(plugin, table, instruments: 2, cap: 2)
    #expect(short.status == AL_E_CAPACITY && short.out.needed == 3 && short.out.len == 0)
    #expect(short.rows.allSatisfy { $0.kind == 0 })
    let full = evaluate(plugin, table, instruments: 2, cap: 3)
    #expect(full.status == AL_OK && full.out.len == 2 && full.out.needed == 0)
    #expect(full.rows.prefix(2).map(\.value) == [0.01, 0.01])
  }

  @Test("more rows than promised are a fault of the plugin, not a reason to repeat the call")
  func tooManyRows() throws {
    let (plugin, table) = try agent(rows: 2)
    _ = bind(plugin, table, symbols: ["A", "B"])
    _ = plugin.start()
    #expect(evaluate(plugin, table, instruments: 2, cap: 3).status == AL_E_INTERNAL)
    // Where the host has more room than it must, there is nothing to complain of here.
    #expect(evaluate(plugin, table, instruments: 2, cap: 4).status == AL_OK)
  }

  @Test("an input of another universe is refused")
  func universe() throws {
    let (plugin, table) = try agent(rows: 1)
    _ = bind(plugin, table, symbols: ["A"])
    _ = plugin.start()
    #expect(evaluate(plugin, table, instruments: 2, cap: 9).status == AL_E_ARGUMENT)
  }

  @Test("a nonsensical lookback reaches nobody as a negative number")
  func needs() throws {
    let (plugin, table) = try agent(rows: 1)
    #expect(bind(plugin, table, symbols: ["A"]).lookback == 0)
  }

  @Test("the schema of parameters is JSON, also with open bounds and control characters")
  func schema() {
    let number = ParameterSpec.number("x", default: 1, in: 0...(.infinity), "tab\tbell\u{7}")
    #expect(number.schema == #"{"type":"number","default":1.0,"minimum":0.0,"description":"tab\tbell\u0007"}"#)
  }
}
