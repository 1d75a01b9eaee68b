import Synchronization

/// Commands from other threads to the one of the gateway, with their answers.
final class Mailbox: Sendable {
  struct Letter: Sendable {
    var line: String
    var answer: @Sendable (String) -> Void
  }
  private let letters = Mutex<[Letter]>([])
  private let stopping = Atomic<Bool>(false)
  /// Readable when there is something to do.
  let signal: Signal

  init() throws(GatewayError) { signal = try Signal() }

  var isStopping: Bool { stopping.load(ordering: .acquiring) }

  func stop() {
    stopping.store(true, ordering: .releasing)
    signal.raise()
  }

  func post(_ letter: Letter) {
    letters.withLock { $0.append(letter) }
    signal.raise()
  }

  func take() -> [Letter] {
    letters.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
  }
}
