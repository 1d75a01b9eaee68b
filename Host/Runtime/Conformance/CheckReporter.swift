import Glibc

/// How the process of a check tells the validator what it does and found: lines on a descriptor, each one word and a text.
final class CheckReporter: @unchecked Sendable {
  /// Below 0: nothing is written, the lines are kept.
  private let descriptor: Int32
  private(set) var lines: [String] = []

  init(descriptor: Int32) { self.descriptor = descriptor }

  func phase(_ text: String) { say("phase", text) }
  func say(_ word: String, _ text: String) {
    let line = "\(word) \(text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n"))"
    guard descriptor >= 0 else {
      lines.append(line)
      return
    }
    var bytes = Array((line + "\n").utf8)[...]
    while !bytes.isEmpty {
      let n = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      guard n > 0 else { return }
      bytes = bytes.dropFirst(n)
    }
  }
}

/// What a process of a check said, read back.
struct CheckTranscript: Sendable {
  var phase = ""
  var guardName: String?
  var result: (status: CheckStatus, reason: String)?
  /// Lines with other words, in order.
  var facts: [(word: String, text: String)] = []

  init(_ text: String) {
    for line in text.split(separator: "\n") {
      let word = String(line.prefix { $0 != " " })
      let rest = Self.unescaped(line.dropFirst(word.count + 1))
      switch word {
      case "phase": phase = rest
      case "guard": guardName = rest
      case "pass", "fail", "warn", "skip": if let status = CheckStatus(rawValue: word) { result = (status, rest) }
      default: facts.append((word, rest))
      }
    }
  }

  private static func unescaped(_ text: Substring) -> String {
    var out = ""
    var isEscaped = false
    for character in text {
      if isEscaped {
        out.append(character == "n" ? "\n" : character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        out.append(character)
      }
    }
    return out
  }
}
