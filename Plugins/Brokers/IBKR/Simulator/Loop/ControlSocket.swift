import Glibc

/// A Unix socket that takes commands, a JSON object a line, and answers each with a line.
final class ControlSocket {
  private final class Peer {
    let file: Int32
    var held: [UInt8] = []
    init(_ file: Int32) { self.file = file }
    deinit { close(file) }
  }
  private static let longestLine = 1 << 16

  private let path: String
  private let listener: Int32
  private var peers: [Peer] = []

  init(_ path: String) throws(GatewayError) {
    self.path = path
    listener = try Sockets.listen(path: path)
  }

  deinit {
    close(listener)
    unlink(path)
  }

  var files: [Int32] { [listener] + peers.map(\.file) }

  func serve(_ carryOut: (String) -> String) {
    while let file = Sockets.accept(listener) { peers.append(Peer(file)) }
    peers.removeAll { !serve($0, carryOut) }
  }

  private func serve(_ peer: Peer, _ carryOut: (String) -> String) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(peer.file, &buffer, buffer.count)
    if count < 0 { return errno == EAGAIN || errno == EINTR }
    if count == 0 { return false }
    peer.held += buffer[..<count]
    while let end = peer.held.firstIndex(of: 0x0A) {
      var answer = carryOut(String(decoding: peer.held[..<end], as: UTF8.self)) + "\n"
      peer.held.removeSubrange(...end)
      let isSent = answer.withUTF8 { write(peer.file, $0.baseAddress, $0.count) == $0.count }
      if !isSent { return false }
    }
    return peer.held.count <= Self.longestLine
  }
}
