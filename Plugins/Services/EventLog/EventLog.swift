import AlphaLoopSDK
import CAlphaLoop

/// Writes what happens to a file, a JSON object a line. Time is the notices' own; there is no clock here.
struct EventLog: Service {
  static let descriptor = Descriptor(
    id: "service.eventlog", name: "Event log", summary: "Every notice of the host as a line of JSON in a file",
    parameters: [
      .path(
        "path", default: "../var/events.jsonl",
        "file to append to, made with its folder when it is missing; a relative one starts at the manifest's folder")
    ])

  static let notices: [UInt32] = NoticeName.all.map(\.kind)

  private let path: String
  private var file: AppendFile?

  init(_ setup: Setup) throws(PluginError) {
    path = try setup.parameters.text("path")
    guard !path.isEmpty else { throw .configuration("parameter 'path' is empty; name the file to write") }
  }

  mutating func start() throws(PluginError) { file = try AppendFile(path) }

  mutating func stop() throws(PluginError) {
    defer { file = nil }
    try file?.sync()
  }

  mutating func receive(_ notices: [Notice], lost: UInt64) throws(PluginError) {
    guard let file else { throw .state("the event log is not open") }
    var text = ""
    if lost > 0 { text += "{\"kind\":\"lost\",\"count\":\(lost)}\n" }
    for notice in notices { text += line(notice) }
    try file.write(text)
  }

  /// `a`, `b` and `c` stay whole numbers of 1e-8, so that nothing is rounded on the way.
  private func line(_ n: Notice) -> String {
    var text = "{\"sequence\":\(n.sequence),\"time\":\(n.time),\"kind\":\(jsonText(NoticeName.of(n.kind)))"
    text += ",\"code\":\(n.code)"
    if let instrument = n.instrument { text += ",\"instrument\":\(instrument)" }
    if let agent = n.agent { text += ",\"agent\":\(agent)" }
    if n.orderSession != 0 || n.orderSequence != 0 {
      text += ",\"order\":\"\(hex(n.orderSession))-\(hex(n.orderSequence))\""
    }
    text += ",\"a\":\(n.a),\"b\":\(n.b),\"c\":\(n.c)"
    if !n.text.isEmpty { text += ",\"text\":\(jsonText(n.text))" }
    return text + "}\n"
  }

  private func hex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// The words for `AL_NOTICE_*`.
enum NoticeName {
  static let all: [(kind: UInt32, name: String)] = [
    (AL_NOTICE_SESSION, "session"), (AL_NOTICE_DECISION, "decision"), (AL_NOTICE_OUTPUT, "output"),
    (AL_NOTICE_ORDER, "order"), (AL_NOTICE_FILL, "fill"), (AL_NOTICE_DENIAL, "denial"), (AL_NOTICE_HALT, "halt"),
    (AL_NOTICE_PLUGIN, "plugin"), (AL_NOTICE_HEALTH, "health"),
  ]

  static func of(_ kind: UInt32) -> String { all.first { $0.kind == kind }?.name ?? "notice \(kind)" }
}
