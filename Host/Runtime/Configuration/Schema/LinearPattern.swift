/// A regular expression matched in time proportional to the text: a row of single-character atoms with quantifiers.
///
/// JSON Schema allows all of ECMA-262, whose backtracking lets one pattern hang the host. This is the part parameters
/// need: literals, `.`, classes, `\d \w \s`, `* + ? {m,n}`, and `^ $` at the ends. Groups, alternation, references
/// and look-around are refused when the schema is read. Matching keeps a set of states (K. Thompson, "Regular
/// expression search algorithm", CACM 11(6), 1968).
struct LinearPattern: Sendable {
  private enum Repeat: Sendable { case once, optional, any }

  private struct Element: Sendable {
    var characters: CharacterRanges
    var count: Repeat
  }

  private var elements: [Element] = []
  private var isAnchoredAtStart = false
  private var isAnchoredAtEnd = false

  /// Elements a pattern may expand to, which bounds the work a character costs.
  private static let elementLimit = 512

  /// Why a pattern is refused.
  struct Refusal: Error, Equatable {
    var message: String
  }

  init(_ pattern: String) throws(Refusal) {
    var rest = Array(pattern.unicodeScalars)[...]
    if rest.first == "^" {
      isAnchoredAtStart = true
      rest = rest.dropFirst()
    }
    while let scalar = rest.first {
      if scalar == "$", rest.count == 1 {
        isAnchoredAtEnd = true
        break
      }
      let characters = try CharacterRanges.atom(&rest)
      let (low, high) = try Self.quantifier(&rest)
      guard elements.count + max(low, high ?? 0) < Self.elementLimit else {
        throw Refusal(message: "repeats too often; stay under \(Self.elementLimit) characters")
      }
      for _ in 0..<low { elements.append(Element(characters: characters, count: .once)) }
      if let high {
        for _ in low..<high { elements.append(Element(characters: characters, count: .optional)) }
      } else {
        elements.append(Element(characters: characters, count: .any))
      }
    }
  }

  private static func quantifier(_ rest: inout ArraySlice<Unicode.Scalar>) throws(Refusal) -> (Int, Int?) {
    let bounds: (Int, Int?)
    switch rest.first {
    case "*": bounds = (0, nil)
    case "+": bounds = (1, nil)
    case "?": bounds = (0, 1)
    case "{":
      guard let close = rest.firstIndex(of: "}") else {
        throw Refusal(message: "'{' without '}'; write \\{ for the character")
      }
      let inside = String(String.UnicodeScalarView(rest[rest.startIndex..<close].dropFirst()))
      let parts = inside.split(separator: ",", omittingEmptySubsequences: false)
      guard parts.count <= 2, let low = Int(parts[0]), (0...elementLimit).contains(low) else {
        throw Refusal(message: "'{\(inside)}' is not a count; write {m}, {m,} or {m,n}")
      }
      var high: Int? = low
      if parts.count == 2 {
        high = parts[1].isEmpty ? nil : Int(parts[1])
        guard parts[1].isEmpty || (low...elementLimit).contains(high ?? -1) else {
          throw Refusal(message: "'{\(inside)}' is not a count; write {m}, {m,} or {m,n}")
        }
      }
      rest = rest[rest.index(after: close)...]
      try refuseSecondQuantifier(rest)
      return (low, high)
    default: return (1, 1)
    }
    rest = rest.dropFirst()
    try refuseSecondQuantifier(rest)
    return bounds
  }

  private static func refuseSecondQuantifier(_ rest: ArraySlice<Unicode.Scalar>) throws(Refusal) {
    if let next = rest.first, "*+?{".unicodeScalars.contains(next) {
      throw Refusal(message: "two quantifiers in a row; lazy and possessive forms are not supported")
    }
  }

  /// Whether the pattern occurs in the text, as JSON Schema means it: anywhere, unless anchored.
  func matches(_ text: String) -> Bool {
    var states = [Bool](repeating: false, count: elements.count + 1)
    states[0] = true
    close(&states)
    if !isAnchoredAtEnd, states[elements.count] { return true }
    for scalar in text.unicodeScalars {
      var next = [Bool](repeating: false, count: elements.count + 1)
      for (index, element) in elements.enumerated() where states[index] && element.characters.contains(scalar) {
        next[element.count == .any ? index : index + 1] = true
      }
      if !isAnchoredAtStart { next[0] = true }
      close(&next)
      states = next
      if !isAnchoredAtEnd, states[elements.count] { return true }
    }
    return states[elements.count]
  }

  private func close(_ states: inout [Bool]) {
    for (index, element) in elements.enumerated() where states[index] && element.count != .once {
      states[index + 1] = true
    }
  }
}

/// A set of characters as ranges, possibly negated.
private struct CharacterRanges: Sendable {
  var ranges: [ClosedRange<Unicode.Scalar>] = []
  var isNegated = false

  func contains(_ scalar: Unicode.Scalar) -> Bool { ranges.contains { $0.contains(scalar) } != isNegated }

  static let digit = CharacterRanges(ranges: ["0"..."9"])
  static let word = CharacterRanges(ranges: ["a"..."z", "A"..."Z", "0"..."9", "_"..."_"])
  static let space = CharacterRanges(ranges: [
    "\t"..."\r", " "..." ", "\u{A0}"..."\u{A0}", "\u{1680}"..."\u{1680}", "\u{2000}"..."\u{200A}",
    "\u{2028}"..."\u{2029}", "\u{202F}"..."\u{202F}", "\u{205F}"..."\u{205F}", "\u{3000}"..."\u{3000}",
    "\u{FEFF}"..."\u{FEFF}",
  ])
  static let anyButLineEnd = CharacterRanges(
    ranges: ["\n"..."\n", "\r"..."\r", "\u{2028}"..."\u{2029}"], isNegated: true)

  /// Takes one atom off the front of a pattern.
  static func atom(_ rest: inout ArraySlice<Unicode.Scalar>) throws(LinearPattern.Refusal) -> CharacterRanges {
    let scalar = rest.removeFirst()
    switch scalar {
    case ".": return anyButLineEnd
    case "[": return try characterClass(&rest)
    case "\\": return try escape(&rest)
    case "(", ")", "|":
      throw LinearPattern.Refusal(
        message: "groups and alternatives are not supported; use enum, anyOf or several patterns")
    case "*", "+", "?", "{", "}", "]":
      throw LinearPattern.Refusal(
        message: "'\(scalar)' has nothing to repeat or close; write \\\(scalar) for the character")
    case "^", "$":
      throw LinearPattern.Refusal(message: "'\(scalar)' stands at the ends only; write \\\(scalar) for the character")
    default: return CharacterRanges(ranges: [scalar...scalar])
    }
  }

  private static func escape(
    _ rest: inout ArraySlice<Unicode.Scalar>
  ) throws(LinearPattern.Refusal) -> CharacterRanges {
    guard let scalar = rest.popFirst() else { throw LinearPattern.Refusal(message: "'\\' at the end escapes nothing") }
    switch scalar {
    case "d": return digit
    case "D": return CharacterRanges(ranges: digit.ranges, isNegated: true)
    case "w": return word
    case "W": return CharacterRanges(ranges: word.ranges, isNegated: true)
    case "s": return space
    case "S": return CharacterRanges(ranges: space.ranges, isNegated: true)
    case "t": return CharacterRanges(ranges: ["\t"..."\t"])
    case "n": return CharacterRanges(ranges: ["\n"..."\n"])
    case "r": return CharacterRanges(ranges: ["\r"..."\r"])
    default:
      guard scalar.isASCII, !word.contains(scalar) else {
        throw LinearPattern.Refusal(message: "the escape '\\\(scalar)' is not supported")
      }
      return CharacterRanges(ranges: [scalar...scalar])
    }
  }

  private static func characterClass(
    _ rest: inout ArraySlice<Unicode.Scalar>
  ) throws(LinearPattern.Refusal) -> CharacterRanges {
    var found = CharacterRanges()
    if rest.first == "^" {
      found.isNegated = true
      rest = rest.dropFirst()
    }
    while let scalar = rest.popFirst() {
      if scalar == "]" {
        guard !found.ranges.isEmpty else { throw LinearPattern.Refusal(message: "an empty class '[]' matches nothing") }
        return found
      }
      let low = scalar == "\\" ? try escape(&rest) : CharacterRanges(ranges: [scalar...scalar])
      guard !low.isNegated else {
        throw LinearPattern.Refusal(message: "\\D, \\W and \\S inside a class are not supported; use [^...]")
      }
      guard rest.first == "-", rest.count > 1, rest[rest.startIndex + 1] != "]" else {
        found.ranges += low.ranges
        continue
      }
      rest = rest.dropFirst()
      let top = rest.removeFirst()
      let high = top == "\\" ? try escape(&rest) : CharacterRanges(ranges: [top...top])
      guard let from = low.ranges.first?.lowerBound, let to = high.ranges.first?.upperBound, low.isSingle,
        high.isSingle, !high.isNegated, from <= to
      else { throw LinearPattern.Refusal(message: "a range in a class runs from a character to a later one") }
      found.ranges.append(from...to)
    }
    throw LinearPattern.Refusal(message: "'[' without ']'; write \\[ for the character")
  }

  private var isSingle: Bool { ranges.count == 1 && ranges[0].lowerBound == ranges[0].upperBound }
}
