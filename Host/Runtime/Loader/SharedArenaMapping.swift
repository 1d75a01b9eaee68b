import CSystem

extension SharedArena {
  /// Where arenas may lie: far from programs and heaps (below 4 GB, or from 0x55... on x86_64, 0xaaaa... on arm64) and
  /// from libraries and stacks (the top), which the kernel places at random. The first region is free also under the
  /// thread sanitizer and with 39-bit addresses, the others also under the address sanitizer.
  private static let regions: [(start: UInt, end: UInt)] = [
    (0x10_0000_0000, 0x70_0000_0000), (0x2000_0000_0000, 0x3000_0000_0000), (0x3000_0000_0000, 0x5000_0000_0000),
  ]
  /// Distance of neighbouring candidates, when the arena is not larger.
  private static let spacing: UInt = 1 << 36
  private static let candidatesPerRegion = 64
  private static let maximumCapacity = 1 << 40

  static func wholePages(_ capacity: Int) throws(SharedArenaError) -> Int {
    guard capacity > headerBytes, capacity <= maximumCapacity else { throw .badCapacity(bytes: capacity) }
    let page = Int(al_page_size())
    return (capacity + page - 1) / page * page
  }

  /// Maps at the first candidate that is free.
  static func mapSomewhere(bytes: Int, descriptor: Int32) throws(SharedArenaError) -> UInt {
    let step = (UInt(bytes) + spacing - 1) / spacing * spacing
    var tried = 0
    for region in regions {
      for index in 0..<UInt(candidatesPerRegion) {
        let address = region.start + index * step
        guard address + UInt(bytes) <= region.end else { break }
        tried += 1
        let result = al_map_at(address, UInt64(bytes), descriptor, Int32(AL_MAP_WRITABLE))
        if result == 0 { return address }
        // EEXIST: taken. ENOMEM and EINVAL: beyond this kernel's address space, or a sanitizer's limit.
        guard [17, 12, 22].contains(-result) else {
          throw .system(operation: "mapping \(bytes) bytes", code: -result)
        }
      }
    }
    throw .noFreeAddress(bytes: bytes, tried: tried)
  }
}

/// The first bytes of an arena: where it lies, how much is used, which pages are guards.
enum SharedArenaHeader {
  static let magic: UInt64 = 0x0031_414e_4552_4c41
  static let guardList = 64

  private enum Field {
    static let magic = 0
    static let base = 8
    static let capacity = 16
    static let used = 24
    static let pageSize = 32
    static let guardCount = 40
  }

  static func write(at base: UnsafeMutableRawPointer, capacity: Int) {
    base.storeBytes(of: UInt64(UInt(bitPattern: base)), toByteOffset: Field.base, as: UInt64.self)
    base.storeBytes(of: UInt64(capacity), toByteOffset: Field.capacity, as: UInt64.self)
    base.storeBytes(of: UInt64(al_page_size()), toByteOffset: Field.pageSize, as: UInt64.self)
    al_store_release_u64(used(base), UInt64(SharedArena.headerBytes))
    al_store_release_u64((base + Field.magic).assumingMemoryBound(to: UInt64.self), magic)
  }

  static func used(_ base: UnsafeMutableRawPointer) -> UnsafeMutablePointer<UInt64> {
    (base + Field.used).assumingMemoryBound(to: UInt64.self)
  }

  static func guardCount(_ base: UnsafeMutableRawPointer) -> UnsafeMutablePointer<UInt32> {
    (base + Field.guardCount).assumingMemoryBound(to: UInt32.self)
  }

  /// Page numbers, counted from the start of the arena.
  static func guards(_ base: UnsafeMutableRawPointer) -> UnsafeMutablePointer<UInt32> {
    (base + guardList).assumingMemoryBound(to: UInt32.self)
  }

  /// Reads and checks the header through the descriptor, before anything is mapped.
  static func read(from descriptor: Int32) throws(SharedArenaError) -> (base: UInt, capacity: Int) {
    let size = al_file_size(descriptor)
    guard size >= 0 else { throw .system(operation: "reading descriptor \(descriptor)", code: Int32(-size)) }
    var words = [UInt64](repeating: 0, count: guardList / 8)
    let got = words.withUnsafeMutableBytes { al_read_at(descriptor, $0.baseAddress, $0.count, 0) }
    guard got >= 0 else { throw .system(operation: "reading descriptor \(descriptor)", code: Int32(-got)) }
    guard got == guardList, words[Field.magic / 8] == magic else { throw .notAnArena(detail: "no header") }
    let capacity = words[Field.capacity / 8]
    let base = words[Field.base / 8]
    let page = UInt64(al_page_size())
    guard words[Field.pageSize / 8] == page else {
      throw .notAnArena(detail: "pages of \(words[Field.pageSize / 8]) bytes, here \(page)")
    }
    guard capacity == UInt64(size), capacity > UInt64(SharedArena.headerBytes) else {
      throw .notAnArena(detail: "\(capacity) bytes claimed, \(size) there")
    }
    guard base > 0, base % page == 0, base < 1 << 47, capacity < 1 << 47 else {
      throw .notAnArena(detail: "address 0x\(String(base, radix: 16))")
    }
    return (UInt(base), Int(capacity))
  }
}
