/// Where everything that agents read is allocated. In shared memory when agents run in worker processes, so that the same
/// pointers hold on both sides; on the heap otherwise. Nothing of it is freed before the engine is.
public protocol InputMemory: AnyObject {
  /// Zeroed bytes, aligned to 64.
  func allocate(bytes: Int) -> UnsafeMutableRawPointer
}

extension InputMemory {
  func allocate<T: BitwiseCopyable>(_ type: T.Type, count: Int) -> UnsafeMutablePointer<T> {
    allocate(bytes: max(MemoryLayout<T>.stride * count, 64)).bindMemory(to: T.self, capacity: count)
  }
}

/// Input memory on the heap, for engines whose agents all run in this process.
///
/// Blocks lie one behind the other in large chunks, so that what one agent reads shares pages; a line is left free between
/// them, so that columns of equal size do not all fall on the same few sets of the cache.
public final class HeapInputMemory: InputMemory {
  private static let chunk = 2 << 20
  private static let line = 64
  private var chunks: [UnsafeMutableRawPointer] = []
  private var next: UnsafeMutableRawPointer?
  private var left = 0
  private let advise: (UnsafeMutableRawPointer, Int) -> Void

  /// - Parameter advise: tells the system how a chunk will be used, before its first touch.
  public init(advise: @escaping (UnsafeMutableRawPointer, Int) -> Void = { _, _ in }) { self.advise = advise }
  deinit { for chunk in chunks { chunk.deallocate() } }

  public func allocate(bytes: Int) -> UnsafeMutableRawPointer {
    let size = (bytes + Self.line - 1) / Self.line * Self.line
    if let block = next, size <= left {
      let step = min(size + Self.line, left)
      next = block + step
      left -= step
      return block
    }
    let capacity = max(size, Self.chunk)
    let block = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: Self.chunk)
    advise(block, capacity)
    block.initializeMemory(as: UInt8.self, repeating: 0, count: capacity)
    chunks.append(block)
    if capacity - size > left {
      let step = min(size + Self.line, capacity)
      next = block + step
      left = capacity - step
    }
    return block
  }
}
