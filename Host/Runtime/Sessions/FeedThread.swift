import Glibc

/// Replays batches into the inbox at a pace.
final class FeedThread: @unchecked Sendable {
  private let inbox: Inbox<TradeEvent>
  private let range: Range<Int>
  private let pace: Int64
  private var thread = pthread_t()

  init(inbox: Inbox<TradeEvent>, range: Range<Int>, pace: Int64) {
    self.inbox = inbox
    self.range = range
    self.pace = pace
  }

  func start() {
    pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<FeedThread>.fromOpaque(context).takeUnretainedValue().run() }
        return nil
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  func join() { pthread_join(thread, nil) }

  private func run() {
    for index in range {
      if !inbox.post(.bars(index)) { return }
      var left = pace
      while left > 0 {
        // Short sleeps, so that a closed inbox is noticed soon.
        let slice = min(left, 100_000_000)
        var t = timespec(tv_sec: 0, tv_nsec: Int(slice))
        nanosleep(&t, nil)
        left -= slice
        if inbox.isClosedNow { return }
      }
    }
    inbox.post(.feedEnded)
  }
}
