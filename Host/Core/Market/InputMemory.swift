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
public final class HeapInputMemory: InputMemory {
  private var blocks: [UnsafeMutableRawPointer] = []

  public init() {}
  deinit { for block in blocks { block.deallocate() } }

  public func allocate(bytes: Int) -> UnsafeMutableRawPointer {
    let block = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    block.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    blocks.append(block)
    return block
  }
}
