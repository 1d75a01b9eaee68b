import CAlphaLoop

/// Where a connected broker pushes what happens, from its own threads: into the inbox of the trade loop.
final class ReportInbox: @unchecked Sendable {
  private let inbox: Inbox<TradeEvent>
  /// What the broker is given.
  let feed: UnsafeMutablePointer<al_report_feed_v1>

  init(_ inbox: Inbox<TradeEvent>) {
    self.inbox = inbox
    feed = .allocate(capacity: 1)
    feed.initialize(
      to: al_report_feed_v1(
        size: UInt32(MemoryLayout<al_report_feed_v1>.size), reserved: 0, ctx: nil,
        push: { context, reports, n in
          guard let context, let reports else { return n == 0 ? AL_OK : AL_E_ARGUMENT }
          let box = Unmanaged<ReportInbox>.fromOpaque(context).takeUnretainedValue()
          return box.push(UnsafeBufferPointer(start: reports, count: Int(n)))
        }))
    feed.pointee.ctx = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit { feed.deallocate() }

  private func push(_ reports: UnsafeBufferPointer<al_report_v1>) -> al_status {
    if reports.isEmpty { return AL_OK }
    return inbox.post(.reports(reports.map { RecordedEvent.Report($0) }), isFact: true) ? AL_OK : AL_E_STATE
  }
}
