import CAlphaLoop
import Testing

@Suite("Stores, learners and services through the C tables", .serialized)
struct StoreGlueTests {
  @Test("bars are lent until release, and freed then")
  func lease() throws {
    let plugin = try PluginUnderTest(Libraries.fixtures(), "fixture.store")
    let table = try #require(plugin.interface("alphaloop.store/1", as: al_store_v1.self))
    _ = plugin.start()
    var series = al_series_v1()
    series.source = str("s")
    series.symbol = str("A")
    let closes: [Int64] = [4, 5, 6]
    closes.withUnsafeBufferPointer {
      var rows = al_bars_v1()
      rows.n = 3
      rows.close = $0.baseAddress
      #expect(table.pointee.write_bars(plugin.ctx, &series, &rows, 1, nil) == AL_OK)
    }
    var out = al_bars_v1()
    var lease: UnsafeMutableRawPointer?
    #expect(table.pointee.read_bars(plugin.ctx, &series, 0, 0, &out, &lease, nil) == AL_OK)
    #expect(FixtureStore.leases == 1)
    #expect((0..<3).map { out.close[$0] } == closes)
    table.pointee.release(plugin.ctx, lease)
    #expect(FixtureStore.leases == 0)
    series.symbol = str("B")
    let outcome = plugin.report { table.pointee.read_bars(plugin.ctx, &series, 0, 0, &out, &lease, $0) }
    #expect(outcome == Outcome(status: AL_E_DATA, text: "no series B"))
  }

  @Test("values: an empty one is not a missing one, a short buffer says the length, NULL deletes")
  func values() throws {
    let plugin = try PluginUnderTest(Libraries.fixtures(), "fixture.store")
    let table = try #require(plugin.interface("alphaloop.store/1", as: al_store_v1.self))
    _ = plugin.start()
    let put = table.pointee.put!
    let (name, key) = (str("t"), str("k"))
    var buffer = [CChar](repeating: 0, count: 8)
    var length: UInt64 = 99
    let get = { (cap: UInt64) in table.pointee.get(plugin.ctx, name, key, &buffer, cap, &length, nil) }
    #expect(get(8) == AL_DONE)
    #expect(put(plugin.ctx, name, key, str(""), nil) == AL_OK)
    #expect(get(8) == AL_OK && length == 0)
    #expect(put(plugin.ctx, name, key, str("abc"), nil) == AL_OK)
    #expect(get(2) == AL_E_CAPACITY && length == 3)
    #expect(get(3) == AL_OK && length == 3 && buffer[2] == 99)
    #expect(put(plugin.ctx, name, key, al_str_v1(ptr: nil, len: 0), nil) == AL_OK)
    #expect(get(8) == AL_DONE)
  }

  @Test("visits end when the visitor says so")
  func visits() throws {
    let plugin = try PluginUnderTest(Libraries.fixtures(), "fixture.store")
    let table = try #require(plugin.interface("alphaloop.store/1", as: al_store_v1.self))
    _ = plugin.start()
    for key in ["b", "a2", "a1"] { _ = table.pointee.put(plugin.ctx, str("t"), str(key), str("v" + key), nil) }
    final class Seen { var list: [String] = [] }
    let seen = Seen()
    let visitor = Unmanaged.passUnretained(seen).toOpaque()
    let status = table.pointee.scan(
      plugin.ctx, str("t"), str("a"), visitor,
      { visitor, key, value in
        let seen = Unmanaged<Seen>.fromOpaque(visitor!).takeUnretainedValue()
        seen.list.append(text(key) + "=" + text(value))
        return 0
      }, nil)
    #expect(status == AL_OK)
    #expect(seen.list == ["a1=va1", "a2=va2"])
    seen.list = []
    _ = table.pointee.segments(
      plugin.ctx, visitor,
      { visitor, segment in
        let seen = Unmanaged<Seen>.fromOpaque(visitor!).takeUnretainedValue()
        seen.list.append(text(segment!.pointee.path))
        return seen.list.count == 2 ? 1 : 0
      }, nil)
    #expect(seen.list == ["p/a", "p/b"])
    let verified = plugin.report { table.pointee.verify(plugin.ctx, nil, $0) }
    #expect(verified == Outcome(status: AL_E_DATA, text: "segment p/b: checksum"))
  }

  @Test("a service gets the kinds it asked for, with what was lost")
  func service() throws {
    let plugin = try PluginUnderTest(Libraries.fixtures(), "fixture.service", ["fails": .bool(false)])
    let table = try #require(plugin.interface("alphaloop.service/1", as: al_service_v1.self))
    #expect(table.pointee.kinds == 1 << UInt64(AL_NOTICE_FILL) | 1 << UInt64(AL_NOTICE_HALT))
    _ = plugin.start()
    var notices = [al_notice_v1](repeating: al_notice_v1(), count: 2)
    notices[0].text = str("x")
    notices[1].text = str("y")
    #expect(table.pointee.on_notices(plugin.ctx, notices, 2, 3, nil) == AL_OK)
    #expect(plugin.host.logs == ["x,y lost 3"])
  }

  @Test("a training that fails, and bytes that do not decode, leave the model there is")
  func learner() throws {
    let plugin = try PluginUnderTest(Libraries.fixtures(), "fixture.learner")
    let table = try #require(plugin.interface("alphaloop.learner/1", as: al_learner_v1.self))
    _ = plugin.start()
    let model = LearnerUnderTest(plugin, table)
    #expect(model.predict([[1]], outputs: 2).0.status == AL_E_STATE)
    #expect(table.pointee.n_outputs(plugin.ctx) == 0)
    #expect(model.train([[0], [0]], [4, 6]).status == AL_OK)
    #expect(model.predict([[1], [2]], outputs: 2).1 == [6, 6, 7, 7])
    #expect(table.pointee.n_outputs(plugin.ctx) == 2)
    #expect(model.train([[0], [0]], [4, -1]) == Outcome(status: AL_E_DATA, text: "label -1"))
    #expect(model.load([1, 2]).status == AL_E_DATA)
    #expect(try model.save() == [5])
    #expect(model.load([9]).status == AL_OK)
    #expect(model.predict([[1]], outputs: 2).1 == [10, 10])
    #expect(model.predict([[1], [1]], outputs: 1).0.status == AL_E_CAPACITY)
  }
}
