import AlphaLoopCore
public import AlphaLoopLoader

/// Input memory that worker processes see at the same addresses, read-only. Reserved, not used: a page exists from its
/// first touch, so an engine without isolated agents pays nothing for it.
public final class ArenaInputMemory: InputMemory {
  /// More than any machine of today has, so that memory runs out before the arena does.
  public static let standardCapacity = 1 << 38

  public let arena: SharedArena

  /// - Throws: when the kernel gives no such address range, for example under `ulimit -v`.
  public init(capacity: Int = standardCapacity) throws(SharedArenaError) {
    arena = try SharedArena.shared(name: "alphaloop-inputs", capacity: capacity, sharing: .othersRead)
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
