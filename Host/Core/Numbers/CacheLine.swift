extension UnsafeMutablePointer where Pointee: BitwiseCopyable {
  /// Uninitialised room for `count` values, the first at the start of a cache line.
  static func allocateLines(_ count: Int) -> UnsafeMutablePointer<Pointee> {
    UnsafeMutableRawPointer.allocate(
      byteCount: MemoryLayout<Pointee>.stride * count, alignment: max(64, MemoryLayout<Pointee>.alignment)
    ).bindMemory(to: Pointee.self, capacity: count)
  }
}
