import Glibc
import TWSProtocol

/// Everything that goes to the gateway goes through here: paced, cancels first, then orders, then data. A message that may
/// go at once is written on the caller's thread; what has to wait, or does not fit into the socket, is written by a thread.
final class Outbox: @unchecked Sendable {
  typealias Priority = Pacer.Priority

  enum Outcome {
    /// The whole message is with the system.
    case sent
    /// It waits; if the connection ends before its first byte is out, `end` gives its tag back.
    case queued
    /// There is no connection: no byte of it left.
    case refused
  }

  private struct Message {
    var bytes: [UInt8]
    var tag: Int64
    var messages: Int
  }

  private struct State {
    var socket: Socket?
    var pacer: Pacer
    var queues: [[Message]] = [[], [], []]
    /// Read positions in the queues.
    var heads = [0, 0, 0]
    /// What is left of a message that the socket took in part.
    var rest: ArraySlice<UInt8> = []
    var isStopped = false
    var written = 0

    mutating func count(_ messages: Int, _ now: Int64) {
      for _ in 0..<messages { pacer.take(now: now) }
      written += messages
    }

    var waiting: Int { queues.indices.reduce(0) { $0 + queues[$1].count - heads[$1] } }
  }

  private let monitor: Monitor<State>
  private let time: TimeSource
  private var worker: Worker?

  init(rate: Int, time: TimeSource) {
    self.time = time
    monitor = Monitor(State(pacer: Pacer(rate: rate)))
  }

  func start() { worker = Worker { [weak self] in self?.run() } }

  func stop() {
    monitor.update { $0.isStopped = true }
    worker?.join()
    worker = nil
  }

  /// Messages that were written in whole or in part.
  var written: Int { monitor.withLock { $0.written } }
  var waiting: Int { monitor.withLock { $0.waiting } }

  func begin(_ socket: Socket) { monitor.update { $0.socket = socket } }

  /// No byte is written any more. Gives the tags of the messages that were never begun; those with tag 0 are not told.
  func end() -> [(tag: Int64, messages: Int)] {
    monitor.update { state in
      state.socket = nil
      state.rest = []
      var tags: [(Int64, Int)] = []
      for index in state.queues.indices {
        tags += state.queues[index][state.heads[index]...].compactMap { $0.tag == 0 ? nil : ($0.tag, $0.messages) }
        state.queues[index].removeAll()
        state.heads[index] = 0
      }
      return tags
    }
  }

  /// Writes nothing for a second: the gateway counts too many.
  func hold() {
    let now = time.monotonic()
    monitor.withLock { $0.pacer.fill(now: now) }
  }

  /// - Parameters:
  ///   - frame: the message with its length before it.
  ///   - tag: given back by `end` when no byte of the message went out; 0: not.
  ///   - messages: how many messages the bytes are.
  func send(_ frame: [UInt8], _ priority: Priority, tag: Int64 = 0, messages: Int = 1) -> Outcome {
    let now = time.monotonic()
    var mustWake = false
    let outcome: Outcome = monitor.withLock { state in
      guard let socket = state.socket else { return .refused }
      let isFirst =
        state.rest.isEmpty && (0...priority.rawValue).allSatisfy { state.queues[$0].count == state.heads[$0] }
      if isFirst, state.pacer.delay(priority, now: now) == 0 {
        return begin(Message(bytes: frame, tag: tag, messages: messages), on: socket, &state, now: now, &mustWake)
      }
      state.queues[priority.rawValue].append(Message(bytes: frame, tag: tag, messages: messages))
      mustWake = true
      return .queued
    }
    if mustWake { monitor.update { _ in } }
    return outcome
  }

  private func begin(
    _ message: Message, on socket: Socket, _ state: inout State, now: Int64, _ mustWake: inout Bool
  ) -> Outcome {
    var count = 0
    switch message.bytes.withUnsafeBytes({ socket.write($0) }) {
    case .bytes(let written): count = written
    case .wouldBlock: break
    case .ended:
      state.socket = nil
      socket.shutDown()
      return .refused
    }
    state.count(message.messages, now)
    if count < message.bytes.count {
      state.rest = message.bytes[count...]
      mustWake = true
    }
    return .sent
  }

  private enum Step {
    case end
    case poll(Socket)
    case sleep(until: Int64)
    case go
  }

  private func run() {
    while true {
      let step: Step? = monitor.wait(until: nil) { state in
        if state.isStopped { return .end }
        guard let socket = state.socket, !state.rest.isEmpty || state.waiting > 0 else { return nil }
        return write(on: socket, &state)
      }
      switch step {
      case .end, nil: return
      case .poll(let socket): _ = socket.wait(for: POLLOUT, milliseconds: 50)
      case .sleep(let deadline):
        // A more urgent message may come in the meantime and be allowed sooner.
        _ = monitor.wait(until: min(deadline, time.monotonic() + 20_000_000)) { $0.isStopped ? true : nil }
      case .go: continue
      }
    }
  }

  /// Writes the rest of the last message, or begins the most urgent one that may go.
  private func write(on socket: Socket, _ state: inout State) -> Step {
    if !state.rest.isEmpty {
      switch state.rest.withUnsafeBytes({ socket.write($0) }) {
      case .bytes(let count):
        state.rest = state.rest.dropFirst(count)
        return .go
      case .wouldBlock: return .poll(socket)
      case .ended:
        state.socket = nil
        socket.shutDown()
        return .go
      }
    }
    let now = time.monotonic()
    var soonest = Int64.max
    for priority in Priority.allCases {
      let index = priority.rawValue
      guard state.heads[index] < state.queues[index].count else { continue }
      let delay = state.pacer.delay(priority, now: now)
      guard delay == 0 else {
        soonest = min(soonest, now + delay)
        continue
      }
      let message = state.queues[index][state.heads[index]]
      state.rest = message.bytes[...]
      state.count(message.messages, now)
      state.heads[index] += 1
      if state.heads[index] == state.queues[index].count || state.heads[index] > 1024 {
        state.queues[index].removeFirst(state.heads[index])
        state.heads[index] = 0
      }
      return .go
    }
    return .sleep(until: soonest)
  }
}
