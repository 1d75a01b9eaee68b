internal import CYaml

/// One parsing event of libyaml as a Swift value.
struct YAMLEvent {
  enum Kind {
    case streamStart, streamEnd, documentStart, documentEnd
    case alias(String)
    case scalar(text: String, isPlain: Bool)
    case sequenceStart, sequenceEnd, mappingStart, mappingEnd
  }

  var kind: Kind
  var location: SourceLocation
  var anchor: String?
  var tag: String?
}

/// Pulls events out of libyaml. Owns the C parser and the bytes it reads.
final class YAMLEventStream {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeMutableBufferPointer<UInt8>
  private let bytes: [UInt8]
  private let file: String

  /// - Parameter bytes: valid UTF-8.
  init?(bytes: [UInt8], file: String) {
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    guard yaml_parser_initialize(parser) == 1 else {
      parser.deallocate()
      return nil
    }
    self.parser = parser
    self.bytes = bytes
    self.file = file
    input = .allocate(capacity: max(1, bytes.count))
    _ = input.initialize(from: bytes)
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    input.deallocate()
  }

  /// - Throws: the syntax error at its place; the stream must not be used after it.
  func next() throws(ConfigurationIssue) -> YAMLEvent {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxError() }
    defer { yaml_event_delete(&event) }
    let location = location(event.start_mark)
    func made(_ kind: YAMLEvent.Kind, anchor: UnsafePointer<UInt8>? = nil, tag: UnsafePointer<UInt8>? = nil)
      -> YAMLEvent
    {
      YAMLEvent(
        kind: kind, location: location, anchor: anchor.map { String(cString: $0) }, tag: tag.map { String(cString: $0) }
      )
    }
    switch event.type {
    case YAML_STREAM_START_EVENT: return made(.streamStart)
    case YAML_DOCUMENT_START_EVENT: return made(.documentStart)
    case YAML_DOCUMENT_END_EVENT: return made(.documentEnd)
    case YAML_ALIAS_EVENT: return made(.alias(event.data.alias.anchor.map { String(cString: $0) } ?? ""))
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      return made(
        .scalar(text: text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE), anchor: scalar.anchor, tag: scalar.tag)
    case YAML_SEQUENCE_START_EVENT:
      return made(.sequenceStart, anchor: event.data.sequence_start.anchor, tag: event.data.sequence_start.tag)
    case YAML_SEQUENCE_END_EVENT: return made(.sequenceEnd)
    case YAML_MAPPING_START_EVENT:
      return made(.mappingStart, anchor: event.data.mapping_start.anchor, tag: event.data.mapping_start.tag)
    case YAML_MAPPING_END_EVENT: return made(.mappingEnd)
    default: return made(.streamEnd)
    }
  }

  private func location(_ mark: yaml_mark_t) -> SourceLocation {
    SourceLocation(file: file, line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }

  private func syntaxError() -> ConfigurationIssue {
    let failed = parser.pointee
    let problem = failed.problem.map { String(cString: $0) } ?? "cannot be read"
    if failed.error == YAML_MEMORY_ERROR {
      return ConfigurationIssue(SourceLocation(file: file, line: 1, column: 1), "out of memory while reading YAML")
    }
    // The reader stage knows a byte offset only; the later stages have marks.
    if failed.error == YAML_READER_ERROR {
      let place = SourceLocation.of(offset: Int(failed.problem_offset), in: bytes, file: file)
      return ConfigurationIssue(place, "not YAML: \(problem); delete the character")
    }
    let place = location(failed.problem_mark)
    if isTab(at: place) {
      return ConfigurationIssue(place, "not YAML: a tab where indentation is expected; indent with spaces")
    }
    var message = "not YAML: \(problem)"
    if let context = failed.context {
      message += " \(String(cString: context))"
      if failed.context_mark.line > 0 || failed.context_mark.column > 0 || failed.problem_mark.line > 0 {
        message += " that starts at \(failed.context_mark.line + 1):\(failed.context_mark.column + 1)"
      }
    }
    return ConfigurationIssue(place, message + "; check the indentation, colons, quotes and brackets here")
  }

  private func isTab(at place: SourceLocation) -> Bool {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard place.line <= lines.count else { return false }
    let scalars = String(decoding: lines[place.line - 1], as: UTF8.self).unicodeScalars.dropFirst(place.column - 1)
    return scalars.first == "\t"
  }
}
