import AlphaLoopArrow
import Foundation
import Testing

@testable import AlphaLoopFiles

/// The columns of the interoperability check: ts = 1600000000 + 60 i, close = 100 + i / 100, volume = -i.
private func write(_ path: String, rows: Int, metadata: [ArrowMetadata] = []) throws -> DurableFileWriter.Receipt {
  let times = (0..<rows).map { Int64(1_600_000_000 + 60 * $0) }
  let closes = (0..<rows).map { 100 + Double($0) / 100 }
  let volumes = (0..<rows).map { -Double($0) }
  return try times.withUnsafeBufferPointer { times in
    try closes.withUnsafeBufferPointer { closes in
      try volumes.withUnsafeBufferPointer { volumes in
        try ArrowFileWriter.write(
          path: path,
          columns: [
            ArrowColumn(name: "ts", int64: times), ArrowColumn(name: "close", float64: closes),
            ArrowColumn(name: "volume", float64: volumes),
          ], metadata: metadata)
      }
    }
  }
}

private func expect(_ path: String, rows: Int) throws {
  let file = try ArrowFile(path: path)
  try withExtendedLifetime(file) {
    #expect(file.rowCount == rows)
    let times = try file.int64("ts")
    let closes = try file.float64("close")
    let volumes = try file.float64("volume")
    #expect(times.count == rows && closes.count == rows && volumes.count == rows)
    for row in 0..<rows
    where times[row] != 1_600_000_000 + 60 * Int64(row) || closes[row] != 100 + Double(row) / 100
      || volumes[row] != -Double(row)
    { Issue.record("\(path): row \(row)") }
  }
}

@Suite("Arrow files")
struct ArrowTests {
  private let scratch: ScratchDirectory
  init() throws { scratch = try ScratchDirectory() }

  private func reason(_ path: String) -> ArrowError.Reason? {
    do { _ = try ArrowFile(path: path) } catch let error as ArrowError { return error.reason } catch { return nil }
    return nil
  }

  /// A new file each time, and not by Foundation: both rewriting a file and its way of writing wait for the disk.
  private func put(_ bytes: Data, _ path: String) throws {
    unlink(path)
    let file = try #require(fopen(path, "w"))
    defer { fclose(file) }
    #expect(bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) } == bytes.count)
  }

  @Test("CRC-32C of the check text is 0xE3069283, in one piece and in two")
  func checksum() {
    let text = Array("123456789".utf8)
    #expect(text.withUnsafeBytes { CRC32C.of($0) } == 0xE306_9283)
    var pieces = CRC32C()
    text[..<5].withUnsafeBytes { pieces.update($0) }
    text[5...].withUnsafeBytes { pieces.update($0) }
    #expect(pieces.value == 0xE306_9283)
    for length in 0..<40 {
      var (fast, slow) = (CRC32C(), CRC32C())
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37) }
      bytes.withUnsafeBytes { fast.update($0) }
      bytes.withUnsafeBytes { slow.updateByTables($0) }
      #expect(fast.value == slow.value, "the instruction and the tables agree on \(length) bytes")
    }
    // RFC 3720 B.4: 32 bytes of zeros, and of ones.
    #expect([UInt8](repeating: 0, count: 32).withUnsafeBytes { CRC32C.of($0) } == 0x8A91_36AA)
    #expect([UInt8](repeating: 0xFF, count: 32).withUnsafeBytes { CRC32C.of($0) } == 0x62A8_AB43)
  }

  @Test("what was written is read, columns on 64-byte boundaries", arguments: [0, 1, 7, 8, 1_000, 100_003])
  func roundTrip(_ rows: Int) throws {
    let path = scratch.file("r.arrow")
    let metadata = [ArrowMetadata("symbol", "^GSPC"), ArrowMetadata("leer", ""), ArrowMetadata("ß", "→")]
    let receipt = try write(path, rows: rows, metadata: metadata)
    try expect(path, rows: rows)
    let file = try ArrowFile(path: path, expectedCRC32C: receipt.crc32c)
    #expect(file.metadata == metadata)
    #expect(file.metadata("symbol") == "^GSPC")
    #expect(file.byteCount == receipt.byteCount)
    #expect(file.columns.map(\.name) == ["ts", "close", "volume"])
    #expect(file.columns.allSatisfy { $0.offset % 64 == 0 })
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["r.arrow"], "no temporary file is left")
  }

  @Test("the same rows give the same bytes")
  func deterministic() throws {
    #expect(try write(scratch.file("a.arrow"), rows: 99) == write(scratch.file("b.arrow"), rows: 99))
  }

  @Test("of two writers of one file each is whole, an abandoned one leaves nothing, and a full disk is told")
  func durable() throws {
    let path = scratch.file("w")
    do {
      var first = try DurableFileWriter(path: path)
      var second = try DurableFileWriter(path: path)
      try [UInt8](repeating: 1, count: 9).withUnsafeBytes { try first.write($0) }
      try [UInt8](repeating: 2, count: 5).withUnsafeBytes { try second.write($0) }
      #expect(try second.commit().byteCount == 5)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(repeating: 2, count: 5))
      #expect(try first.commit().byteCount == 9)
      _ = try DurableFileWriter(path: path)
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(repeating: 1, count: 9))
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["w"])
    #expect(FileError(operation: "write", path: path, code: ENOSPC).isDiskFull)
    #expect(throws: FileError.self) { _ = try DurableFileWriter(path: scratch.file("none/w")) }
  }

  @Test("one changed bit is found by the checksum")
  func damaged() throws {
    let path = scratch.file("d.arrow")
    let receipt = try write(path, rows: 100)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: URL(fileURLWithPath: path))
    #expect(throws: Never.self) { try ArrowFile(path: path) }
    let error = #expect(throws: ArrowError.self) { try ArrowFile(path: path, expectedCRC32C: receipt.crc32c) }
    guard case .checksum(let expected, _)? = error?.reason else {
      Issue.record("expected a checksum error")
      return
    }
    #expect(expected == receipt.crc32c)
  }

  @Test("columns that are missing or of the other type are named")
  func wrongColumn() throws {
    let path = scratch.file("w.arrow")
    _ = try write(path, rows: 3)
    let file = try ArrowFile(path: path)
    let missing = #expect(throws: ArrowError.self) { try file.float64("open") }
    #expect(missing?.reason == .missingColumn(name: "open", present: ["ts", "close", "volume"]))
    let other = #expect(throws: ArrowError.self) { try file.float64("ts") }
    #expect(other?.reason == .wrongType(column: "ts", expected: "float64"))
  }

  @Test("columns of unequal length or equal name are refused before a file is made")
  func invalidColumns() throws {
    let path = scratch.file("u.arrow")
    [Int64(1), 2].withUnsafeBufferPointer { two in
      let one = UnsafeBufferPointer(rebasing: two[..<1])
      for columns in [
        [ArrowColumn(name: "a", int64: two), ArrowColumn(name: "b", int64: one)],
        [ArrowColumn(name: "a", int64: two), ArrowColumn(name: "a", int64: two)],
      ] {
        #expect(throws: ArrowError.self) { try ArrowFileWriter.write(path: path, columns: columns) }
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == [])
  }

  @Test("what is no Arrow file, empty or cut short is said to be so")
  func notArrow() throws {
    let path = scratch.file("n.arrow")
    for bytes in [Data(), Data("symbol,date\n".utf8), Data("ARROW1".utf8)] {
      try put(bytes, path)
      #expect(reason(path) == .notArrow)
    }
    _ = try write(path, rows: 10)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    for length in 0..<whole.count {
      try put(whole.prefix(length), path)
      if reason(path) != .notArrow { Issue.record("cut to \(length) bytes") }
    }
    #expect(throws: FileError(operation: "open", path: scratch.file("none"), code: ENOENT)) {
      try ArrowFile(path: scratch.file("none"))
    }
  }

  @Test("hostile bytes are refused, or every column lies inside the file", arguments: [1, 2, 3] as [UInt64])
  func hostile(_ seed: UInt64) throws {
    let path = scratch.file("h.arrow")
    _ = try write(path, rows: 5, metadata: [ArrowMetadata("symbol", "A")])
    let sound = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    var random = SeededGenerator(seed: seed)
    var opened = 0
    let interesting: [UInt8] = [0, 1, 3, 4, 7, 8, 0x7F, 0x80, 0xFE, 0xFF]
    for _ in 0..<3_000 {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        // The data itself cannot mislead; aim at the messages before and after it.
        let place = Int.random(in: 8..<bytes.count - 6, using: &random)
        let value = interesting[Int.random(in: 0..<interesting.count, using: &random)]
        for offset in 0..<(Bool.random(using: &random) ? 1 : 4) where place + offset < bytes.count - 6 {
          bytes[place + offset] = value
        }
      }
      try put(Data(bytes), path)
      guard let file = try? ArrowFile(path: path) else { continue }
      opened += 1
      for column in file.columns {
        #expect(column.offset >= 0 && column.offset + 8 * file.rowCount <= bytes.count)
        switch column.type {
        case .int64: _ = try file.int64(column.name).reduce(0, &+)
        case .float64: _ = try file.float64(column.name).reduce(0, +)
        }
      }
    }
    #expect(opened > 100 && opened < 3_000, "some mutations must pass and some be refused, \(opened) passed")
  }
}

/// The path of a Python with pyarrow, pandas and polars.
private let python = ProcessInfo.processInfo.environment["ALPHALOOP_PYTHON"]

@Suite(
  "Arrow files and the Arrow libraries", .enabled(if: python != nil, "set ALPHALOOP_PYTHON to a Python with pyarrow"))
struct ArrowInteroperabilityTests {
  private let scratch: ScratchDirectory
  init() throws { scratch = try ScratchDirectory() }

  private func run(_ script: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(python))
    process.arguments = ["-c", script]
    process.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test("pyarrow, pandas and polars read our files, and pyarrow validates them fully")
  func ours() throws {
    for rows in [0, 1, 7, 1_000, 100_003] {
      _ = try write(scratch.file("x\(rows).arrow"), rows: rows, metadata: [ArrowMetadata("symbol", "^GSPC")])
    }
    try run(
      """
      import numpy as np, pandas as pd, polars as pl, pyarrow as pa, pyarrow.ipc as ipc
      for n in (0, 1, 7, 1000, 100003):
          path = f'x{n}.arrow'
          table = ipc.open_file(pa.memory_map(path)).read_all(); table.validate(full=True)
          assert table.schema.metadata == {b'symbol': b'^GSPC'}, table.schema.metadata
          assert str(table.schema.field('ts').type) == 'int64' and str(table.schema.field('close').type) == 'double'
          frame = pd.read_feather(path); i = np.arange(n)
          assert len(frame) == n and (frame.ts.to_numpy() == 1600000000 + 60 * i).all()
          assert (frame.close.to_numpy() == 100 + i / 100).all() and (frame.volume.to_numpy() == -i).all()
          stream = ipc.open_stream(pa.BufferReader(open(path, 'rb').read()[8:])).read_all()
          assert stream.equals(table)
          assert n == 0 or table['close'].chunk(0).buffers()[1].address % 64 == 0
          polars = pl.read_ipc(path); assert polars.height == n and (polars['ts'].to_numpy() == frame.ts.to_numpy()).all()
      """)
  }

  @Test("files of pyarrow, pandas and polars are read; what lies outside the subset is named")
  func theirs() throws {
    try run(
      """
      import numpy as np, pandas as pd, polars as pl, pyarrow as pa, pyarrow.ipc as ipc, pyarrow.feather as feather
      def save(name, table, compression=None, **options):
          with ipc.new_file(name, table.schema, options=ipc.IpcWriteOptions(compression=compression, **options)) as f:
              f.write_table(table)
      def data(n):
          i = np.arange(n)
          return {'volume': -i.astype('float64'), 'close': 100 + i / 100, 'ts': 1600000000 + 60 * i.astype('int64')}
      for n in (0, 1, 7, 1000, 100003): save(f'x{n}.arrow', pa.table(data(n)))
      seven = pa.table(data(7))
      save('v4.arrow', seven, metadata_version=pa.MetadataVersion.V4)
      save('legacy.arrow', seven, use_legacy_format=True, metadata_version=pa.MetadataVersion.V4)
      pd.DataFrame(data(7)).to_feather('pandas.arrow', compression='uncompressed')
      pl.DataFrame(data(7)).write_ipc('polars.arrow', compression='uncompressed')
      pd.DataFrame(data(7)).to_feather('compressed.arrow')
      save('zstd.arrow', seven, compression='zstd')
      save('nulls.arrow', pa.table({'ts': pa.array([1, None, 3])}))
      save('i32.arrow', pa.table({'ts': pa.array([1], pa.int32())}))
      save('u64.arrow', pa.table({'ts': pa.array([1], pa.uint64())}))
      save('f32.arrow', pa.table({'close': pa.array([1], pa.float32())}))
      save('text.arrow', pa.table({'symbol': ['A']}))
      save('time.arrow', pa.table({'ts': pa.array([1], pa.timestamp('us'))}))
      save('dictionary.arrow', pa.table({'symbol': pa.array(['A']).dictionary_encode()}))
      save('two.arrow', pa.concat_tables([seven, seven]))
      """)
    for rows in [0, 1, 7, 1_000, 100_003] { try expect(scratch.file("x\(rows).arrow"), rows: rows) }
    for name in ["v4", "legacy", "pandas", "polars"] { try expect(scratch.file("\(name).arrow"), rows: 7) }
    func reason(_ name: String) -> ArrowError.Reason? {
      do { _ = try ArrowFile(path: scratch.file("\(name).arrow")) } catch let error as ArrowError {
        return error.reason
      } catch { Issue.record("\(error)") }
      return nil
    }
    #expect(reason("compressed") == .compressed)
    #expect(reason("zstd") == .compressed)
    #expect(reason("nulls") == .nulls(column: "ts", count: 1))
    #expect(reason("i32") == .unsupportedColumn(name: "ts", type: "int32"))
    #expect(reason("u64") == .unsupportedColumn(name: "ts", type: "uint64"))
    #expect(reason("f32") == .unsupportedColumn(name: "close", type: "float32"))
    #expect(reason("text") == .unsupportedColumn(name: "symbol", type: "utf8"))
    #expect(reason("time") == .unsupportedColumn(name: "ts", type: "timestamp"))
    #expect(reason("dictionary") == .unsupportedColumn(name: "symbol", type: "dictionary"))
    #expect(reason("two") == .severalBatches(2))
  }
}
