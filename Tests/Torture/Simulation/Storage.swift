import AlphaLoopSQLite
import CRecordingVFS
import Foundation

/// The disk below the journal: what is written passes here first, may fail here, and what is left after a crash or a power
/// cut is what the model of the disk says.
final class Storage {
  /// Of SQLite: result codes.
  enum Failure: Int32, CaseIterable {
    case full = 13
    case write = 778
    case sync = 1034
    case readOnly = 8
  }

  let world: World
  let folder: String
  let bug: Line.Bug?
  private var disk = Disk()
  /// The newest syncs: a checkpoint of the log makes two more of a commit.
  private var lastSynced: [[ArraySlice<UInt8>]] = []
  var isDead = false
  var boundary: () -> Void = {}
  /// What fails from now on; once where it is one operation that fails.
  var failure: Failure?
  private var image: [Int32: [UInt8]] = [:]

  init(_ world: World, folder: String, bug: Line.Bug?) {
    self.world = world
    self.folder = folder
    self.bug = bug
  }

  func attach() {
    rv_set_hook(
      { ctx, operation, bytes in
        guard let ctx, let operation else { return 0 }
        return Unmanaged<Storage>.fromOpaque(ctx).takeUnretainedValue().asked(operation.pointee, bytes)
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  func detach() { rv_set_hook(nil, nil) }

  private func asked(_ operation: rv_operation, _ bytes: UnsafeRawPointer?) -> Int32 {
    if !isDead { boundary() }
    if isDead { return 10 }
    if let failure, fails(operation, failure) {
      world.fault("disk \(failure)")
      if failure == .sync || failure == .write { self.failure = nil }
      return failure.rawValue
    }
    let isSync = operation.kind == Int32(RV_SYNC)
    if isSync, bug == .loosesSyncs { return 0 }
    if isSync {
      lastSynced.append(disk.files[operation.file]?.pending.compactMap(\.bytes) ?? [])
      if lastSynced.count > 3 { lastSynced.removeFirst() }
    }
    let count = bytes == nil ? 0 : Int(operation.bytes)
    disk.apply(operation, [UInt8](UnsafeRawBufferPointer(start: bytes, count: count))[...])
    return 0
  }

  private func fails(_ operation: rv_operation, _ failure: Failure) -> Bool {
    switch failure {
    case .sync: operation.kind == Int32(RV_SYNC)
    case .full, .write: operation.kind == Int32(RV_WRITE)
    case .readOnly: operation.kind != Int32(RV_SYNC)
    }
  }

  /// Whether the bytes of an order id were among those of the newest sync.
  func hasSynced(_ session: UInt64, _ sequence: UInt64) -> Bool {
    var pattern: [UInt8] = []
    for word in [session, sequence] { withUnsafeBytes(of: word.littleEndian) { pattern.append(contentsOf: $0) } }
    return lastSynced.contains { $0.contains { Self.contains($0, pattern) } }
  }

  private static func contains(_ bytes: ArraySlice<UInt8>, _ pattern: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { all in
      pattern.withUnsafeBytes { wanted in
        guard let start = all.baseAddress, let first = wanted.baseAddress else { return false }
        return rv_contains(start, all.count, first, wanted.count) != 0
      }
    }
  }

  /// The process ends now: nothing that it does from here on counts.
  func crash(isPowerCut: Bool) {
    isDead = true
    let share = world.random.uniform()
    image = disk.image { !isPowerCut || world.chance(share) }
    if isPowerCut { disk = Disk(image) }
  }

  /// Puts the files as the crash left them.
  func restore() throws {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.contains(".db") {
      try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
    for (id, bytes) in image { try Data(bytes).write(to: URL(fileURLWithPath: String(cString: rv_name(id)))) }
    if bug == .forgetsLatch,
      let path = image.keys.map({ String(cString: rv_name($0)) }).first(where: { $0.hasSuffix(".db") })
    {
      detach()
      let db = try SQLiteConnection(path: path, options: SQLiteOptions(access: .readWrite))
      try? db.execute("DELETE FROM latch")
      try? db.checkpoint()
      var files: [Int32: [UInt8]] = [:]
      for id in image.keys {
        let name = String(cString: rv_name(id))
        if let data = FileManager.default.contents(atPath: name) { files[id] = [UInt8](data) }
      }
      disk = Disk(files)
    }
    isDead = false
    failure = nil
    attach()
  }
}
