import CRecordingVFS
import Foundation
import PluginProbe

/// Power failures of the journal without a power failure: every operation on its files is listed while sessions are written;
/// then, at every boundary between two operations, states that a disk may be left in are built and opened.
///
/// In a state everything synced is there; each 512-byte sector written since, each truncation and each name not yet synced
/// is there or not. Nothing that was acknowledged may be missing.
struct PowerTorture {
  var seed: UInt64 = 1
  var sessions = 3
  var commits = 240
  /// States a boundary, beside that which keeps all and that which keeps nothing unsynced.
  var images = 3

  struct Result: Encodable {
    var boundaries = 0
    var images = 0
    var commits = 0
    /// Moves of the kill switch among them.
    var latches = 0
    /// Times that the log was begun again in place, over older frames.
    var restarts = 0
    var lost = 0
    var damaged = 0
    var foreign = 0
    /// The first bad state: rerun with the seed, and this boundary and image.
    var first: String?
  }

  struct Report: Encodable {
    var torture = "power"
    var seed: UInt64
    var full: Result
    /// The same with synchronous=NORMAL, which may lose the last commits: it must be caught.
    var control: Result
    /// A byte of an acknowledged row turned over in a state that was good: must be found damaged, or another row.
    var flipsFound: Int
    var flips: Int
    var passed: Bool
  }

  func run() throws -> Report {
    guard rv_install() == 0 else { throw Failure("the recording file system cannot be installed") }
    let (full, flips, flipsFound) = try campaign(isSafe: true)
    let (control, _, _) = try campaign(isSafe: false)
    let isClean = full.lost + full.damaged + full.foreign == 0 && full.images > 0 && full.latches > 0
    return Report(
      seed: seed, full: full, control: control, flipsFound: flipsFound, flips: flips,
      passed: isClean && control.lost > 0 && flips > 0 && flipsFound == flips)
  }

  private func campaign(isSafe: Bool) throws -> (Result, flips: Int, found: Int) {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("torture-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: root) }
    for name in ["live", "image"] {
      try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
    }
    rv_record(1)
    rv_reset()
    var writer = JournalWriter(seed: seed)
    try writer.write("\(root)/live/journal.db", sessions: sessions, commits: commits, isSafe: isSafe)
    rv_record(0)
    let check = ImageCheck(
      folder: "\(root)/image", rows: try ImageCheck.whole("\(root)/live/journal.db"), latches: writer.latches)
    var result = Result()
    result.commits = writer.commits
    result.latches = writer.latches.count
    return try withStates(writer, check, &result)
  }

  private func withStates(_ writer: JournalWriter, _ check: ImageCheck, _ result: inout Result) throws
    -> (Result, flips: Int, found: Int)
  {
    let data = Array(UnsafeBufferPointer(start: rv_data(), count: dataBytes()))
    let operations = Array(UnsafeBufferPointer(start: rv_operations(), count: Int(rv_count())))
    result.restarts = restarts(operations)
    var disk = Disk()
    var random = SeededRandom(seed: seed ^ 0x5851_f42d_4c95_7f2d)
    var (next, flips, found) = (0, 0, 0)
    var acknowledged: JournalWriter.Acknowledged?
    for boundary in 0...operations.count {
      while next < writer.acknowledged.count, writer.acknowledged[next].operation <= UInt64(boundary) {
        acknowledged = writer.acknowledged[next]
        next += 1
      }
      result.boundaries += 1
      for k in 0..<images + 2 {
        let share = k < 2 ? 0.5 : Double.random(in: 0...1, using: &random)
        let image = disk.image { k == 0 || k != 1 && Double.random(in: 0..<1, using: &random) < share }
        var files = Dictionary(
          uniqueKeysWithValues: image.map { (URL(fileURLWithPath: String(cString: rv_name($0))).lastPathComponent, $1) }
        )
        let finding = try check.finding(files, acknowledged)
        result.count(finding, "boundary \(boundary), image \(k)")
        if k == 0, finding == nil, boundary % 37 == 36, flip(&files, acknowledged, check) {
          flips += 1
          if try check.finding(files, acknowledged) != nil { found += 1 }
        }
      }
      guard boundary < operations.count else { break }
      let o = operations[boundary]
      disk.apply(o, data[Int(o.data)..<Int(o.data) + Int(o.bytes)])
    }
    return (result, flips, found)
  }

  private func restarts(_ operations: [rv_operation]) -> Int {
    var (begun, count) = (Set<Int32>(), 0)
    for o in operations where String(cString: rv_name(o.file)).hasSuffix("-wal") {
      if o.kind == Int32(RV_DELETE) { begun.remove(o.file) }
      if o.kind == Int32(RV_WRITE), o.offset == 0, !begun.insert(o.file).inserted { count += 1 }
    }
    return count
  }

  /// Turns a bit of the payload of an acknowledged row over, wherever it lies in the files; false: there is none.
  private func flip(
    _ files: inout [String: [UInt8]], _ acknowledged: JournalWriter.Acknowledged?, _ check: ImageCheck
  ) -> Bool {
    guard let (session, count) = acknowledged?.rows.max(by: { $0.key < $1.key }), count > 0,
      let payload = check.rows[session]?[..<count].last(where: { $0.payload.count >= 32 })?.payload
    else { return false }
    // Every copy: the one in the log and an older one in the file of the same page.
    var hits = 0
    for (name, bytes) in files {
      var from = bytes.startIndex
      while let at = bytes[from...].firstRange(of: payload.prefix(32))?.lowerBound {
        files[name]?[at + 20] ^= 4
        hits += 1
        from = at + 32
      }
    }
    return hits > 0
  }

  private func dataBytes() -> Int {
    let last = rv_count()
    guard last > 0, let list = rv_operations() else { return 0 }
    return Int(list[Int(last - 1)].data) + Int(list[Int(last - 1)].bytes)
  }
}

extension PowerTorture.Result {
  mutating func count(_ finding: ImageCheck.Finding?, _ place: String) {
    images += 1
    switch finding {
    case nil: return
    case .lost: lost += 1
    case .damaged: damaged += 1
    case .foreign: foreign += 1
    }
    if first == nil, let finding { first = "\(place): \(finding.rawValue)" }
  }
}
