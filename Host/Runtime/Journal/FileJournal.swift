import AlphaLoopCore
import CSystem
import Glibc

/// Writes a run's records to a file on a thread of its own: full blocks are handed over, checked into a CRC-32C chain and
/// written, while the engine fills the next one. Not synced: a backtest can be run again.
public final class FileJournal: JournalSink, @unchecked Sendable {
  public static let blocks = 8
  private let memory: UnsafeMutablePointer<JournalRecord>
  private let capacity = JournalCursor.blockCapacity
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  private var counts = [Int](repeating: 0, count: FileJournal.blocks)
  private var handed = 0
  private var written = 0
  private var isClosing = false
  private var fd: Int32
  private var thread = pthread_t()
  /// errno of the first failed write; 0 none.
  public private(set) var failure: Int32 = 0
  /// CRC-32C over all bytes written.
  public private(set) var checksum: UInt32 = 0
  public private(set) var bytes = 0

  /// - Parameter path: nil: the records are chained and dropped.
  public init(path: String?) throws(HostError) {
    fd = -1
    if let path {
      // Before anything that deinit, which joins the thread, would have to undo.
      fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
      if fd < 0 { throw HostError(.data, "\(path): cannot be written: \(errorText())") }
    }
    memory = .allocate(capacity: Self.blocks * JournalCursor.blockCapacity)
    lock = .allocate(capacity: 1)
    changed = .allocate(capacity: 1)
    pthread_mutex_init(lock, nil)
    pthread_cond_init(changed, nil)
    pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<FileJournal>.fromOpaque(context).takeUnretainedValue().drain() }
        return nil
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit {
    finish()
    memory.deallocate()
    pthread_mutex_destroy(lock)
    pthread_cond_destroy(changed)
    lock.deallocate()
    changed.deallocate()
  }

  public var firstBlock: UnsafeMutablePointer<JournalRecord> { memory }

  public func take(_ block: UnsafeMutablePointer<JournalRecord>, count: Int) -> UnsafeMutablePointer<JournalRecord> {
    pthread_mutex_lock(lock)
    counts[handed % Self.blocks] = count
    handed += 1
    pthread_cond_signal(changed)
    while handed - written >= Self.blocks { pthread_cond_wait(changed, lock) }
    pthread_mutex_unlock(lock)
    return memory + (handed % Self.blocks) * capacity
  }

  /// Writes what is left and joins the thread. Flush the cursor before.
  public func finish() {
    pthread_mutex_lock(lock)
    let wasOpen = !isClosing
    isClosing = true
    pthread_cond_signal(changed)
    pthread_mutex_unlock(lock)
    guard wasOpen else { return }
    pthread_join(thread, nil)
    if fd >= 0 { close(fd) }
    fd = -1
  }

  private func drain() {
    while true {
      pthread_mutex_lock(lock)
      while handed == written && !isClosing { pthread_cond_wait(changed, lock) }
      let isDone = handed == written
      let index = written % Self.blocks
      let count = counts[index]
      pthread_mutex_unlock(lock)
      if isDone { return }
      write(memory + index * capacity, count)
      pthread_mutex_lock(lock)
      written += 1
      pthread_cond_signal(changed)
      pthread_mutex_unlock(lock)
    }
  }

  private func write(_ block: UnsafeMutablePointer<JournalRecord>, _ count: Int) {
    let size = count * MemoryLayout<JournalRecord>.stride
    checksum = al_crc32c(checksum, block, size)
    guard fd >= 0, failure == 0 else { return }
    var done = 0
    while done < size {
      let n = Glibc.write(fd, UnsafeRawPointer(block) + done, size - done)
      if n <= 0 {
        failure = errno
        return
      }
      done += n
    }
    bytes += size
  }
}
