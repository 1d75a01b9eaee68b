import Glibc

/// A bounded queue between the threads that learn things and the one that trades. Whoever finds it full waits.
public final class Inbox<Event: Sendable>: @unchecked Sendable {
  private var events: [Event] = []
  private var head = 0
  private let capacity: Int
  private var isClosed = false
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  public init(capacity: Int) {
    self.capacity = capacity
    pthread_mutex_init(lock, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_mutex_destroy(lock)
    pthread_cond_destroy(changed)
    lock.deallocate()
    changed.deallocate()
  }

  /// False when the inbox is closed.
  ///
  /// - Parameters:
  ///   - isUrgent: goes before what waits, and does not wait for room.
  ///   - isFact: does not wait for room either: who tells it may be who the trade loop is asking something.
  @discardableResult
  public func post(_ event: Event, isUrgent: Bool = false, isFact: Bool = false) -> Bool {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while events.count - head >= capacity && !isClosed && !isUrgent && !isFact { pthread_cond_wait(changed, lock) }
    if isClosed { return false }
    if isUrgent { events.insert(event, at: head) } else { events.append(event) }
    pthread_cond_broadcast(changed)
    return true
  }

  /// The next event; nil after `milliseconds` without one, or when the inbox is closed and empty.
  public func take(milliseconds: Int) -> Event? {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    if head == events.count, !isClosed {
      var until = timespec()
      clock_gettime(CLOCK_REALTIME, &until)
      until.tv_nsec += (milliseconds % 1000) * 1_000_000
      until.tv_sec += milliseconds / 1000 + until.tv_nsec / 1_000_000_000
      until.tv_nsec %= 1_000_000_000
      while head == events.count && !isClosed {
        if pthread_cond_timedwait(changed, lock, &until) == ETIMEDOUT { break }
      }
    }
    guard head < events.count else { return nil }
    let event = events[head]
    head += 1
    if head == events.count || head > 1024 {
      events.removeFirst(head)
      head = 0
    }
    pthread_cond_broadcast(changed)
    return event
  }

  public var isClosedNow: Bool {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return isClosed
  }

  public func close() {
    pthread_mutex_lock(lock)
    isClosed = true
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(lock)
  }
}
