import CSystem
import Glibc

/// The sign of life of a trade loop: a small file beside the journal that it keeps mapped and writes to at every turn, at least
/// every 200 ms. It stays behind when the process dies, and says then whether the session had ended.
///
/// Little-endian, 128 bytes: magic and format (8), process id (4), phase (4), start of the process in clock ticks since boot
/// (8), monotonic time of the last beat in ns (8), turns of the loop (8), session id (8), boot id (36 characters, zero padded).
public final class Heartbeat: @unchecked Sendable {
  public enum Phase: UInt32, Sendable {
    /// Being set up: the loop does not turn yet.
    case starting = 1
    case trading = 2
    /// In good order.
    case ended = 3
    /// Being set up after one that did not end in good order: what that left at the broker may still be there.
    case recovering = 4
  }

  static let size = 128
  static let magic: UInt64 = 0x3130_5441_4542_4c41  // "ALBEAT01"

  enum Offset {
    static let pid = 8
    static let phase = 12
    static let start = 16
    static let beat = 24
    static let turns = 32
    static let session = 40
    static let boot = 48
  }

  private let memory: UnsafeMutableRawPointer
  private let notifier: ServiceNotifier?
  private var turns: UInt64 = 0

  /// Where the trade loop of a journal beats.
  public static func path(journal: String) -> String { stem(journal) + ".beat" }

  /// `<folder>/<mode>-<account>` of a journal's path.
  static func stem(_ journal: String) -> String { journal.hasSuffix(".db") ? String(journal.dropLast(3)) : journal }

  /// Puts a new file in the place of the one before: the process is there, its loop does not turn yet.
  ///
  /// - Throws: when the file cannot be written: without it nobody would notice that the loop stands still.
  public init(journal: String, notifier: ServiceNotifier? = nil) throws(HostError) {
    let path = Self.path(journal: journal)
    self.notifier = notifier
    let temporary = "\(path).\(getpid()).new"
    let fd = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard fd >= 0 else { throw HostError(.data, "\(path): cannot be written: \(errorText())") }
    defer { close(fd) }
    // Room on the disk first: a store into a page that has none would end the process.
    guard posix_fallocate(fd, 0, off_t(Self.size)) == 0,
      let mapped = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), mapped != MAP_FAILED
    else {
      let problem = errorText()
      unlink(temporary)
      throw HostError(.data, "\(path): cannot be written: \(problem)")
    }
    memory = mapped
    // One that cannot be read any more says nothing good either.
    var before: Phase? = .ended
    do { before = try HeartbeatReading.read(journal: journal)?.phase } catch { before = nil }
    let isClean = access(path, F_OK) != 0 || before == .ended || before == .starting
    memory.storeBytes(of: UInt32(bitPattern: getpid()), toByteOffset: Offset.pid, as: UInt32.self)
    phase.pointee = (isClean ? Phase.starting : .recovering).rawValue
    memory.storeBytes(of: HostProcess.start(of: getpid()) ?? 0, toByteOffset: Offset.start, as: UInt64.self)
    memory.storeBytes(of: UInt64(al_monotonic_ns()), toByteOffset: Offset.beat, as: UInt64.self)
    for (i, byte) in HostProcess.bootID.utf8.prefix(36).enumerated() {
      memory.storeBytes(of: byte, toByteOffset: Offset.boot + i, as: UInt8.self)
    }
    memory.storeBytes(of: Self.magic, toByteOffset: 0, as: UInt64.self)
    guard rename(temporary, path) == 0 else {
      let problem = errorText()
      unlink(temporary)
      throw HostError(.data, "\(path): cannot be written: \(problem)")
    }
  }

  deinit { munmap(memory, Self.size) }

  /// The loop turns from here on.
  public func begin(session: UInt64) {
    al_store_release_u64(word(Offset.session), session)
    notifier?.send("READY=1\nSTATUS=trading, session \(String(session, radix: 16))")
    beat()
    al_store_release_u32(phase, Phase.trading.rawValue)
  }

  /// Called by the trade loop alone, at every turn.
  public func beat() {
    turns &+= 1
    let now = al_monotonic_ns()
    al_store_release_u64(word(Offset.turns), turns)
    al_store_release_u64(word(Offset.beat), UInt64(bitPattern: now))
    notifier?.beat(at: now)
  }

  /// The session ended in good order: nobody has to look after its orders.
  public func end() {
    al_store_release_u32(phase, Phase.ended.rawValue)
    notifier?.send("STOPPING=1")
  }

  /// The session could not be set up. When it is the first since all was in good order, all still is.
  public func giveUp() {
    if phase.pointee == Phase.starting.rawValue { end() }
  }

  private func word(_ offset: Int) -> UnsafeMutablePointer<UInt64> {
    (memory + offset).assumingMemoryBound(to: UInt64.self)
  }
  private var phase: UnsafeMutablePointer<UInt32> { (memory + Offset.phase).assumingMemoryBound(to: UInt32.self) }
}

/// What a heartbeat file said at one moment.
public struct HeartbeatReading: Equatable, Sendable {
  public var pid: Int32
  public var phase: Heartbeat.Phase
  /// Clock ticks since boot: with the pid it names a process for good.
  public var start: UInt64
  /// Monotonic ns.
  public var beat: Int64
  public var turns: UInt64
  /// 0 while the session is being set up.
  public var session: UInt64
  public var boot: String

  /// Which process of which boot it is.
  public var identity: String { "\(boot)/\(pid)/\(start)" }

  /// nil: there is no file.
  ///
  /// - Throws: when it is no heartbeat of this format.
  public static func read(journal: String) throws(HostError) -> HeartbeatReading? {
    let path = Heartbeat.path(journal: journal)
    guard let bytes = readFile(path) else {
      if errno == ENOENT { return nil }
      throw HostError(.data, "\(path): cannot be read: \(errorText())")
    }
    guard let reading = HeartbeatReading(bytes) else {
      throw HostError(.data, "\(path): is no heartbeat of this version of alphaloop")
    }
    return reading
  }

  init?(_ bytes: [UInt8]) {
    guard bytes.count == Heartbeat.size else { return nil }
    func word<T: FixedWidthInteger>(_ offset: Int, _ type: T.Type) -> T {
      bytes.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self)) }
    }
    typealias Offset = Heartbeat.Offset
    guard word(0, UInt64.self) == Heartbeat.magic,
      let phase = Heartbeat.Phase(rawValue: word(Offset.phase, UInt32.self))
    else { return nil }
    self.phase = phase
    pid = Int32(bitPattern: word(Offset.pid, UInt32.self))
    start = word(Offset.start, UInt64.self)
    beat = Int64(bitPattern: word(Offset.beat, UInt64.self))
    turns = word(Offset.turns, UInt64.self)
    session = word(Offset.session, UInt64.self)
    boot = String(decoding: bytes[Offset.boot..<Offset.boot + 36].prefix { $0 != 0 }, as: UTF8.self)
  }
}
