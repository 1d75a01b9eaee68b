import TWSProtocol

/// The streams of a connection, by the ids that they have on it.
final class StreamTable: @unchecked Sendable {
  private struct State {
    var all: [DataStream] = []
    var byId: [Int32: DataStream] = [:]
    var dirty: [DataStream] = []
  }

  private let monitor = Monitor(State())
  private let time: TimeSource

  init(time: TimeSource) { self.time = time }

  var isEmpty: Bool { monitor.withLock { $0.all.isEmpty } }

  func add(_ stream: DataStream) {
    monitor.withLock { state in
      stream.phase = .waiting(since: time.monotonic())
      state.all.append(stream)
    }
  }

  /// The id to cancel, when it was asked for.
  func remove(_ stream: DataStream) -> Int32? {
    monitor.withLock { state in
      state.all.removeAll { $0 === stream }
      state.byId[stream.reqId] = nil
      defer { stream.reqId = 0 }
      switch stream.phase {
      case .asked, .doubted: return stream.reqId
      default: return nil
      }
    }
  }

  /// Gives a message to the stream that it belongs to. True when nobody else can want it.
  func offer(_ response: Response) -> Bool {
    let stream: DataStream? = monitor.withLock { state in
      guard !state.all.isEmpty else { return nil }
      let found: DataStream?
      if let id = response.requestId {
        found = state.byId[id]
      } else if let lane = response.lane {
        found = state.all.first { $0.lane == lane }
      } else {
        found = nil
      }
      guard let found else { return nil }
      if case .doubted = found.phase { found.phase = .asked }
      if !found.isDirty {
        found.isDirty = true
        state.dirty.append(found)
      }
      return found
    }
    guard let stream else { return false }
    stream.handler(.message(response))
    return stream.lane == nil
  }

  /// Tells the streams that got messages that these were all for now.
  func pause() {
    let dirty = monitor.withLock { state in
      defer { state.dirty.removeAll(keepingCapacity: true) }
      for stream in state.dirty { stream.isDirty = false }
      return state.dirty
    }
    for stream in dirty { stream.handler(.pause) }
  }

  /// Lets streams of bars see whether time alone made a bar final.
  func tick() {
    let bars = monitor.withLock { state in state.all.filter { if case .bars = $0.source { true } else { false } } }
    for stream in bars { stream.handler(.pause) }
  }

  /// The connection is gone and with it every id. All are asked for again when there is one.
  func lost(_ reason: String) {
    let told = monitor.withLock { state in
      state.byId.removeAll()
      return state.all.filter { stream in
        if case .failed = stream.phase { return false }
        defer { stream.phase = .waiting(since: 0) }
        stream.reqId = 0
        return stream.phase == .asked || stream.isDoubted
      }
    }
    for stream in told { stream.handler(.lost(reason)) }
  }

  /// Every stream is to be asked for again; those to cancel first, with their ids.
  func askAgain(_ reason: String) -> [(DataStream, Int32)] {
    let stale = monitor.withLock { state in
      state.all.compactMap { stream -> (DataStream, Int32)? in
        guard stream.phase == .asked || stream.isDoubted else { return nil }
        defer { stream.reqId = 0 }
        state.byId[stream.reqId] = nil
        stream.phase = .waiting(since: 0)
        return (stream, stream.reqId)
      }
    }
    for (stream, _) in stale { stream.handler(.lost(reason)) }
    return stale
  }

  /// Whoever gives nothing until then is asked for again.
  func doubt(until deadline: Int64) {
    monitor.withLock { state in
      for stream in state.all where stream.phase == .asked { stream.phase = .doubted(until: deadline) }
    }
  }

  /// Streams whose time of doubt is over, with their ids; they are to be cancelled, and are asked for again.
  func silent(now: Int64) -> [(DataStream, Int32)] {
    let stale = monitor.withLock { state in
      state.all.compactMap { stream -> (DataStream, Int32)? in
        guard case .doubted(let deadline) = stream.phase, now > deadline else { return nil }
        defer { stream.reqId = 0 }
        state.byId[stream.reqId] = nil
        stream.phase = .waiting(since: now)
        return (stream, stream.reqId)
      }
    }
    for (stream, _) in stale { stream.handler(.lost("silent behind a restored link")) }
    return stale
  }

  /// Streams that may be asked for now.
  func due(now: Int64) -> [DataStream] {
    monitor.withLock { state in
      state.all.filter { if case .waiting(let since) = $0.phase { since <= now } else { false } }
    }
  }

  func postpone(_ stream: DataStream, until moment: Int64) {
    monitor.withLock { state in
      state.byId[stream.reqId] = nil
      stream.reqId = 0
      stream.phase = .waiting(since: moment)
    }
  }

  /// False when it was removed in the meantime, or somebody else asks for it.
  func asked(_ stream: DataStream, id: Int32) -> Bool {
    monitor.withLock { state in
      guard case .waiting = stream.phase, state.all.contains(where: { $0 === stream }) else { return false }
      stream.reqId = id
      stream.phase = .asked
      state.byId[id] = stream
      return true
    }
  }

  func stream(_ id: Int32) -> DataStream? { monitor.withLock { $0.byId[id] } }

  func fail(_ stream: DataStream, _ error: IBKRError) {
    monitor.withLock { state in
      state.byId[stream.reqId] = nil
      stream.reqId = 0
      stream.phase = .failed(error.message)
    }
    stream.handler(.failed(error))
  }

  /// How many are wanted, and how many of them run.
  var counts: (wanted: Int, running: Int) {
    monitor.withLock { state in
      (state.all.count, state.all.count { $0.phase == .asked || $0.isDoubted })
    }
  }
}

extension DataStream {
  var isDoubted: Bool { if case .doubted = phase { true } else { false } }
}
