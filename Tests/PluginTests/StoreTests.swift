import AlphaLoopArrow
import AlphaLoopBarStore
import AlphaLoopCSV
import AlphaLoopSQLite
import Foundation
import Testing

private let day: Int64 = 86_400_000_000_000
private let key = SeriesKey(source: "files", symbol: "^GSPC", interval: day)

/// Closes with the given values at whole days.
private func closes(_ days: [Int64], _ values: [Int64]? = nil) -> BarRows {
  BarRows(timestamps: days.map { $0 * day }, columns: .close, close: values ?? days.map { ($0 + 1_000) * 100_000_000 })
}

@Suite("Bar store")
struct StoreTests {
  private let scratch: ScratchDirectory
  private let store: BarStore

  init() throws {
    scratch = try ScratchDirectory()
    store = try BarStore(directory: scratch.file("data"), access: .readWrite)
  }

  private var root: String { scratch.file("data") }

  @Test("rows of the current day are read beside segments, and become one when sealed")
  func sealing() throws {
    try store.write(key, closes([1, 2]), seal: true)
    try store.write(key, closes([3]), seal: false)
    #expect(try store.read(key) == closes([1, 2, 3]))
    #expect(try store.currentSeries().map(\.count) == [1])
    #expect(try store.segments().map(\.rowCount) == [2])
    try store.write(key, closes([]), seal: true)
    #expect(try store.read(key) == closes([1, 2, 3]))
    #expect(try store.currentSeries().isEmpty)
    #expect(try store.segments().map(\.rowCount) == [3], "a short piece joins the one before it")
    #expect(try store.verify() == [], "the file it replaced is gone")
  }

  @Test("segments lie where the design says, with names that any system takes")
  func paths() throws {
    try store.write(key, closes([0, 17_165]), seal: true)
    let segment = try #require(try store.segments().first)
    #expect(segment.path == "bars/files/1d/%5EGSPC/19700101T000000Z-20161230T000000Z.arrow")
    let old = SeriesKey(source: "a/b", symbol: "..", interval: 300_000_000_000)
    let rows = BarRows(timestamps: [-1_500_000_000, -1_000], columns: .close, close: [1, 2])
    try store.write(old, rows, seal: true)
    let path = try #require(try store.segments().first { $0.key == old }).path
    #expect(path == "bars/a%2Fb/5m/%2E./19691231T235958.500000Z-19691231T235959.999999Z.arrow")
    #expect(try store.read(old) == rows)
  }

  @Test("a segment is an Arrow file with ts in microseconds, prices as float64, and its origin in the metadata")
  func format() throws {
    let rows = BarRows(
      timestamps: [day], columns: .all, open: [1_025_000_000], high: [1_100_000_000], low: [1_000_000_000],
      close: [10], volume: [87_700_000_000_000_000])
    try store.write(key, rows, seal: true)
    let segment = try #require(try store.segments().first)
    let file = try ArrowFile(path: "\(root)/\(segment.path)", expectedCRC32C: segment.crc32c)
    #expect(try Array(file.int64("ts")) == [86_400_000_000])
    #expect(try Array(file.float64("open")) == [10.25])
    #expect(try Array(file.float64("close")) == [0.0000001])
    #expect(try Array(file.float64("volume")) == [877_000_000])
    #expect(file.metadata("symbol") == "^GSPC")
    #expect(file.metadata("adjustment") == "raw")
    #expect(try store.read(key) == rows)
  }

  @Test("a read gives from <= ts < to, across segments and current rows")
  func ranges() throws {
    try store.write(key, closes(Array(0..<20_000)), seal: true)
    try store.write(key, closes(Array(20_000..<30_000)), seal: true)
    try store.write(key, closes([30_000, 30_001]), seal: false)
    #expect(try store.segments().count == 2)
    let ranges: [(Int64, Int64)] = [
      (0, 1), (5, 9), (19_999, 20_001), (29_999, 30_001), (30_001, 40_000), (7, 7), (9, 5),
    ]
    for (from, to) in ranges {
      let expected = from < to ? closes(Array(from..<min(to, 30_002))) : closes([])
      #expect(try store.read(key, from: from * day, to: to * day) == expected, "\(from)..<\(to)")
      #expect(try store.read(key, from: from * day - 1, to: to * day - 1) == expected, "bounds between rows")
    }
    #expect(try store.read(key).count == 30_002)
    #expect(try store.read(SeriesKey(source: "files", symbol: "NONE", interval: day)).count == 0)
  }

  @Test("prices of any size come back to the last 1e-8, by seeded trial")
  func exactPrices() throws {
    var random = SeededGenerator(seed: 3)
    let prices = (0..<20_000).map { _ in
      Int64.random(in: 1...(1 << Int64.random(in: 1...50, using: &random)), using: &random)
    }
    let whole = (0..<2_000).map { _ in Int64.random(in: 1...80_000_000_000, using: &random) * 100_000_000 }
    let days = Array(0..<Int64(prices.count + whole.count))
    try store.write(key, closes(days, prices + whole), seal: true)
    #expect(try store.read(key).close == prices + whole)
  }

  @Test("a later row of the same time replaces the earlier, in current rows and in segments")
  func upsert() throws {
    try store.write(key, closes([1, 2, 3], [10, 20, 30]), seal: true)
    try store.write(key, closes([2], [21]), seal: false)
    #expect(try store.read(key).close == [10, 21, 30])
    try store.write(key, closes([2], [22]), seal: false)
    #expect(try store.read(key).close == [10, 22, 30])
    try store.write(key, closes([3, 4], [33, 40]), seal: true)
    #expect(try store.read(key).close == [10, 22, 33, 40])
    #expect(try store.segments().map(\.revision) == [1])
    try store.write(key, closes([1, 4], [11, 44]), seal: true)
    #expect(try store.read(key).close == [11, 22, 33, 44])
    #expect(try store.verify() == [])
  }

  @Test("rows that do not fit are refused with the reason")
  func refused() throws {
    func problem(_ rows: BarRows) -> String? {
      let error = #expect(throws: StoreError.self) { try store.write(key, rows, seal: true) }
      if case .rows(_, let problem)? = error { return problem }
      return nil
    }
    #expect(problem(closes([2, 1])) == "times must rise, but 86400000000000 follows 172800000000000")
    #expect(problem(closes([1, 1]))?.hasPrefix("times must rise") == true)
    #expect(problem(BarRows(timestamps: [1], columns: .close, close: [1])) == "time 1 ns is not a whole microsecond")
    #expect(problem(BarRows(timestamps: [0], columns: .close)) == "0 values of close, expected 1")
    let digits = BarRows(timestamps: [0], columns: .close, close: [9_223_372_036_854_775_801])
    #expect(problem(digits) == "the price 9223372036854775801e-8 has more digits than a segment's float64 keeps")
    try store.write(key, closes([1]), seal: true)
    let full = BarRows(timestamps: [day * 2], columns: [.high, .close], high: [1], close: [1])
    for seal in [true, false] {
      #expect(throws: StoreError.columns(key: key, stored: "close", given: "high, close")) {
        try store.write(key, full, seal: seal)
      }
    }
  }

  @Test("a damaged, a shortened and a missing segment are each found by reading and by verifying")
  func damage() throws {
    for symbol in ["A", "B", "C"] {
      try store.write(SeriesKey(source: "f", symbol: symbol, interval: day), closes([1, 2]), seal: true)
    }
    #expect(try store.verify() == [])
    let paths = try store.segments().map { URL(fileURLWithPath: "\(root)/\($0.path)") }
    var bytes = try Data(contentsOf: paths[0])
    bytes[600] ^= 0x10
    try bytes.write(to: paths[0])
    try bytes.prefix(300).write(to: paths[1])
    try FileManager.default.removeItem(at: paths[2])
    for symbol in ["A", "B", "C"] {
      #expect(throws: (any Error).self) { try store.read(SeriesKey(source: "f", symbol: symbol, interval: day)) }
    }
    let problems = try store.verify()
    #expect(problems.count == 3)
    #expect(problems[0].problem.contains("CRC-32C"))
    #expect(problems[2].problem.contains("No such file"))
  }

  @Test("a lost catalogue is rebuilt from the segments, to the same rows")
  func rebuild() throws {
    try store.write(key, closes(Array(0..<20_000)), seal: true)
    try store.write(key, closes(Array(20_000..<20_010)), seal: true)
    try store.write(SeriesKey(source: "x", symbol: "A/B", interval: 60_000_000_000), closes([5]), seal: true)
    let before = try store.segments()
    let fresh = scratch.file("copy")
    try FileManager.default.createDirectory(atPath: fresh, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: "\(root)/bars", toPath: "\(fresh)/bars")
    try Data("x".utf8).write(to: URL(fileURLWithPath: "\(fresh)/bars/files/1d/%5EGSPC/x.arrow.7.partial"))
    let other = try BarStore(directory: fresh, access: .readWrite)
    #expect(try other.segments().isEmpty)
    let left = try other.rebuild()
    #expect(left.map(\.path) == ["bars/files/1d/%5EGSPC/x.arrow.7.partial"])
    #expect(try other.segments().map(\.path) == before.map(\.path))
    #expect(try other.segments().map(\.crc32c) == before.map(\.crc32c))
    #expect(try other.read(key) == store.read(key))
    #expect(try other.verify().map(\.path) == left.map(\.path))
  }

  @Test("of segments that overlap, as after a crash between file and commit, rebuilding takes the newer")
  func rebuildOverlap() throws {
    try store.write(key, closes([1, 2], [10, 20]), seal: true)
    let old = try #require(try store.segments().first)
    let kept = try Data(contentsOf: URL(fileURLWithPath: "\(root)/\(old.path)"))
    try store.write(key, closes([2, 3], [21, 30]), seal: true)
    try kept.write(to: URL(fileURLWithPath: "\(root)/\(old.path)"))
    #expect(try store.rebuild().map(\.path) == [old.path])
    #expect(try store.read(key).close == [10, 21, 30])
  }

  @Test("small values are put, got, scanned by prefix in byte order, and removed")
  func values() throws {
    for name in ["b", "a/2", "a/1", "a0"] { try Array(name.utf8).withUnsafeBytes { try store.put("runs", name, $0) } }
    try store.put("other", "a/3", UnsafeRawBufferPointer(start: nil, count: 0))
    #expect(try store.get("runs", "a/1") == Array("a/1".utf8))
    #expect(try store.get("other", "a/3") == [])
    #expect(try store.get("runs", "a/3") == nil)
    var seen: [String] = []
    try store.scan("runs", prefix: "a/") { key, _ in
      seen.append(key)
      return true
    }
    #expect(seen == ["a/1", "a/2"])
    try store.remove("runs", "a/1")
    #expect(try store.get("runs", "a/1") == nil)
  }

  @Test("a reader needs a store that exists, and cannot write; a newer schema is refused")
  func opening() throws {
    let missing = scratch.file("none")
    #expect(throws: StoreError.missing(path: "\(missing)/state.db")) {
      try BarStore(directory: missing, access: .readOnly)
    }
    try store.write(key, closes([1]), seal: true)
    let reader = try BarStore(directory: root, access: .readOnly)
    #expect(try reader.read(key) == closes([1]))
    let error = #expect(throws: SQLiteError.self) { try reader.write(key, closes([2]), seal: false) }
    #expect(error?.kind == .readOnly)
    try SQLiteConnection(path: "\(root)/state.db", options: SQLiteOptions(access: .readWrite))
      .execute("PRAGMA user_version = 9")
    #expect(throws: StoreError.schema(path: "\(root)/state.db", found: 9, expected: 1)) {
      try BarStore(directory: root, access: .readOnly)
    }
  }

  @Test("a reader sees a whole series at every moment while a writer extends, replaces and seals it")
  func concurrentReader() throws {
    try store.write(key, closes([0]), seal: true)
    let root = root
    let done = DispatchSemaphore(value: 0)
    // A thread of its own: tasks may share one, and then nothing would run at the same time.
    Thread.detachNewThread {
      defer { done.signal() }
      do {
        let writer = try BarStore(directory: root, access: .readWrite)
        for last in Int64(1)...60 { try writer.write(key, closes([last]), seal: last % 2 == 0) }
      } catch { Issue.record("writer: \(error)") }
    }
    let reader = try BarStore(directory: root, access: .readOnly)
    var lengths: [Int] = []
    var isRunning = true
    while isRunning {
      isRunning = done.wait(timeout: .now()) == .timedOut
      let rows = try reader.read(key)
      #expect(rows == closes(Array(0..<Int64(rows.count))))
      lengths.append(rows.count)
    }
    #expect(lengths == lengths.sorted())
    #expect(lengths.last == 61)
    #expect(Set(lengths).count > 5, "the reader must have seen the series grow")
    #expect(try store.verify() == [])
  }

  @Test("the S&P 500 goes from the CSV file into the store and back unchanged")
  func realData() throws {
    guard let path = sharedData("index_daily.csv") else { return }
    for series in try BarFile.read(path: path).series {
      let rows = BarRows(
        timestamps: series.timestamps, columns: .all, open: series.open, high: series.high, low: series.low,
        close: series.close, volume: series.volume)
      let key = SeriesKey(source: "arch", symbol: series.symbol, interval: day)
      try store.write(key, rows, seal: true)
      #expect(try store.read(key) == rows)
    }
    #expect(try store.segments().map(\.rowCount) == [4_529, 4_529])
  }
}
