import Glibc

/// Standard error and how it may look.
enum Console {
  static func error(_ text: String) {
    var line = text + "\n"
    line.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
  }

  /// Colours only for a terminal that did not decline them.
  static var hasColour: Bool { isatty(2) == 1 && getenv("NO_COLOR") == nil }
}
