/// Markup that is safe by construction: text and attribute values are escaped where they enter, and nothing else makes an `HTML`.
struct HTML {
  private(set) var markup: String

  /// Text, escaped. Control characters and direction overrides, which could hide or disguise what follows, become U+FFFD.
  init(_ text: String) { markup = Self.escape(text) }

  private init(markup: String) { self.markup = markup }

  static let empty = HTML(markup: "")

  var isEmpty: Bool { markup.isEmpty }

  /// Markup that is written out in this module's own source.
  static func literal(_ markup: StaticString) -> HTML { HTML(markup: markup.description) }

  /// In the order of the source; names are written out there, values are escaped.
  typealias Attributes = KeyValuePairs<StaticString, String>

  static func element(_ name: StaticString, _ attributes: Attributes = [:], _ children: [HTML]) -> HTML {
    var markup = open(name, attributes) + ">"
    for child in children { markup += child.markup }
    return HTML(markup: markup + "</\(name)>")
  }

  static func element(_ name: StaticString, _ attributes: Attributes = [:], _ text: String) -> HTML {
    element(name, attributes, [HTML(text)])
  }

  /// An SVG element without content, closed in itself.
  static func leaf(_ name: StaticString, _ attributes: Attributes) -> HTML {
    HTML(markup: open(name, attributes) + "/>")
  }

  private static func open(_ name: StaticString, _ attributes: Attributes) -> String {
    attributes.reduce("<\(name)") { $0 + " \($1.key)=\"\(escape($1.value))\"" }
  }

  static func joined(_ parts: [HTML], separator: StaticString = "") -> HTML {
    HTML(markup: parts.map(\.markup).joined(separator: separator.description))
  }

  static func + (a: HTML, b: HTML) -> HTML { HTML(markup: a.markup + b.markup) }

  static func += (a: inout HTML, b: HTML) { a.markup += b.markup }

  private static func escape(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(PlainText.isHarmless(scalar) ? scalar : "\u{FFFD}")
      }
    }
    return result
  }
}

/// Foreign text for a terminal or a page.
enum PlainText {
  /// False for control characters (line feed and tab aside), direction overrides and non-characters.
  static func isHarmless(_ scalar: UnicodeScalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A: true
    case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFDD0...0xFDEF: false
    default: scalar.value & 0xFFFE != 0xFFFE
    }
  }

  /// One line without anything a terminal would obey.
  static func line(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      let isBreak = scalar == "\n" || scalar == "\t"
      result.unicodeScalars.append(isBreak ? " " : isHarmless(scalar) ? scalar : "\u{FFFD}")
    }
    return result
  }
}
