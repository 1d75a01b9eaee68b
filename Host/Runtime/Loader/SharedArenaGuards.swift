import CSystem

extension SharedArena {
  /// Bytes at the start that belong to the arena itself.
  public static let headerBytes = 1 << 14

  /// Most guarded blocks one arena can have.
  public static let maximumGuards = (headerBytes - SharedArenaHeader.guardList) / MemoryLayout<UInt32>.stride

  /// A block whose end lies against a page that cannot be touched: reading or writing one byte past it is a segmentation
  /// fault, in this process at once and in a worker from ``attach(descriptor:access:)`` or ``applyGuards()`` on. For
  /// validation, not for speed: it takes at least two pages.
  ///
  /// - Parameters:
  ///   - byteCount: size; when it is not a multiple of `alignment`, the gap before the guard is the difference.
  ///   - alignment: of the block's start, a power of two up to the page size.
  public func allocateGuarded(byteCount: Int, alignment: Int = 8) throws(SharedArenaError) -> UnsafeMutableRawPointer {
    precondition(alignment > 0 && alignment & (alignment - 1) == 0 && alignment <= pageSize, "a power of two")
    guard guardPages.count < Self.maximumGuards else { throw .tooManyGuards(limit: Self.maximumGuards) }
    guard byteCount >= 0, byteCount <= capacity else { throw .full(requested: byteCount, available: capacity - used) }
    let room = (byteCount + alignment - 1) & ~(alignment - 1)
    let pages = (room + pageSize - 1) & ~(pageSize - 1)
    let start = try reserve(byteCount: pages + pageSize, upTo: pageSize)
    let guardStart = start + pages
    try forbid(page: guardStart / pageSize)
    publish(guardPage: UInt32(guardStart / pageSize))
    return base + (guardStart - room)
  }

  /// Puts the guards in force that the maker has set since this process attached.
  public func applyGuards() throws(SharedArenaError) {
    let count = Int(al_load_acquire_u32(SharedArenaHeader.guardCount(base)))
    guard count <= Self.maximumGuards else { throw .notAnArena(detail: "\(count) guards") }
    let guards = SharedArenaHeader.guards(base)
    for index in 0..<count { try forbid(page: Int(guards[index])) }
  }

  private func forbid(page: Int) throws(SharedArenaError) {
    guard page >= Self.headerBytes / pageSize, page < capacity / pageSize else {
      throw .notAnArena(detail: "a guard on page \(page)")
    }
    let result = al_protect_none(UInt(bitPattern: base) + UInt(page * pageSize), UInt64(pageSize))
    guard result == 0 else { throw .system(operation: "guarding a page", code: -result) }
  }
}
