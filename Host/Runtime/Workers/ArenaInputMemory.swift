import AlphaLoopCore
public import AlphaLoopLoader
import Glibc

/// Input memory that worker processes see at the same addresses, read-only. Reserved, not used: a page exists from its
/// first touch, so an engine without isolated agents pays nothing for it.
public final class ArenaInputMemory: InputMemory {
  /// Tried in turn: first more than any machine of today has, so that memory runs out before the arena does; less where
  /// the address space is limited (`ulimit -v`).
  public static let standardCapacities = [1 << 38, 1 << 35, 1 << 32]

  public let arena: SharedArena

  /// - Throws: when the kernel gives none of these address ranges.
  public init(capacities: [Int] = standardCapacities) throws(SharedArenaError) {
    var made: SharedArena?
    for capacity in capacities.dropLast() where made == nil { made = try? Self.make(capacity) }
    arena = if let made { made } else { try Self.make(capacities.last ?? 0) }
  }

  private static func make(_ capacity: Int) throws(SharedArenaError) -> SharedArena {
    try SharedArena.shared(name: "alphaloop-inputs", capacity: capacity, sharing: .othersRead)
  }

  public func allocate(bytes: Int) -> UnsafeMutableRawPointer {
    do {
      // As on the heap, with a line left free behind it: columns of equal size would share a few sets of the cache.
      return try arena.allocate(byteCount: bytes + 64)
    } catch {
      // As on the heap, there is nothing to go on with.
      preconditionFailure("\(error)")
    }
  }
}

/// Every batch writes a row to a column or two of every instrument: with small pages each would cost a look-up of its own.
private func adviseLargePages(_ chunk: UnsafeMutableRawPointer, _ bytes: Int) {
  // Advice: without it the run is slower, not wrong.
  madvise(chunk, bytes, MADV_HUGEPAGE)
}

extension PluginCatalog {
  /// Memory for an engine with these libraries' agents: shared when one of them runs in a worker.
  public func inputMemory() throws(HostError) -> any InputMemory {
    try Self.inputMemory(isShared: entries.contains(where: \.isIsolated))
  }

  static func inputMemory(isShared: Bool) throws(HostError) -> any InputMemory {
    guard isShared else { return HeapInputMemory(advise: adviseLargePages) }
    do {
      return try ArenaInputMemory()
    } catch {
      throw HostError(.configuration, "isolation: process needs shared memory: \(error)")
    }
  }
}
