import CRecordingVFS

/// What a disk may hold while files are written: what was synced is there for sure, everything after it may be, sector by
/// sector.
struct Disk {
  static let sector = 512

  struct File {
    /// The bytes at the last sync.
    var durable: [UInt8] = []
    /// A sync of the folder came after the name was made.
    var isNameSure = false
    /// Writes and truncations since, in order.
    var pending: [Operation] = []
    /// As the running program sees it; nil: there is no such name.
    var exists = false
    /// What the name stood for before a removal that no sync has confirmed.
    var removed: [UInt8]?
    var isRemovalPending = false
  }

  struct Operation {
    var offset: Int
    /// nil: a truncation to `offset`.
    var bytes: ArraySlice<UInt8>?
  }

  private(set) var files: [Int32: File] = [:]

  init() {}

  /// A disk that holds these files for sure.
  init(_ files: [Int32: [UInt8]]) {
    self.files = files.mapValues { File(durable: $0, isNameSure: true, exists: true) }
  }

  mutating func apply(_ operation: rv_operation, _ bytes: ArraySlice<UInt8>) {
    let id = operation.file
    switch operation.kind {
    case Int32(RV_CREATE):
      if !files[id, default: File()].isRemovalPending { files[id] = File() }
      files[id, default: File()].exists = true
    case Int32(RV_WRITE):
      files[id, default: File()].pending.append(Operation(offset: Int(operation.offset), bytes: bytes))
    case Int32(RV_TRUNCATE):
      files[id, default: File()].pending.append(Operation(offset: Int(operation.offset), bytes: nil))
    case Int32(RV_SYNC): sync(id)
    default:
      let last = files[id, default: File()]
      var file = File()
      if operation.offset == 0, last.isNameSure { (file.removed, file.isRemovalPending) = (last.durable, true) }
      files[id] = file
    }
    if operation.kind == Int32(RV_DELETE), operation.offset != 0 { syncFolder() }
  }

  private mutating func sync(_ id: Int32) {
    var pending: [Operation] = []
    swap(&pending, &files[id, default: File()].pending)
    for operation in pending { Self.write(operation, onto: &files[id, default: File()].durable) }
    // SQLite syncs the folder with the first sync of a file that it made.
    if files[id]?.isNameSure == false { syncFolder() }
    files[id]?.isNameSure = true
    files[id]?.isRemovalPending = false
    files[id]?.removed = nil
  }

  private static func write(_ operation: Operation, onto result: inout [UInt8]) {
    guard let data = operation.bytes else {
      if operation.offset < result.count { result.removeLast(result.count - operation.offset) }
      return
    }
    let end = operation.offset + data.count
    if result.count < end { result.append(contentsOf: repeatElement(0, count: end - result.count)) }
    result.replaceSubrange(operation.offset..<end, with: data)
  }

  /// Every name that was made or removed is so for sure.
  private mutating func syncFolder() {
    files = files.mapValues { file in
      var file = file
      (file.isNameSure, file.isRemovalPending, file.removed) = (file.exists, false, nil)
      return file
    }
  }

  /// One of the states that a power failure at this moment may leave: name -> bytes.
  ///
  /// - Parameter keep: asked for each sector and each name that is not sure; true: it reached the disk.
  func image(_ keep: () -> Bool) -> [Int32: [UInt8]] {
    var image: [Int32: [UInt8]] = [:]
    for (id, file) in files.sorted(by: { $0.key < $1.key }) {
      if file.isRemovalPending, !keep() {
        image[id] = file.removed
      } else if file.exists, file.isNameSure || keep() {
        image[id] = Self.written(file.pending, onto: file.durable, keep: keep)
      }
    }
    return image
  }

  private static func written(
    _ operations: [Operation], onto bytes: [UInt8], keep: () -> Bool = { true }
  ) -> [UInt8] {
    var result = bytes
    for operation in operations {
      guard let data = operation.bytes else {
        if keep(), operation.offset < result.count { result.removeLast(result.count - operation.offset) }
        continue
      }
      var done = 0
      while done < data.count {
        let at = operation.offset + done
        let n = min(sector - at % sector, data.count - done)
        if keep() {
          if result.count < at + n { result.append(contentsOf: repeatElement(0, count: at + n - result.count)) }
          result.replaceSubrange(at..<at + n, with: data[data.startIndex + done..<data.startIndex + done + n])
        }
        done += n
      }
    }
    return result
  }
}
