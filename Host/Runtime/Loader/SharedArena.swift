import CSystem

/// Memory that the host and a worker have at the same address, so that a pointer into it means the same in both.
///
/// The process that makes an arena allocates in it, by moving a mark; nothing is freed singly. The space is reserved, not used: a page exists from its
/// first touch, so a capacity of several gigabytes costs nothing by itself. One thread allocates; what it has published by
/// other means (a message, a release store) others may read.
///
/// ```swift
/// let columns = try SharedArena.shared(name: "columns", capacity: 8 << 30)
/// let closes = try columns.allocate(Int64.self, count: bars)
/// // in the worker, with the inherited descriptor
/// let columns = try SharedArena.attach(descriptor: 3, access: .read)
/// ```
public final class SharedArena {
  /// What other processes may do with a shared arena.
  public enum Sharing: Sendable {
    /// The kernel refuses every writable mapping and every write from now on; the maker's own mapping stays writable.
    case othersRead
    /// For control words and results.
    case othersWrite
  }

  public enum Access: Sendable { case read, readWrite }

  /// Every block starts at a multiple of this many bytes: a cache line, and the widest vector register.
  public static let alignment = 64

  /// First byte; the same in every process that has the arena.
  public let base: UnsafeMutableRawPointer
  /// Bytes, header included; a multiple of the page size.
  public let capacity: Int
  public let access: Access
  /// The memory file to hand to a worker; nil for an arena of this process alone. Closed with the arena.
  public let descriptor: Int32?

  let pageSize: Int
  /// The maker's own count; the header only publishes it. A worker that can write to the header must not be able to lead
  /// the maker astray. Nil in a process that attached.
  private var mark: Int?
  private(set) var guardPages: [UInt32] = []

  /// An arena of this process alone.
  ///
  /// - Parameter capacity: bytes, rounded up to whole pages.
  public static func local(capacity: Int) throws(SharedArenaError) -> SharedArena {
    let bytes = try wholePages(capacity)
    let address = try mapSomewhere(bytes: bytes, descriptor: -1)
    return SharedArena(maker: address, capacity: bytes, descriptor: nil)
  }

  /// An arena that a worker can attach to.
  ///
  /// - Parameters:
  ///   - name: shown in `/proc/PID/maps`.
  ///   - capacity: bytes, rounded up to whole pages.
  public static func shared(name: String, capacity: Int, sharing: Sharing = .othersRead)
    throws(SharedArenaError) -> SharedArena
  {
    let bytes = try wholePages(capacity)
    let descriptor = name.withCString { al_memory_file($0, UInt64(bytes)) }
    guard descriptor >= 0 else { throw .system(operation: "making a memory file", code: -descriptor) }
    do throws(SharedArenaError) {
      let address = try mapSomewhere(bytes: bytes, descriptor: descriptor)
      let sealed = sharing == .othersRead ? al_memory_file_forbid_new_writers(descriptor) : 0
      guard sealed == 0 else {
        al_unmap(address, UInt64(bytes))
        throw .system(operation: "sealing the memory file", code: -sealed)
      }
      return SharedArena(maker: address, capacity: bytes, descriptor: descriptor)
    } catch {
      al_close(descriptor)
      throw error
    }
  }

  /// The arena behind an inherited descriptor, at the address it has in the process that made it. Takes the descriptor
  /// over when it succeeds. Guards set so far are in force here too. The memory goes with the arena object: keep it as long
  /// as any pointer into it (`withExtendedLifetime`, or a stored property).
  ///
  /// - Throws: ``SharedArenaError/addressTaken(address:bytes:)`` when this process has something else there.
  public static func attach(descriptor: Int32, access: Access) throws(SharedArenaError) -> SharedArena {
    let header = try SharedArenaHeader.read(from: descriptor)
    let flags = access == .readWrite ? Int32(AL_MAP_WRITABLE) : 0
    let mapped = al_map_at(header.base, UInt64(header.capacity), descriptor, flags)
    switch -mapped {
    case 0: break
    case 17: throw .addressTaken(address: header.base, bytes: header.capacity)
    case let code: throw .system(operation: "mapping the memory file", code: code)
    }
    guard let base = UnsafeMutableRawPointer(bitPattern: header.base) else { throw .notAnArena(detail: "address 0") }
    let arena = SharedArena(attached: base, capacity: header.capacity, descriptor: descriptor, access: access)
    try arena.applyGuards()
    return arena
  }

  private init(maker address: UInt, capacity: Int, descriptor: Int32?) {
    // `mapSomewhere` maps at fixed addresses only, none of which is 0.
    base = UnsafeMutableRawPointer(bitPattern: address).unsafelyUnwrapped
    self.capacity = capacity
    self.descriptor = descriptor
    access = .readWrite
    pageSize = Int(al_page_size())
    mark = Self.headerBytes
    SharedArenaHeader.write(at: base, capacity: capacity)
  }

  private init(attached base: UnsafeMutableRawPointer, capacity: Int, descriptor: Int32, access: Access) {
    self.base = base
    self.capacity = capacity
    self.descriptor = descriptor
    self.access = access
    pageSize = Int(al_page_size())
    mark = nil
  }

  deinit {
    al_unmap(UInt(bitPattern: base), UInt64(capacity))
    if let descriptor { al_close(descriptor) }
  }

  /// Bytes handed out so far, header and alignment included.
  public var used: Int {
    mark ?? min(capacity, Int(clamping: al_load_acquire_u64(SharedArenaHeader.used(base))))
  }

  /// Whether `byteCount` bytes from `pointer` lie in the part of the arena that has been handed out. The check for every
  /// pointer that comes from another process.
  public func contains(_ pointer: UnsafeRawPointer, byteCount: Int) -> Bool {
    guard byteCount >= 0, pointer >= UnsafeRawPointer(base) + Self.headerBytes else { return false }
    let offset = pointer - UnsafeRawPointer(base)
    let limit = used
    return offset <= limit && byteCount <= limit - offset
  }
}

extension SharedArena {
  /// `byteCount` bytes at a multiple of 64. They are zero unless the arena was rewound.
  public func allocate(byteCount: Int) throws(SharedArenaError) -> UnsafeMutableRawPointer {
    let start = try reserve(byteCount: byteCount, upTo: Self.alignment)
    return base + start
  }

  /// `count` values at a multiple of 64. They are zero unless the arena was rewound.
  public func allocate<Element: BitwiseCopyable>(_ type: Element.Type, count: Int)
    throws(SharedArenaError) -> UnsafeMutableBufferPointer<Element>
  {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard !overflow, count >= 0 else { throw .full(requested: .max, available: capacity - used) }
    let start = try allocate(byteCount: bytes)
    return UnsafeMutableBufferPointer(start: start.bindMemory(to: type, capacity: count), count: count)
  }

  /// Rewinds to an earlier value of ``used``, or to empty: everything handed out since is void.
  public func rewind(to earlier: Int = SharedArena.headerBytes) throws(SharedArenaError) {
    guard let mark else { throw .attached }
    guard guardPages.isEmpty else { throw .guarded }
    guard earlier >= Self.headerBytes, earlier <= mark else { throw .badMark(earlier, used: mark) }
    publish(earlier)
  }

  /// Moves the mark up to the next multiple of `boundary` (a power of two) and then by `byteCount`.
  func reserve(byteCount: Int, upTo boundary: Int) throws(SharedArenaError) -> Int {
    guard let mark else { throw .attached }
    let start = (mark + boundary - 1) & ~(boundary - 1)
    let available = max(0, capacity - start)
    guard byteCount >= 0, byteCount <= available else { throw .full(requested: byteCount, available: available) }
    publish(start + byteCount)
    return start
  }

  func publish(guardPage: UInt32) {
    SharedArenaHeader.guards(base)[guardPages.count] = guardPage
    guardPages.append(guardPage)
    al_store_release_u32(SharedArenaHeader.guardCount(base), UInt32(guardPages.count))
  }

  private func publish(_ newMark: Int) {
    mark = newMark
    al_store_release_u64(SharedArenaHeader.used(base), UInt64(newMark))
  }
}
