import AlphaLoopRuntime
import ArgumentParser

struct ReplayVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Run a recorded session again and prove the same decisions, byte for byte.")
  @OptionGroup var configurationOptions: ConfigurationOptions
  @Argument(help: "Session id, or last.") var session = "last"
  @Flag(name: .long, help: "Print JSON.") var json = false

  func run() throws {
    let reader = try SessionReader(session: session, folder: try configurationOptions.journalFolder())
    let result = try Replay(reader).run()
    let id = String(reader.header.session, radix: 16)
    if json {
      let object: JSONValue = [
        "session": .string(id), "identical": .bool(result.difference == nil), "events": .integer(Int64(result.events)),
        "records": .integer(Int64(result.records)), "reloads": .integer(Int64(result.reloads)),
        "outcomes": .integer(Int64(result.outcomes)), "difference": result.difference.map { .string($0) } ?? .null,
        "notes": .array(result.notes.map { .string($0) }),
      ]
      Console.out(object.text)
    } else {
      for note in result.notes { Console.note("note: \(note)") }
      if let difference = result.difference {
        Console.out("session \(id): the first difference is at \(difference)")
      } else {
        Console.out(
          "session \(id): \(result.records) records of \(result.events) inputs replayed, identical byte for byte"
            + Self.extent(result))
      }
    }
    if result.difference != nil { throw ExitCode(1) }
  }

  private static func extent(_ result: Replay.Result) -> String {
    var parts: [String] = []
    if result.reloads > 0 { parts.append("\(result.reloads) reload\(result.reloads == 1 ? "" : "s")") }
    if result.outcomes > 0 {
      parts.append("\(result.outcomes) call\(result.outcomes == 1 ? "" : "s") that met a failed worker")
    }
    return parts.isEmpty ? "" : ", through " + parts.joined(separator: " and ")
  }
}

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print a recorded session canonically: the same session gives the same bytes.",
    discussion: """
      A header, then one line a record in the order in which they were written down: what came in, what the agents said,
      orders and what became of them. With --json every line is an object: `record` names its kind, the other members are
      the words of the text. Money, prices and quantities are texts, since they are exact.
      """)
  @OptionGroup var configurationOptions: ConfigurationOptions
  @Argument(help: "Session id, or last.") var session = "last"
  @Flag(name: .long, help: "Print JSON lines, one record a line.") var json = false
  @Flag(name: .long, help: "Print the run document (JSON) that reports are made from.") var document = false

  func run() throws {
    let reader = try SessionReader(session: session, folder: try configurationOptions.journalFolder())
    if document {
      Console.out(try reader.document())
      return
    }
    var text =
      json ? CanonicalExport.headerObject(reader.header).text + "\n" : CanonicalExport.header(reader.header)
    try reader.export { record in
      text += json ? record.json.text : record.text
      text += "\n"
      if text.utf8.count > 1 << 16 {
        Console.out(Array(text.utf8))
        text = ""
      }
    }
    Console.out(Array(text.utf8))
  }
}

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Write the HTML report of a recorded session.")
  @OptionGroup var configurationOptions: ConfigurationOptions
  @Argument(help: "Session id, or last.") var session = "last"
  @Option(name: .shortAndLong, help: "Where to write it (default report-SESSION.html).") var output: String?
  @Option(name: .long, help: "Make it from this run document instead of a session.") var document: String?
  @Flag(name: .long, help: "Print one JSON line.") var json = false

  func run() throws {
    if let output { try checkWritable(output) }
    let configuration = try configurationOptions.load()
    let bytes: [UInt8]
    var name = "report"
    if let document {
      guard let read = readFile(document) else { throw HostError(.data, "\(document): \(errorText())") }
      bytes = read
    } else {
      let reader = try SessionReader(
        session: session, folder: configuration.resolve(path: configuration.manifest.journal))
      bytes = try reader.document()
      name = "report-\(String(reader.header.session, radix: 16))"
    }
    let answer = try JobRunner(loadCatalog(configuration), warn: Console.warn).run(
      id: "service.report", verb: "report", input: bytes)
    let path = output ?? "\(name).html"
    try writeAtomically(answer.output, to: path)
    if json {
      let object: JSONValue = ["report": .string(path), "bytes": .integer(Int64(answer.output.count))]
      Console.out(object.text)
    } else {
      Console.out(answer.text)
      Console.out("report: \(path)")
    }
  }
}
