import AlphaLoopLoader
import CSystem
import Glibc

/// A thread that waits for one worker's end, so that a caller in the middle of a request is woken at once.
final class WorkerWatch: @unchecked Sendable {
  private let pidfd: Int32
  private let control: SharedArena
  private let block: WorkerBlock
  /// 1 once the process ended; the host's own word, out of the worker's reach.
  private let ended: UnsafeMutablePointer<UInt32>
  private var exit = al_system_exit()
  private var thread = pthread_t()

  /// Takes the pidfd over.
  init(pidfd: Int32, control: SharedArena, block: WorkerBlock) throws(LoadError) {
    self.pidfd = pidfd
    self.control = control
    self.block = block
    ended = .allocate(capacity: 1)
    ended.initialize(to: 0)
    let me = Unmanaged.passRetained(self)
    let failed = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<WorkerWatch>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, me.toOpaque())
    if failed != 0 {
      me.release()
      throw LoadError("worker", "no thread to watch it: \(String(cString: strerror(failed)))")
    }
    pthread_detach(thread)
  }

  deinit {
    al_close(pidfd)
    ended.deallocate()
  }

  private func run() {
    var status = al_system_exit()
    while al_wait_exit(pidfd, -1, &status) == -EINTR {}
    exit = status
    al_store_release_u32(ended, 1)
    al_futex_wake(ended, .max)
    // After `ended`: whoever gives the turn to a dead worker sees one of the two.
    _ = al_exchange_u32(block.turn, WorkerTurn.dead)
    al_futex_wake(block.turn, .max)
  }

  var hasEnded: Bool { al_load_acquire_u32(ended) != 0 }

  /// How the process ended; nil while it runs.
  var status: al_system_exit? { hasEnded ? exit : nil }

  func kill() { _ = al_pidfd_signal(pidfd, SIGKILL) }

  /// Waits for the end, at most `nanoseconds`.
  func wait(_ nanoseconds: Int64) -> al_system_exit? {
    let deadline = al_monotonic_ns() + nanoseconds
    while !hasEnded {
      let left = deadline - al_monotonic_ns()
      if left <= 0 { break }
      al_futex_wait(ended, 0, left)
    }
    return status
  }
}
