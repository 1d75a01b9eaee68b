import CAlphaLoop
import Foundation
import Testing

@Suite("data.files through its shared library")
final class FilesPluginTests {
  private let path = NSTemporaryDirectory() + "alphaloop-files-" + UUID().uuidString

  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  private func put(_ name: String, _ lines: String...) throws {
    try lines.joined(separator: "\n").write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
  }

  private func source(_ settings: [String: String] = [:]) throws -> PluginUnderTest {
    var all = [
      "path": path, "interval": "1d", "layout": "", "delimiter": "", "on_bad_row": "", "time": "", "daily_close": "",
      "daily_zone": "UTC", "naive_zone": "", "columns": "", "symbol": "",
    ]
    all.merge(settings) { $1 }
    let plugin = try PluginUnderTest(Libraries.product("files"), "data.files", all.mapValues { .text($0) })
    #expect(plugin.start().status == AL_OK)
    return plugin
  }

  /// The rows as "day symbol close", and the faults, of a whole answer.
  private func read(
    _ plugin: PluginUnderTest, _ symbols: [String] = [], from: Int64 = 0, to: Int64 = 0, interval: Int64 = 0
  ) throws -> (rows: [String], faults: [String]) {
    let table = try #require(plugin.interface("alphaloop.data/1", as: al_data_v1.self))
    var cursor: UnsafeMutableRawPointer?
    let opened = symbols.map(str).withUnsafeBufferPointer { names in
      var query = al_query_v1()
      query.size = UInt32(MemoryLayout<al_query_v1>.size)
      (query.kind, query.from_ns, query.to_ns, query.interval_ns) = (AL_DATA_BARS, from, to, interval)
      (query.n_symbols, query.symbols) = (UInt32(names.count), names.baseAddress)
      return plugin.report { table.pointee.open(plugin.ctx, &query, &cursor, $0) }
    }
    guard opened.status == AL_OK else { throw opened }
    defer { table.pointee.close(plugin.ctx, cursor) }
    var (rows, faults): ([String], [String]) = ([], [])
    var batch = al_batch_v1()
    while table.pointee.next(plugin.ctx, cursor, &batch, nil) == AL_OK {
      let names = batch.n_symbols > 0 ? (0..<Int(batch.n_symbols)).map { text(batch.symbols[$0]) } : symbols
      for row in 0..<Int(batch.n_rows) {
        let close = try #require(batch.bars.close)[row] / 100_000_000
        rows.append("\(batch.bars.ts[row] / 86_400_000_000_000) \(names[Int(batch.bars.instrument[row])]) \(close)")
      }
      for fault in 0..<Int(batch.n_faults) {
        faults.append("\(batch.faults[fault].line) \(text(batch.faults[fault].what))")
      }
    }
    return (rows, faults)
  }

  @Test("all files of a directory are merged by time, then symbol")
  func merged() throws {
    try put("b.csv", "symbol,date,close", "B,1970-01-02,20", "B,1970-01-04,22", "C,1970-01-02,30")
    try put("A.csv", "date,close", "1970-01-02,10", "1970-01-03,11")
    try put("notes.txt", "nothing")
    let all = try read(source())
    #expect(all.rows == ["1 A 10", "1 B 20", "1 C 30", "2 A 11", "3 B 22"])
    #expect(all.faults.isEmpty)
    let day: Int64 = 86_400_000_000_000
    #expect(try read(source(), ["C", "B"], from: 2 * day).rows == ["3 B 22"])
    #expect(try read(source(), ["C", "B"], to: 3 * day).rows == ["1 C 30", "1 B 20"], "in the caller's order")
  }

  @Test("a symbol that no file has, and bad rows that are skipped, are faults")
  func faults() throws {
    try put("A.csv", "date,close", "1970-01-02,10", "1970-01-03,x")
    let answer = try read(source(["on_bad_row": "skip"]), ["A", "Z"])
    #expect(answer.rows == ["1 A 10"])
    #expect(
      answer.faults == [
        "3 line 3, column 2 (close): \"x\": is not a number", "0 no file has bars of this symbol",
      ])
    let refused = #expect(throws: Outcome.self) { try read(source(), ["A"]) }
    #expect(refused?.status == AL_E_DATA)
    #expect(
      refused?.text.contains(
        "A.csv: one bad row; the rest loads if bad rows may be skipped\n  line 3, column 2 (close)") == true)
  }

  @Test("a close-only answer has no other column, a full one has all")
  func columns() throws {
    try put("A.csv", "date,open,high,low,close,volume", "1970-01-02,1,2,1,2,5")
    let plugin = try source()
    let table = try #require(plugin.interface("alphaloop.data/1", as: al_data_v1.self))
    var (query, cursor, batch) = (al_query_v1(), UnsafeMutableRawPointer?.none, al_batch_v1())
    query.kind = AL_DATA_BARS
    #expect(table.pointee.open(plugin.ctx, &query, &cursor, nil) == AL_OK)
    defer { table.pointee.close(plugin.ctx, cursor) }
    #expect(table.pointee.next(plugin.ctx, cursor, &batch, nil) == AL_OK)
    #expect(batch.bars.columns == 31)
    #expect(batch.bars.volume[0] == 500_000_000)
  }

  @Test("another length of bar than the files have, an unknown setting and a missing file are refused")
  func refused() throws {
    try put("A.csv", "date,close", "1970-01-02,10")
    #expect(throws: Outcome.self) { try read(source(), interval: 60_000_000_000) }
    let setting = #expect(throws: Outcome.self) { try source(["layout": "tall"]) }
    #expect(setting?.text == "layout: \"tall\" is none of automatic, long, wide")
    let missing = #expect(throws: Outcome.self) { try read(source(["path": path + "/none.csv"])) }
    #expect(missing?.status == AL_E_IO)
  }
}
