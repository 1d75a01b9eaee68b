import AlphaLoopCore
import CSystem
import Glibc

/// Memory for what a plugin is handed. Guarded, every block lies between two pages that cannot be touched, ends exactly at
/// the second (or starts exactly at the first), and can be made read-only; a touch is told by the block's name.
final class InputBlocks {
  enum Placement { case plain, endsAtGuard, startsAtGuard }

  private struct Block {
    var mapping: UnsafeMutableRawPointer
    var bytes: Int
    var start: UnsafeMutableRawPointer
    var dataBytes: Int
    /// Outputs stay writable while the rest is sealed.
    var isOutput: Bool
  }

  let placement: Placement
  let shared: (any InputMemory)?
  private var blocks: [Block] = []
  private var plain: [UnsafeMutableRawPointer] = []
  private var names: [UnsafeMutablePointer<CChar>] = []
  private static let page = Int(al_page_size())

  /// - Parameter shared: where plain blocks are taken from, when another process is to see them.
  init(_ placement: Placement, shared: (any InputMemory)? = nil) {
    self.placement = placement
    self.shared = shared
  }

  deinit {
    for block in plain { block.deallocate() }
    for block in blocks {
      al_guard_forget(UInt(bitPattern: block.mapping), UInt64(block.bytes))
      munmap(block.mapping, block.bytes)
    }
    for name in names { free(name) }
  }

  /// - Parameter isOutput: stays writable while the rest is sealed.
  func allocate<T: BitwiseCopyable>(_ type: T.Type, _ count: Int, _ name: String, isOutput: Bool = false)
    -> UnsafeMutablePointer<T>
  {
    let bytes = max(1, count) * MemoryLayout<T>.stride
    if let shared { return shared.allocate(bytes: bytes).bindMemory(to: T.self, capacity: max(1, count)) }
    guard placement != .plain, let made = guarded(bytes, name, isOutput: isOutput) else {
      let block = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
      plain.append(block)
      return block.bindMemory(to: T.self, capacity: max(1, count))
    }
    return made.bindMemory(to: T.self, capacity: max(1, count))
  }

  private func guarded(_ bytes: Int, _ name: String, isOutput: Bool) -> UnsafeMutableRawPointer? {
    let page = Self.page
    let room = (bytes + page - 1) / page * page
    let total = room + 2 * page
    guard let mapping = mmap(nil, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), mapping != MAP_FAILED else {
      return nil
    }
    let data = mapping + page
    guard mprotect(data, room, PROT_READ | PROT_WRITE) == 0 else { return nil }
    let start = placement == .endsAtGuard ? data + (room - bytes) : data
    blocks.append(Block(mapping: mapping, bytes: total, start: data, dataBytes: room, isOutput: isOutput))
    watch(mapping, page, "the memory before \(name)")
    watch(data + room, page, "the memory behind \(name)")
    if !isOutput { watch(data, room, "\(name), which is read-only,") }
    return start
  }

  private func watch(_ address: UnsafeMutableRawPointer, _ bytes: Int, _ text: String) {
    // The handler needs the name when nothing may allocate any more.
    guard let name = strdup(text) else { return }
    names.append(name)
    al_guard_watch(UInt(bitPattern: address), UInt64(bytes), name)
  }

  func seal() { protect(PROT_READ) }
  func unseal() { protect(PROT_READ | PROT_WRITE) }

  private func protect(_ rights: Int32) {
    for block in blocks where !block.isOutput { mprotect(block.start, block.dataBytes, rights) }
  }
}

/// Room for rows whose number changes; they lie at the end of the room, so that a guard page follows the last one.
struct RowRoom<T: BitwiseCopyable> {
  private let base: UnsafeMutablePointer<T>
  private let capacity: Int

  init(_ blocks: InputBlocks, _ capacity: Int, _ name: String) {
    base = blocks.allocate(T.self, capacity, name)
    self.capacity = capacity
  }

  /// Copies the rows to their place; the first ones are dropped when there are too many.
  func place(_ rows: [T]) -> UnsafeMutablePointer<T> {
    let kept = rows.suffix(capacity)
    let start = base + (capacity - kept.count)
    for (i, row) in kept.enumerated() { (start + i).initialize(to: row) }
    return start
  }
}
