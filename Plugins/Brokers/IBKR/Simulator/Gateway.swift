import Glibc
import Synchronization

/// A simulated gateway: listens on the loopback interface and speaks the TWS protocol from the server's side, with a market
/// and an order book of its own. One thread does everything.
public final class Gateway: Sendable {
  /// Where it listens.
  public let port: UInt16
  private let mailbox: Mailbox
  private let thread: Mutex<pthread_t?>

  /// Listens, and serves from now on.
  ///
  /// - Throws: ``GatewayError`` when the port, a file or the weather is not to be had.
  public init(_ options: GatewayOptions) throws(GatewayError) {
    mailbox = try Mailbox()
    let loop = try EventLoop(options, mailbox)
    port = loop.port
    var made = pthread_t()
    let status = pthread_create(
      &made, nil,
      { raw in
        raw.map { Unmanaged<EventLoop>.fromOpaque($0).takeRetainedValue().run() }
        return nil
      }, Unmanaged.passRetained(loop).toOpaque())
    guard status == 0 else { throw GatewayError("thread: \(String(cString: strerror(status)))") }
    thread = Mutex(made)
  }

  deinit { stop() }

  /// Ends the thread and every connection. Returns when they are gone.
  public func stop() {
    mailbox.stop()
    thread.withLock { running in
      if let made = running { pthread_join(made, nil) }
      running = nil
    }
  }

  /// Carries out a command of the control channel, a JSON object, and gives its answer; nothing after ``stop()``.
  @discardableResult
  public func command(_ line: String) -> String {
    guard !mailbox.isStopping, let box = try? AnswerBox() else { return "" }
    mailbox.post(
      Mailbox.Letter(line: line) { text in
        box.text.withLock { $0 = text }
        box.signal.raise()
      })
    box.signal.wait()
    return box.text.withLock { $0 }
  }
}

private final class AnswerBox: Sendable {
  let text = Mutex("")
  let signal: Signal
  init() throws(GatewayError) { signal = try Signal() }
}
