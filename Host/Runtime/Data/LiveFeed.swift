import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop
import CSystem

/// Subscriptions to live bars: what sources push comes into the inbox of the trade loop, a moment an event.
final class LiveFeed: @unchecked Sendable {
  private let inbox: Inbox<TradeEvent>
  private var subscriptions:
    [(instance: LoadedInstance, table: UnsafePointer<al_data_v1>, handle: UnsafeMutableRawPointer?)]
  private var boxes: [Box] = []
  private let instruments: Int

  /// What one source is given.
  private final class Box {
    let feed: UnsafeMutablePointer<al_feed_v1>
    let source: String
    unowned let owner: LiveFeed

    init(_ owner: LiveFeed, _ source: String) {
      self.owner = owner
      self.source = source
      feed = .allocate(capacity: 1)
      feed.initialize(
        to: al_feed_v1(
          size: UInt32(MemoryLayout<al_feed_v1>.size), reserved: 0, ctx: nil,
          push: { context, batch in
            guard let context, let batch else { return AL_E_ARGUMENT }
            return Unmanaged<Box>.fromOpaque(context).takeUnretainedValue().push(batch.pointee)
          },
          health: { context, state, text in
            guard let context else { return }
            Unmanaged<Box>.fromOpaque(context).takeUnretainedValue().tell(state, text)
          }))
      feed.pointee.ctx = Unmanaged.passUnretained(self).toOpaque()
    }

    deinit { feed.deallocate() }

    private func push(_ batch: al_batch_v1) -> al_status {
      if batch.kind != AL_DATA_BARS { return AL_E_UNSUPPORTED }
      let arrived = al_monotonic_ns()
      for event in RecordedEvent.BarsEvent.moments(batch.bars, instruments: owner.instruments) {
        // Rather a moment less than a feed that waits for the loop; the loop says that it is behind.
        if !owner.inbox.post(.live(event, arrived: arrived), isFact: true) { return AL_E_STATE }
      }
      return AL_OK
    }

    private func tell(_ state: UInt32, _ text: al_str_v1) {
      _ = owner.inbox.post(.health(source, state, String(copying: text)), isFact: true)
    }
  }

  /// - Parameter instruments: how many there are; rows of others are left out.
  init(_ inbox: Inbox<TradeEvent>, instruments: Int) {
    self.inbox = inbox
    self.instruments = instruments
    subscriptions = []
  }

  /// Whether a source of the generation has a live side.
  static func isPossible(_ generation: Generation) -> Bool {
    generation.sources.contains { source in
      (try? source.instance.table(AL_INTERFACE_DATA, al_data_v1.self))?.pointee.subscribe != nil
    }
  }

  /// - Parameter interval: length of a bar, ns.
  func subscribe(_ generation: Generation, interval: Int64) throws(HostError) {
    for (instance, _) in generation.sources {
      do {
        guard let table = try instance.table(AL_INTERFACE_DATA, al_data_v1.self), let start = table.pointee.subscribe
        else { continue }
        let box = Box(self, instance.name)
        boxes.append(box)
        var handle: UnsafeMutableRawPointer?
        var failure: LoadError?
        CallMemory.with { memory in
          let symbols = memory.array(generation.instruments.map { memory.string($0.symbol) })
          var query = al_query_v1(
            size: UInt32(MemoryLayout<al_query_v1>.size), kind: AL_DATA_BARS, from_ns: 0, to_ns: 0,
            interval_ns: interval, n_symbols: UInt32(generation.instruments.count), reserved: 0, symbols: symbols,
            options_json: memory.string(""))
          failure = check(instance.name, "subscribing to bars") {
            start(instance.context, &query, box.feed, &handle, $0)
          }
        }
        if let failure { throw failure }
        subscriptions.append((instance, table, handle))
      } catch {
        throw HostError(.data, "\(error)")
      }
    }
  }

  /// After this nothing is pushed any more.
  func cancel() {
    for (instance, table, handle) in subscriptions {
      if let stop = table.pointee.unsubscribe {
        _ = check(instance.name, "unsubscribing") { stop(instance.context, handle, $0) }
      }
    }
    subscriptions = []
  }
}

extension RecordedEvent.BarsEvent {
  /// Rows of a batch, sorted by time, as one event a moment. A column that the source has not is the close, volume is nothing.
  static func moments(_ bars: al_bars_v1, instruments: Int) -> [RecordedEvent.BarsEvent] {
    var events: [RecordedEvent.BarsEvent] = []
    let all = AL_COLUMN_OPEN | AL_COLUMN_HIGH | AL_COLUMN_LOW | AL_COLUMN_CLOSE | AL_COLUMN_VOLUME
    guard let times = bars.ts, let closes = bars.close else { return [] }
    let names: UnsafePointer<UInt32>? = bars.instrument
    for row in 0..<Int(bars.n) {
      let instrument = names.map { $0[row] } ?? UInt32(row)
      guard instrument < instruments, closes[row] > 0 else { continue }
      if events.last?.ts != times[row] {
        events.append(
          RecordedEvent.BarsEvent(
            ts: times[row], flags: 0, instruments: [], columns: all, open: [], high: [], low: [], close: [], volume: [])
        )
      }
      let k = events.count - 1
      let close = closes[row]
      events[k].instruments.append(instrument)
      events[k].close.append(close)
      events[k].open.append(bars.open.map { $0[row] } ?? close)
      events[k].high.append(bars.high.map { $0[row] } ?? close)
      events[k].low.append(bars.low.map { $0[row] } ?? close)
      events[k].volume.append(bars.volume.map { $0[row] } ?? 0)
    }
    return events
  }
}
