import Glibc

/// Standard error and how it may look.
enum Console {
  static func error(_ text: String) { write("alphaloop: " + text) }
  static func warn(_ text: String) { write("warning: " + text) }
  static func note(_ text: String) { write(text) }

  /// Texts of files and plugins stand in messages: what would steer a terminal is shown as a question mark.
  private static func write(_ text: String) {
    var line = ""
    for scalar in text.unicodeScalars { line.unicodeScalars.append(steersTerminal(scalar) ? "?" : scalar) }
    line += "\n"
    line.withUTF8 { _ = Glibc.write(2, $0.baseAddress, $0.count) }
  }

  private static func steersTerminal(_ scalar: Unicode.Scalar) -> Bool {
    (scalar.value < 0x20 && scalar != "\n" && scalar != "\t") || (0x7f..<0xa0).contains(scalar.value)
  }

  /// Writes bytes to standard output; a closed pipe ends the process as `head` expects, anything else with its reason.
  static func out(_ bytes: [UInt8]) {
    var done = 0
    while done < bytes.count {
      let n = bytes.withUnsafeBytes { Glibc.write(1, $0.baseAddress.map { $0 + done }, bytes.count - done) }
      if n <= 0 {
        let code = errno
        if code == EINTR { continue }
        if code != EPIPE { error("standard output cannot be written: \(String(cString: strerror(code)))") }
        exit(code == EPIPE ? 1 : 4)
      }
      done += n
    }
  }

  static func out(_ text: String) { out(Array((text + "\n").utf8)) }
}

/// A table for people: columns padded, two spaces between.
func table(_ rows: [[String]]) -> String {
  guard let first = rows.first else { return "" }
  let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
  return rows.map { row in
    var line = ""
    for (i, cell) in row.enumerated() {
      line += i + 1 == row.count ? cell : cell + String(repeating: " ", count: widths[i] - cell.count + 2)
    }
    return line
  }.joined(separator: "\n")
}
