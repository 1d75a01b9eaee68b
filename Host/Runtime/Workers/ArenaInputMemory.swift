import AlphaLoopCore
public import AlphaLoopLoader

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
      return try arena.allocate(byteCount: bytes)
    } catch {
      // As on the heap, there is nothing to go on with.
      preconditionFailure("\(error)")
    }
  }
}

extension PluginCatalog {
  /// Memory for an engine with these libraries' agents: shared when one of them runs in a worker.
  public func inputMemory() throws(HostError) -> any InputMemory {
    guard entries.contains(where: \.isIsolated) else { return HeapInputMemory() }
    do {
      return try ArenaInputMemory()
    } catch {
      throw HostError(.configuration, "isolation: process needs shared memory: \(error)")
    }
  }
}
