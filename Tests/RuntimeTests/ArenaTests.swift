import CSystem
import Glibc
import Testing

@testable import AlphaLoopLoader

/// Memory of this process that is really there; 0 when it cannot be read.
private func residentBytes() -> UInt64 {
  var virtual: UInt64 = 0
  var resident: UInt64 = 0
  return al_memory_usage(0, &virtual, &resident) == 0 ? resident : 0
}

@Suite("Memory at one address in host and worker")
struct ArenaTests {
  /// The path under which another process of the same user can open a descriptor of this one.
  private static func path(_ descriptor: Int32) -> String { "/proc/\(getpid())/fd/\(descriptor)" }

  @Test("blocks start at multiples of 64, follow each other and are zero")
  func allocation() throws {
    let arena = try SharedArena.local(capacity: 1 << 20)
    let first = try arena.allocate(Int64.self, count: 3)
    let second = try arena.allocate(byteCount: 1)
    let third = try arena.allocate(Double.self, count: 8)
    let start = UnsafeMutableRawPointer(try #require(first.baseAddress))
    #expect(start - arena.base == SharedArena.headerBytes)
    #expect(second - start == 64)
    #expect(UnsafeMutableRawPointer(try #require(third.baseAddress)) - start == 128)
    #expect(first.allSatisfy { $0 == 0 })
    #expect(arena.used == SharedArena.headerBytes + 128 + 64)
  }

  @Test("more than the capacity is refused and takes nothing")
  func full() throws {
    let arena = try SharedArena.local(capacity: 1 << 20)
    let left = arena.capacity - arena.used
    #expect(throws: SharedArenaError.full(requested: left + 1, available: left)) {
      try arena.allocate(byteCount: left + 1)
    }
    #expect(throws: SharedArenaError.self) { try arena.allocate(Int64.self, count: .max) }
    #expect(throws: SharedArenaError.self) { try arena.allocate(byteCount: -1) }
    _ = try arena.allocate(byteCount: left)
    #expect(arena.used == arena.capacity)
  }

  @Test("a rewound arena hands out the same memory again")
  func rewind() throws {
    let arena = try SharedArena.local(capacity: 1 << 20)
    let kept = try arena.allocate(byteCount: 100)
    let mark = arena.used
    let first = try arena.allocate(byteCount: 100)
    try arena.rewind(to: mark)
    #expect(try arena.allocate(byteCount: 100) == first)
    try arena.rewind()
    #expect(try arena.allocate(byteCount: 100) == kept)
    #expect(throws: SharedArenaError.self) { try arena.rewind(to: arena.capacity + 1) }
  }

  /// In a process of its own: what other tests allocate at the same time would be counted as well.
  @Test("eight gigabytes are reserved, only what is touched is used")
  func sparse() async {
    await #expect(processExitsWith: .exitCode(9)) {
      let before = residentBytes()
      let arena = try SharedArena.shared(name: "sparse", capacity: 8 << 30)
      let block = try arena.allocate(UInt8.self, count: 4 << 30)
      block[0] = 1
      block[(4 << 30) - 1] = 1
      guard before > 0, residentBytes() < before + 16 << 20 else { exit(1) }
      for index in stride(from: 0, to: 64 << 20, by: 4096) { block[index] = 1 }
      // The control: touched pages do count.
      exit(residentBytes() > before + 48 << 20 ? 9 : 2)
    }
  }

  @Test("arenas of one process lie at different addresses")
  func several() throws {
    let arenas = try (0..<5).map { _ in try SharedArena.local(capacity: 1 << 30) }
    #expect(Set(arenas.map { UInt(bitPattern: $0.base) }).count == 5)
  }

  @Test("another process reads a linked structure by its plain pointers")
  func sameAddress() async throws {
    let arena = try SharedArena.shared(name: "columns", capacity: 1 << 30)
    let values = try arena.allocate(Int64.self, count: 1000)
    for index in 0..<1000 { values[index] = Int64(index) * 7 }
    let root = try arena.allocate(UnsafeMutablePointer<Int64>?.self, count: 1)
    root[0] = values.baseAddress
    let path = Self.path(try #require(arena.descriptor))
    let address = UInt(bitPattern: root.baseAddress)

    await #expect(processExitsWith: .exitCode(9)) { [path = path as String, address = address as UInt] in
      let arena = try SharedArena.attach(descriptor: open(path, O_RDONLY), access: .read)
      withExtendedLifetime(arena) {
        let root = UnsafePointer<UnsafePointer<Int64>?>(bitPattern: address)
        guard let values = root?.pointee, arena.contains(values, byteCount: 8000) else { exit(1) }
        guard !arena.contains(values, byteCount: 1 << 20) else { exit(2) }
        exit((0..<1000).reduce(0) { $0 + values[$1] } == 3_496_500 ? 9 : 3)
      }
    }
  }

  @Test("a worker writes to its own small arena, and the host wakes from a futex in it")
  func control() async throws {
    let arena = try SharedArena.shared(name: "control", capacity: 1 << 16, sharing: .othersWrite)
    let words = try arena.allocate(UInt32.self, count: 2)
    let path = Self.path(try #require(arena.descriptor))
    let address = UInt(bitPattern: words.baseAddress)
    async let ended: Void = Self.writeAndWake(path, address)
    let first = try #require(words.baseAddress)
    let deadline = al_monotonic_ns() + 20_000_000_000
    while al_load_acquire_u32(first) == 0, al_monotonic_ns() < deadline {
      _ = al_futex_wait(first, 0, 50_000_000)
      await Task.yield()
    }
    #expect(words[0] == 1)
    #expect(words[1] == 4711)
    await ended
  }

  private static func writeAndWake(_ path: String, _ address: UInt) async {
    await #expect(processExitsWith: .exitCode(9)) { [path = path as String, address = address as UInt] in
      let arena = try SharedArena.attach(descriptor: open(path, O_RDWR), access: .readWrite)
      withExtendedLifetime(arena) {
        guard let words = UnsafeMutablePointer<UInt32>(bitPattern: address) else { exit(1) }
        words[1] = 4711
        al_store_release_u32(words, 1)
        al_futex_wake(words, 1)
        exit(9)
      }
    }
  }

  @Test("a worker cannot write to the host's columns, by mapping, protection or descriptor")
  func readOnly() async throws {
    let arena = try SharedArena.shared(name: "columns", capacity: 1 << 20)
    let path = Self.path(try #require(arena.descriptor))
    let block = try arena.allocate(UInt8.self, count: 64)
    let address = UInt(bitPattern: block.baseAddress)

    await #expect(processExitsWith: .exitCode(9)) { [path = path as String] in
      // Even a descriptor opened for writing does not help.
      let descriptor = open(path, O_RDWR)
      guard descriptor >= 0 else { exit(1) }
      guard mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0) == MAP_FAILED else { exit(2) }
      guard pwrite(descriptor, "x", 1, 0) == -1, ftruncate(descriptor, 0) == -1 else { exit(3) }
      let arena = try SharedArena.attach(descriptor: descriptor, access: .read)
      guard mprotect(arena.base, 4096, PROT_READ | PROT_WRITE) == -1 else { exit(4) }
      do {
        _ = try arena.allocate(byteCount: 1)
        exit(5)
      } catch { exit(error as? SharedArenaError == .attached ? 9 : 6) }
    }
    await #expect(processExitsWith: .signal(SIGSEGV)) { [path = path as String, address = address as UInt] in
      let arena = try SharedArena.attach(descriptor: open(path, O_RDONLY), access: .read)
      UnsafeMutablePointer<UInt8>(bitPattern: address)?.pointee = 1
      withExtendedLifetime(arena) {}
    }
    block[0] = 7
    #expect(block[0] == 7, "the maker's own mapping stays writable")
  }

  @Test(
    "a worker that overwrites the header of its own arena does not lead the host astray", arguments: [0, UInt64.max])
  func hostileHeader(word: UInt64) throws {
    let arena = try SharedArena.shared(name: "control", capacity: 1 << 20, sharing: .othersWrite)
    let block = try arena.allocate(byteCount: 64)
    // Everything after the address and the capacity: the mark, the page size and the list of guards.
    for offset in stride(from: 24, to: SharedArena.headerBytes, by: 8) {
      arena.base.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
    }
    #expect(arena.used == SharedArena.headerBytes + 64)
    #expect(arena.contains(block, byteCount: 64) && !arena.contains(block, byteCount: 65))
    #expect(try arena.allocate(byteCount: 64) == block + 64)
    #expect(try arena.allocateGuarded(byteCount: 8) > block + 64)
  }

  @Test("where something else lies, attaching says so instead of replacing it")
  func taken() throws {
    let arena = try SharedArena.shared(name: "columns", capacity: 1 << 20)
    let copy = dup(try #require(arena.descriptor))
    defer { close(copy) }
    let error = #expect(throws: SharedArenaError.self) { try SharedArena.attach(descriptor: copy, access: .read) }
    #expect(error == .addressTaken(address: UInt(bitPattern: arena.base), bytes: 1 << 20))
  }

  @Test("a descriptor without an arena is refused")
  func foreign() throws {
    let file = al_memory_file("not-an-arena", 1 << 20)
    defer { close(file) }
    #expect(throws: SharedArenaError.notAnArena(detail: "no header")) {
      try SharedArena.attach(descriptor: file, access: .read)
    }
    #expect(throws: SharedArenaError.self) { try SharedArena.attach(descriptor: -1, access: .read) }
    #expect(throws: SharedArenaError.badCapacity(bytes: 0)) { try SharedArena.local(capacity: 0) }
    #expect(throws: SharedArenaError.badCapacity(bytes: .max)) { try SharedArena.local(capacity: .max) }
  }
}

@Suite("Guard pages behind blocks")
struct ArenaGuardTests {
  @Test("the last byte can be touched", arguments: [1, 8, 64, 4096, 4097])
  func lastByte(byteCount: Int) throws {
    let arena = try SharedArena.local(capacity: 1 << 20)
    let block = try arena.allocateGuarded(byteCount: byteCount, alignment: 1)
    block.storeBytes(of: 1, toByteOffset: byteCount - 1, as: UInt8.self)
    #expect(UInt(bitPattern: block + byteCount) % 4096 == 0)
  }

  @Test("one byte past the end is a segmentation fault, in the maker")
  func pastTheEnd() async {
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let arena = try SharedArena.local(capacity: 1 << 20)
      let block = try arena.allocateGuarded(byteCount: 24)
      block.storeBytes(of: 1, toByteOffset: 24, as: UInt8.self)
      withExtendedLifetime(arena) {}
    }
    await #expect(processExitsWith: .success, "the control: without a guard nothing is noticed") {
      let arena = try SharedArena.local(capacity: 1 << 20)
      let block = try arena.allocate(byteCount: 24)
      block.storeBytes(of: 1, toByteOffset: 24, as: UInt8.self)
      withExtendedLifetime(arena) {}
    }
  }

  @Test("a worker has the guards as well, those set after it attached when it asks")
  func inTheWorker() async throws {
    let arena = try SharedArena.shared(name: "guarded", capacity: 1 << 20)
    let block = try arena.allocateGuarded(byteCount: 24)
    let path = "/proc/\(getpid())/fd/\(try #require(arena.descriptor))"
    let end = UInt(bitPattern: block) + 24
    await #expect(processExitsWith: .exitCode(24)) { [path = path as String, end = end as UInt] in
      let arena = try SharedArena.attach(descriptor: open(path, O_RDONLY), access: .read)
      withExtendedLifetime(arena) { exit(UnsafePointer<UInt8>(bitPattern: end - 1)?.pointee == 0 ? 24 : 1) }
    }
    await #expect(processExitsWith: .signal(SIGSEGV)) { [path = path as String, end = end as UInt] in
      let arena = try SharedArena.attach(descriptor: open(path, O_RDONLY), access: .read)
      withExtendedLifetime(arena) { exit(Int32(UnsafePointer<UInt8>(bitPattern: end)?.pointee ?? 0)) }
    }
  }

  @Test("guarded arenas are not rewound, and the number of guards has a limit")
  func limits() throws {
    let arena = try SharedArena.local(capacity: 64 << 20)
    for _ in 0..<SharedArena.maximumGuards { _ = try arena.allocateGuarded(byteCount: 8) }
    #expect(throws: SharedArenaError.tooManyGuards(limit: 4080)) { try arena.allocateGuarded(byteCount: 8) }
    #expect(throws: SharedArenaError.guarded) { try arena.rewind() }
  }
}
