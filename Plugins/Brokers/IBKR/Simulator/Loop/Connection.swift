import Glibc
import TWSProtocol

/// One accepted socket: bytes in, bytes out, and the weather on the way out.
final class Connection {
  let file: Int32
  let number: Int
  private var splitter = FrameSplitter()
  private enum Stage { case prefix, announcement, messages }
  private var stage = Stage.prefix
  private var prefixSeen = 0
  var version: ServerVersion?
  private var output: [UInt8] = []
  private var sent = 0
  /// Closes when everything is out.
  var closesAfterOutput = false

  /// At most so many bytes in one write, and the nanoseconds between two writes.
  var pieceSize = Int.max
  var pieceDelay: Int64 = 0
  private var nextPieceAt: Int64 = 0
  /// The connection breaks when so many more bytes are out.
  var bytesToBreak: Int?

  init(_ file: Int32, _ number: Int) { (self.file, self.number) = (file, number) }

  deinit { close(file) }

  var wantsToWrite: Bool { sent < output.count }

  /// When the next piece may go; nil: there is none, or it may go now.
  func waitsUntil(_ now: Int64) -> Int64? { wantsToWrite && nextPieceAt > now ? nextPieceAt : nil }

  // MARK: In

  enum Incoming {
    case greeting(ClientGreeting)
    case payload(ArraySlice<UInt8>)
  }

  /// Reads what is there, and hands on what is whole; `take` answers false to end the connection. False: it is over.
  func read(_ take: (Incoming) -> Bool) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = Glibc.read(file, &buffer, buffer.count)
    if count < 0 { return errno == EAGAIN || errno == EINTR }
    guard count > 0, feed(buffer[..<count]) else { return false }
    do {
      while let payload = try splitter.next() {
        if stage == .messages {
          if !take(.payload(payload)) { return false }
        } else {
          stage = .messages
          if !take(.greeting(try ClientGreeting(payload))) { return false }
        }
      }
      return true
    } catch {
      return false
    }
  }

  /// The prefix of the greeting comes off first. False: it is another one.
  private func feed(_ bytes: ArraySlice<UInt8>) -> Bool {
    var bytes = bytes
    if stage == .prefix {
      let expected = ClientGreeting.prefix.dropFirst(prefixSeen)
      let seen = min(bytes.count, expected.count)
      guard bytes.prefix(seen).elementsEqual(expected.prefix(seen)) else { return false }
      bytes = bytes.dropFirst(seen)
      prefixSeen += seen
      if prefixSeen == ClientGreeting.prefix.count { stage = .announcement }
    }
    splitter.feed(bytes)
    return true
  }

  // MARK: Out

  func queue(_ bytes: [UInt8]) { output += bytes }

  /// Writes what may be written. False: the connection is over.
  func flush(_ now: Int64) -> Bool {
    while wantsToWrite, nextPieceAt <= now {
      var count = min(output.count - sent, pieceSize)
      if let left = bytesToBreak { count = min(count, left) }
      if count == 0 { return false }
      let n = output.withUnsafeBytes { send(file, $0.baseAddress.map { $0 + sent }, count, Int32(MSG_NOSIGNAL)) }
      if n < 0 { return errno == EAGAIN || errno == EINTR }
      sent += n
      if let left = bytesToBreak { bytesToBreak = left - n }
      if pieceDelay > 0 { nextPieceAt = now + pieceDelay }
    }
    if sent == output.count {
      output.removeAll(keepingCapacity: output.count < 1 << 20)
      sent = 0
    } else if sent > 1 << 20 {
      output.removeFirst(sent)
      sent = 0
    }
    return bytesToBreak != 0 && !(closesAfterOutput && !wantsToWrite)
  }
}
