import CSystem
import Glibc

/// What the file system says of a file, to tell without reading it that its bytes are those of before.
public struct FileIdentity: Sendable {
  private var device: UInt64
  private var inode: UInt64
  private var size: Int64
  private var modified: Int64
  /// The kernel's own time of the last change of content or name; no program can set it.
  private var changed: Int64
  /// Whether the last change was long enough ago to be told from the next by its time: file systems count in ticks of some
  /// milliseconds, some in seconds.
  private var isSettled: Bool

  /// Nil when there is no such file. Take it before the bytes are read: a change after that shows.
  public init?(path: String) {
    var info = stat()
    guard stat(path, &info) == 0 else { return nil }
    device = UInt64(info.st_dev)
    inode = UInt64(info.st_ino)
    size = Int64(info.st_size)
    modified = Self.nanoseconds(info.st_mtim)
    changed = Self.nanoseconds(info.st_ctim)
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    isSettled = Self.nanoseconds(now) - max(changed, modified) > 2_000_000_000
  }

  private static func nanoseconds(_ t: timespec) -> Int64 { Int64(t.tv_sec) &* 1_000_000_000 &+ Int64(t.tv_nsec) }

  /// Whether the file is now what it was when this was taken. False when that cannot be told.
  public func isSurelyThat(of path: String) -> Bool {
    guard isSettled, let now = FileIdentity(path: path) else { return false }
    return now.device == device && now.inode == inode && now.size == size && now.modified == modified
      && now.changed == changed
  }
}
