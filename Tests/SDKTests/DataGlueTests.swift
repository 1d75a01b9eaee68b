import CAlphaLoop
import Testing

@Suite("Data sources through the C table")
struct DataGlueTests {
  let plugin: PluginUnderTest
  let table: UnsafePointer<al_data_v1>

  init() throws {
    plugin = try PluginUnderTest(Libraries.fixtures(), "fixture.gateway", ["excess": .integer(0)])
    table = try #require(plugin.interface("alphaloop.data/1"))
    #expect(plugin.start().status == AL_OK)
  }

  func withCursor(kind: UInt32, symbols: [String], _ body: (UnsafeMutableRawPointer) throws -> Void) throws {
    let names = symbols.map(str)
    var cursor: UnsafeMutableRawPointer?
    let outcome = names.withUnsafeBufferPointer { names in
      var query = al_query_v1()
      query.size = UInt32(MemoryLayout<al_query_v1>.size)
      query.kind = kind
      query.n_symbols = UInt32(names.count)
      query.symbols = names.baseAddress
      return plugin.report { table.pointee.open(plugin.ctx, &query, &cursor, $0) }
    }
    guard outcome.status == AL_OK else { throw outcome }
    let open = try #require(cursor)
    try body(open)
    table.pointee.close(plugin.ctx, open)
  }

  @Test("bars of a close-only source come as one column; the others are NULL")
  func bars() throws {
    try withCursor(kind: AL_DATA_BARS, symbols: ["A"]) { cursor in
      var batch = al_batch_v1()
      #expect(table.pointee.next(plugin.ctx, cursor, &batch, nil) == AL_OK)
      #expect(batch.n_rows == 100 && batch.bars.n == 100 && batch.n_symbols == 0)
      #expect(batch.bars.open == nil && batch.bars.volume == nil && batch.bars.columns == AL_COLUMN_CLOSE)
      #expect(batch.bars.ts[99] == 99 && batch.bars.close[99] == 198)
      #expect(table.pointee.next(plugin.ctx, cursor, &batch, nil) == AL_OK)
      #expect(batch.n_rows == 0 && batch.n_faults == 1)
      #expect(batch.faults[0].line == 7 && text(batch.faults[0].where) == "x.csv")
      #expect(table.pointee.next(plugin.ctx, cursor, &batch, nil) == AL_OK)
      #expect(batch.n_faults == 1 && batch.faults[0].line == 8)
      #expect(table.pointee.next(plugin.ctx, cursor, &batch, nil) == AL_DONE)
      #expect(table.pointee.next(plugin.ctx, cursor, &batch, nil) == AL_DONE)
    }
  }

  @Test("a query that names no symbol gets the names with the rows")
  func named() throws {
    try withCursor(kind: AL_DATA_BARS, symbols: []) { cursor in
      var batch = al_batch_v1()
      #expect(table.pointee.next(plugin.ctx, cursor, &batch, nil) == AL_OK)
      #expect(batch.n_symbols == 1 && text(batch.symbols[0]) == "NAMED")
    }
  }

  @Test("facts are sorted by instrument, field, period and known time, with the row range of each instrument")
  func facts() throws {
    try withCursor(kind: AL_DATA_FUNDAMENTALS, symbols: ["A", "B", "C"]) { cursor in
      var batch = al_batch_v1()
      #expect(table.pointee.next(plugin.ctx, cursor, &batch, nil) == AL_OK)
      let facts = try #require(batch.facts).pointee
      let names = (0..<Int(facts.n_names)).map { text(facts.names[$0]) }
      #expect(names == ["eps", "book"])
      #expect((0..<4).map { facts.offsets[$0] } == [0, 3, 4, 4])
      #expect((0..<4).map { facts.rows[$0].value } == [1.5, 9, 8, 2.5])
    }
  }

  @Test("a kind that the source does not have is refused by name")
  func refusedKind() {
    let outcome = #expect(throws: Outcome.self) { try withCursor(kind: AL_DATA_NEWS, symbols: []) { _ in } }
    #expect(outcome?.status == AL_E_UNSUPPORTED)
  }

  @Test("a subscription pushes rows and health until it is cancelled")
  func live() throws {
    final class Inbox {
      var closes: [Int64] = []
      var health: [UInt32] = []
    }
    let inbox = Inbox()
    var feed = al_feed_v1()
    feed.size = UInt32(MemoryLayout<al_feed_v1>.size)
    feed.ctx = Unmanaged.passUnretained(inbox).toOpaque()
    feed.push = { ctx, batch in
      guard let ctx, let batch else { return AL_E_ARGUMENT }
      Unmanaged<Inbox>.fromOpaque(ctx).takeUnretainedValue().closes.append(batch.pointee.bars.close[0])
      return AL_OK
    }
    feed.health = { ctx, state, _ in
      guard let ctx else { return }
      Unmanaged<Inbox>.fromOpaque(ctx).takeUnretainedValue().health.append(state)
    }
    var query = al_query_v1()
    query.kind = AL_DATA_BARS
    var subscription: UnsafeMutableRawPointer?
    withUnsafePointer(to: feed) { feed in
      #expect(table.pointee.subscribe(plugin.ctx, &query, feed, &subscription, nil) == AL_OK)
      #expect(table.pointee.unsubscribe(plugin.ctx, subscription, nil) == AL_OK)
    }
    #expect(inbox.closes == [7])
    #expect(inbox.health == [AL_CONNECTION_UP, AL_CONNECTION_DOWN])
  }

  @Test("a job runs its verb with progress, output and text, and no other verb")
  func job() throws {
    let job = try #require(plugin.interface("alphaloop.job/1", as: al_job_v1.self))
    #expect(String(cString: try #require(job.pointee.verbs[0])) == "orders")
    #expect(job.pointee.verbs[1] == nil)
    let (output, said) = (TestSink(), TestSink())
    func run(_ verb: String) -> Outcome {
      output.with { output in
        said.with { said in
          var run = al_job_run_v1()
          run.verb = str(verb)
          run.output = output
          run.text = said
          return plugin.report { job.pointee.run(plugin.ctx, &run, $0) }
        }
      }
    }
    #expect(run("orders").status == AL_OK)
    #expect(String(decoding: output.bytes, as: UTF8.self) == "0 orders")
    #expect(String(decoding: said.bytes, as: UTF8.self) == "done\n")
    #expect(run("order").status == AL_E_ARGUMENT)
    output.status = AL_E_IO
    #expect(run("orders").text.contains("did not take 8 bytes of output"))
    plugin.host.isStopping = true
    #expect(run("orders").status == AL_E_CANCELLED)
  }
}
