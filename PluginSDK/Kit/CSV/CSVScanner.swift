/// Splits delimited text into records and fields without copying (RFC 4180; LF, CRLF or a lone CR end a line; a byte
/// order mark is skipped; empty lines are ignored).
///
/// A field is a range of the scanned bytes. A quoted field keeps its inner quotes doubled; `text(of:)` undoes that.
struct CSVScanner {
  struct Field {
    var start: Int
    var end: Int
    /// The field holds doubled quotes that `text(of:)` must halve.
    var isEscaped = false
  }

  /// What is wrong with the shape of a record.
  enum Malformation: Error, Equatable {
    case unterminatedQuote(line: Int)
    case textAfterQuote(line: Int)
  }

  let bytes: UnsafeRawBufferPointer
  let delimiter: UInt8
  /// The fields of the record read last.
  private(set) var fields: [Field] = []
  /// The line, from 1, on which that record starts.
  private(set) var line = 0
  private var position: Int
  private var nextLine = 1

  init(bytes: UnsafeRawBufferPointer, delimiter: UInt8) {
    self.bytes = bytes
    self.delimiter = delimiter
    position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    fields.reserveCapacity(64)
  }

  /// Reads the next record into `fields`; false at the end of the text.
  ///
  /// After a malformation the scanner stands behind the line it was found on, so that a caller may go on.
  mutating func next() throws(Malformation) -> Bool {
    while position < bytes.count, bytes[position] == lineFeed || bytes[position] == carriageReturn { endLine() }
    guard position < bytes.count else { return false }
    fields.removeAll(keepingCapacity: true)
    line = nextLine
    while true {
      if position < bytes.count, bytes[position] == quote {
        try readQuoted()
      } else {
        readPlain()
      }
      guard position < bytes.count else { return true }
      if bytes[position] == delimiter {
        position += 1
        continue
      }
      endLine()
      return true
    }
  }

  private mutating func readPlain() {
    let start = position
    var end = position
    while end < bytes.count {
      let byte = bytes[end]
      if byte == delimiter || byte == lineFeed || byte == carriageReturn { break }
      end += 1
    }
    position = end
    fields.append(Field(start: start, end: end))
  }

  private mutating func readQuoted() throws(Malformation) {
    let opened = nextLine
    let start = position + 1
    var isEscaped = false
    position = start
    while position < bytes.count {
      let byte = bytes[position]
      if byte == quote {
        if position + 1 < bytes.count, bytes[position + 1] == quote {
          isEscaped = true
          position += 2
          continue
        }
        fields.append(Field(start: start, end: position, isEscaped: isEscaped))
        position += 1
        let isEnd =
          position == bytes.count || bytes[position] == delimiter || bytes[position] == lineFeed
          || bytes[position] == carriageReturn
        guard isEnd else {
          skipLine()
          throw .textAfterQuote(line: opened)
        }
        return
      }
      if byte == lineFeed { nextLine += 1 }
      position += 1
    }
    throw .unterminatedQuote(line: opened)
  }

  private mutating func endLine() {
    if bytes[position] == carriageReturn, position + 1 < bytes.count, bytes[position + 1] == lineFeed { position += 1 }
    position += 1
    nextLine += 1
  }

  private mutating func skipLine() {
    while position < bytes.count, bytes[position] != lineFeed { position += 1 }
    if position < bytes.count { endLine() }
  }

  /// A field's bytes without surrounding blanks.
  @inline(__always)
  func trimmed(_ field: Field) -> UnsafeRawBufferPointer {
    var start = field.start
    var end = field.end
    while start < end, bytes[start] == space || bytes[start] == tab { start += 1 }
    while end > start, bytes[end - 1] == space || bytes[end - 1] == tab { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
  }

  /// A field as text, without surrounding blanks; bytes that are not UTF-8 become the replacement character.
  func text(of field: Field) -> String {
    let text = String(decoding: trimmed(field), as: UTF8.self)
    guard field.isEscaped else { return text }
    var halved: [UInt8] = []
    var isSecond = false
    for byte in text.utf8 {
      if byte == quote && !isSecond {
        isSecond = true
        continue
      }
      isSecond = false
      halved.append(byte)
    }
    return String(decoding: halved, as: UTF8.self)
  }
}

let lineFeed = UInt8(ascii: "\n")
let carriageReturn = UInt8(ascii: "\r")
let quote = UInt8(ascii: "\"")
let space = UInt8(ascii: " ")
let tab = UInt8(ascii: "\t")
