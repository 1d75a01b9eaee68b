import CAlphaLoop
import Foundation
import Testing

private let day: Int64 = 86_400_000_000_000

@Suite("store.sqlite through its shared library")
final class StorePluginTests {
  private let path = NSTemporaryDirectory() + "alphaloop-store-" + UUID().uuidString
  private let plugin: PluginUnderTest
  private let table: UnsafePointer<al_store_v1>

  init() throws {
    plugin = try PluginUnderTest(
      Libraries.product("sqlitestore"), "store.sqlite", ["path": .text(path), "read_only": .bool(false)])
    #expect(plugin.start().status == AL_OK)
    table = try #require(plugin.interface("alphaloop.store/1"))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  private func series(_ symbol: String = "^GSPC") -> al_series_v1 {
    var series = al_series_v1()
    series.size = UInt32(MemoryLayout<al_series_v1>.size)
    (series.source, series.symbol, series.interval_ns) = (str("files"), str(symbol), day)
    return series
  }

  /// Closes of the given days: 1,000 plus the day.
  private func write(_ days: [Int64], seal: Bool, columns: UInt32 = AL_COLUMN_CLOSE) -> Outcome {
    let times = days.map { $0 * day }
    let closes = days.map { (1_000 + $0) * 100_000_000 }
    return times.withUnsafeBufferPointer { times in
      closes.withUnsafeBufferPointer { closes in
        var rows = al_bars_v1()
        rows.size = UInt32(MemoryLayout<al_bars_v1>.size)
        (rows.columns, rows.n, rows.ts, rows.close) = (
          columns, UInt64(days.count), times.baseAddress, closes.baseAddress
        )
        var key = series()
        return plugin.report { table.pointee.write_bars(plugin.ctx, &key, &rows, seal ? 1 : 0, $0) }
      }
    }
  }

  private func read(from: Int64, to: Int64) throws -> [Int64] {
    var (key, out) = (series(), al_bars_v1())
    var lease: UnsafeMutableRawPointer?
    let outcome = plugin.report { table.pointee.read_bars(plugin.ctx, &key, from, to, &out, &lease, $0) }
    guard outcome.status == AL_OK else { throw outcome }
    defer { table.pointee.release(plugin.ctx, lease) }
    #expect(out.open == nil && out.volume == nil)
    return try (0..<Int(out.n)).map { row in
      let close = try #require(out.close)[row]
      #expect(close == (1_000 + out.ts[row] / day) * 100_000_000)
      return out.ts[row] / day
    }
  }

  @Test("rows come back by range, sealed and current ones alike, after a restart too")
  func rows() throws {
    #expect(write([1, 2, 3], seal: true).status == AL_OK)
    #expect(write([4], seal: false).status == AL_OK)
    #expect(try read(from: .min, to: 0) == [1, 2, 3, 4])
    #expect(try read(from: 2 * day, to: 4 * day) == [2, 3])
    #expect(plugin.stop().status == AL_OK)
    #expect(plugin.start().status == AL_OK)
    #expect(try read(from: 3 * day, to: 0) == [3, 4])
  }

  @Test("segments and current rows are listed in order")
  func segments() throws {
    #expect(write([1, 2], seal: true).status == AL_OK)
    #expect(write([3], seal: false).status == AL_OK)
    final class Seen { var lines: [String] = [] }
    let seen = Seen()
    let status = table.pointee.segments(
      plugin.ctx, Unmanaged.passUnretained(seen).toOpaque(),
      { visitor, segment in
        guard let visitor, let c = segment?.pointee else { return 1 }
        let line = "\(text(c.symbol)) \(c.first_ns / day)-\(c.last_ns / day) \(c.n_rows) \(c.sealed)"
        Unmanaged<Seen>.fromOpaque(visitor).takeUnretainedValue().lines.append(line)
        #expect((text(c.path) == "") == (c.sealed == 0))
        return 0
      }, nil)
    #expect(status == AL_OK)
    #expect(seen.lines == ["^GSPC 1-2 2 1", "^GSPC 3-3 1 0"])
  }

  @Test("values are stored, found and deleted")
  func values() {
    var (buffer, length) = ([CChar](repeating: 0, count: 4), UInt64(0))
    #expect(table.pointee.put(plugin.ctx, str("runs"), str("a"), str("ok"), nil) == AL_OK)
    #expect(table.pointee.get(plugin.ctx, str("runs"), str("a"), &buffer, 4, &length, nil) == AL_OK)
    #expect(length == 2 && buffer[1] == 107)
    #expect(table.pointee.put(plugin.ctx, str("runs"), str("a"), al_str_v1(), nil) == AL_OK)
    #expect(table.pointee.get(plugin.ctx, str("runs"), str("a"), &buffer, 4, &length, nil) == AL_DONE)
  }

  @Test("rows that do not fit and columns without memory are refused with the reason")
  func refused() {
    let unordered = write([2, 1], seal: true)
    #expect(unordered.status == AL_E_DATA)
    #expect(unordered.text.contains("times must rise"))
    let absent = write([1], seal: true, columns: AL_COLUMN_CLOSE | AL_COLUMN_OPEN)
    #expect(absent == Outcome(status: AL_E_ARGUMENT, text: "the column open is announced but absent"))
  }

  @Test("a damaged segment is named by reading and by verifying")
  func damaged() throws {
    #expect(write([1, 2], seal: true).status == AL_OK)
    #expect(plugin.report { table.pointee.verify(plugin.ctx, nil, $0) }.status == AL_OK)
    let file = "\(path)/bars/files/1d/%5EGSPC/19700102T000000Z-19700103T000000Z.arrow"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
    bytes[700] ^= 1
    try bytes.write(to: URL(fileURLWithPath: file))
    #expect(throws: Outcome.self) { try read(from: 0, to: 0) }
    let found = plugin.report { table.pointee.verify(plugin.ctx, nil, $0) }
    #expect(found.status == AL_E_DATA)
    #expect(found.text.contains("%5EGSPC/19700102T000000Z-19700103T000000Z.arrow") && found.text.contains("CRC-32C"))
  }

  @Test("a store that is not there is not invented when it is to be read only")
  func missing() throws {
    let reader = try PluginUnderTest(
      Libraries.product("sqlitestore"), "store.sqlite", ["path": .text(path + "-none"), "read_only": .bool(true)])
    let outcome = reader.start()
    #expect(outcome.status == AL_E_CONFIG)
    #expect(outcome.text.contains("there is no store here"))
  }
}
