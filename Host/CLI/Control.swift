import AlphaLoopCore
import AlphaLoopRuntime
import ArgumentParser
import Glibc

/// Who gives an order to the host, for the journal.
func actor() -> String {
  getenv("USER").map { String(cString: $0) } ?? "uid \(getuid())"
}

/// What the session beside a journal answers; nil when none is running.
///
/// - Throws: when it cannot answer.
private func ask(_ journal: String, _ request: String) throws -> String? {
  let answer = ControlSocket.ask(journal + ".sock", request)
  if let answer, answer.hasPrefix("error: ") { throw HostError(.failedCheck, String(answer.dropFirst(7))) }
  return answer
}

/// Reaches the running session, or the journal of one that is not running.
private func move(
  _ target: SessionTarget, _ verb: String, _ idleState: @autoclosure () -> HaltState, _ trigger: HaltTrigger,
  _ reason: String
) throws {
  let path = try target.journalPath()
  if let answer = try ask(path, ControlSocket.request(verb, actor(), reason)) { return Console.out(answer) }
  // Nobody is trading: the latch in the journal is what the next session starts with.
  let journal = try SessionJournal(path: path, mode: target.mode, account: target.account)
  let before = try journal.latch()?.state ?? .armed
  let state = idleState()
  if verb != "resume", state <= before { return Console.out("{\"halt\":\"\(before)\",\"running\":false}") }
  var now = timespec()
  clock_gettime(CLOCK_REALTIME, &now)
  try journal.record(
    SessionJournal.Latch(
      time: Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec), state: state, trigger: trigger, actor: actor(),
      reason: reason))
  Console.out("{\"halt\":\"\(state)\",\"running\":false}")
}

struct Halt: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Stop trading. Stays until resume, over restarts too.",
    discussion: """
      What it does is `halts: operator:` of risk.yaml: pause (no new risk), halt (working orders are cancelled too; the
      default) or flatten (positions are closed too). A running session goes by the limits it runs under. It never
      loosens a stop that stands already. `alphaloop flatten` always closes every position.
      """)
  @OptionGroup var target: SessionTarget
  @Option(name: .long, help: "Why; it stands in the journal.") var reason: String
  @Flag(name: .long, help: "Print JSON (it always does).") var json = false
  func run() throws { try move(target, "halt", action(), .operatorRequest, reason) }

  /// For when no session runs; the files may be broken just now, and a stop must work then too.
  private func action() -> HaltState {
    do {
      return HaltState(try target.configuration.load().risk.halts[.operator], default: .halted)
    } catch {
      Console.warn("risk.yaml cannot be read, so `halts: operator:` is taken as halt: \(error)")
      return .halted
    }
  }
}

struct Resume: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Re-arm after a halt. Nothing else does.")
  @OptionGroup var target: SessionTarget
  @Option(name: .long, help: "Why; it stands in the journal.") var reason: String
  @Flag(name: .long, help: "Print JSON (it always does).") var json = false
  func run() throws {
    // A halt is taken whatever is said; to lift one, somebody has to have found out why it was there.
    guard reason.contains(where: { !$0.isWhitespace }) else { throw HostError(.usage, "--reason is empty; say why") }
    try move(target, "resume", .armed, .resumed, reason)
  }
}

struct Flatten: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Halt, and close every position, whatever `halts: operator:` of risk.yaml says.")
  @OptionGroup var target: SessionTarget
  @Option(name: .long, help: "Why; it stands in the journal.") var reason: String
  @Flag(name: .long, help: "Print JSON (it always does).") var json = false
  func run() throws { try move(target, "flatten", .flattening, .operatorRequest, reason) }
}

struct Reload: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take over changed YAML and plugin files in the running session, between two of its events.")
  @OptionGroup var target: SessionTarget
  @Flag(name: .long, help: "Print JSON.") var json = false
  func run() throws {
    guard let answer = try ask(try target.journalPath(), "reload") else {
      throw HostError(
        .failedCheck,
        "no \(target.mode) session of account \(try target.account) is running; the next start takes the files as they are"
      )
    }
    let object: JSONValue = ["reloaded": .bool(answer.hasPrefix("generation ")), "text": .string(answer)]
    Console.out(json ? object.text : answer)
    if answer.hasPrefix("reload refused") { throw ExitCode(3) }
  }
}

struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "What the session is doing, or what is recorded.")
  @OptionGroup var target: SessionTarget
  @Flag(name: .long, help: "Print JSON.") var json = false

  func run() throws {
    let path = try target.journalPath()
    if let answer = try ask(path, "status") { return Console.out(answer) }
    let sessions = try SessionReader.list(try target.configuration.journalFolder())
    // What is there and cannot be read may hold a halt.
    let isAbsent = access(path, F_OK) != 0 && errno == ENOENT
    let latch =
      isAbsent
      ? nil : try SessionJournal(path: path, mode: target.mode, account: target.account, isReadOnly: true).latch()
    if json {
      let list = sessions.map { s -> JSONValue in
        [
          "session": .string(String(s.header.session, radix: 16)), "mode": .string(s.header.mode),
          "account": .string(s.header.account), "date": s.header.date == 0 ? .null : .string(isoTime(s.header.date)),
          "ended": .bool(s.isEnded),
        ]
      }
      let object: JSONValue = [
        "running": false, "halt": .string("\(latch?.state ?? .armed)"), "sessions": .array(list),
      ]
      return Console.out(object.text)
    }
    Console.out("no \(target.mode) session is running; the kill switch is \(latch?.state ?? .armed)")
    if let latch, latch.state != .armed {
      Console.out("  since \(isoTime(latch.time)) by \(latch.actor): \(latch.reason)")
    }
    let rows = sessions.map { s in
      [
        String(s.header.session, radix: 16), s.header.mode, s.header.account,
        s.header.date == 0 ? "-" : isoTime(s.header.date),
        s.isEnded ? "ended" : "open",
      ]
    }
    Console.out(table([["SESSION", "MODE", "ACCOUNT", "DATE", "STATE"]] + rows))
  }
}

struct Why: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The story of one order: what each agent said last of its instrument, intent, gate, broker facts.")
  @OptionGroup var target: SessionTarget
  @Argument(help: "Sequence number, or the 32-digit order id.") var order: String
  @Option(name: .long, help: "Session id (default: the newest of the journal).") var session: String?
  @Flag(name: .long, help: "Print JSON.") var json = false

  func run() throws {
    var path = try target.journalPath()
    var id = session.flatMap { UInt64($0, radix: 16) }
    if let session {
      let reader = try SessionReader(session: session, folder: try target.configuration.journalFolder())
      path = reader.path
      id = reader.header.session
    }
    let story = try OrderStory(journal: path, session: id).story(order)
    Console.out(json ? story.json.text : story.text)
  }
}
