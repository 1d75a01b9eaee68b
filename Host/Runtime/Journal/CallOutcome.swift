/// An agent's state as bytes, with what else goes on with it.
public struct AgentMemory: Equatable, Sendable {
  public struct Stream: Equatable, Sendable {
    public var number: UInt64
    public var position: UInt64
  }

  public var agent: String
  public var version: UInt32
  public var state: [UInt8]
  /// Where its random streams stood.
  public var streams: [Stream]

  init(_ agent: String, _ state: [UInt8], version: UInt32, streams: [(stream: UInt64, state: UInt64)]) {
    self.init(agent: agent, version: version, state: state, streams: streams.map { Stream(number: $0, position: $1) })
  }

  init(agent: String, version: UInt32, state: [UInt8], streams: [Stream]) {
    self.agent = agent
    self.version = version
    self.state = state
    self.streams = streams
  }

  var randomState: [(stream: UInt64, state: UInt64)] { streams.map { ($0.number, $0.position) } }
}

/// What came of a call for a reason outside of the plugin's own function: its worker crashed, hung, was killed or is being
/// waited for. That is an input of the session as much as a bar is: a replay takes it instead of calling.
public struct CallOutcome: Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    /// The call was not answered; the engine saw this status. `AL_OK`: nothing was said, during the pause after a fault.
    case unanswered(Int32)
    /// A new worker answered this call, from this state.
    case restarted(AgentMemory?)
  }

  /// A timer that an unanswered call had set before it was lost.
  public struct Timer: Equatable, Sendable {
    public var time: Int64
    public var token: UInt64
  }

  public var agent: String
  /// Of the agent's evaluation, `al_input_v1.sequence`.
  public var call: UInt64
  public var kind: Kind
  public var timers: [Timer] = []
}

/// The outcomes since the journal took the last ones. Used on the engine's thread.
public final class OutcomeLog {
  private var pending: [CallOutcome] = []

  public init() {}

  func add(_ outcome: CallOutcome) { pending.append(outcome) }

  func drain() -> [CallOutcome] {
    if pending.isEmpty { return [] }
    defer { pending.removeAll() }
    return pending
  }
}

/// The switch to another generation, with all that is needed to make it again.
public struct GenerationSwitch: Equatable, Sendable {
  public var number: Int
  /// The new configuration's files by name, as they were.
  public var files: [String: [UInt8]]
  public var decisionHash: UInt64
  /// Library id -> SHA-256 of the libraries that decide.
  public var libraries: [String: String]
  /// By engine index, retired ones included.
  public var agents: [String]
  /// What the agents that were made anew went on from.
  public var states: [AgentMemory]
}

extension EventWriter {
  mutating func put(_ memory: AgentMemory) {
    put(memory.agent)
    put(memory.version)
    put(memory.state)
    put(memory.streams.flatMap { [$0.number, $0.position] })
  }

  mutating func put(_ texts: [String]) {
    put(UInt32(texts.count))
    for text in texts { put(text) }
  }

  mutating func put(_ table: [String: String]) {
    put(table.keys.sorted().flatMap { [$0, table[$0] ?? ""] })
  }

  mutating func put(files: [String: [UInt8]]) {
    put(UInt32(files.count))
    for name in files.keys.sorted() {
      put(name)
      put(files[name] ?? [])
    }
  }

  mutating func put(_ outcome: CallOutcome) {
    put(outcome.agent)
    put(outcome.call)
    switch outcome.kind {
    case .unanswered(let status):
      put(UInt8(0))
      put(status)
    case .restarted(nil): put(UInt8(1))
    case .restarted(let memory?):
      put(UInt8(2))
      put(memory)
    }
    put(UInt32(outcome.timers.count))
    for timer in outcome.timers {
      put(timer.time)
      put(timer.token)
    }
  }

  mutating func put(_ change: GenerationSwitch) {
    put(Int64(change.number))
    put(files: change.files)
    put(change.decisionHash)
    put(change.libraries)
    put(change.agents)
    put(UInt32(change.states.count))
    for state in change.states { put(state) }
  }
}

extension EventReader {
  /// `count` times what `read` gives; nil when it fails once.
  mutating func many<T>(_ read: (inout EventReader) -> T?) -> [T]? {
    guard let count: UInt32 = get() else { return nil }
    var all: [T] = []
    for _ in 0..<count {
      guard let one = read(&self) else { return nil }
      all.append(one)
    }
    return all
  }

  mutating func texts() -> [String]? { many { $0.text() } }

  mutating func table() -> [String: String]? {
    guard let list = texts(), list.count % 2 == 0 else { return nil }
    var table: [String: String] = [:]
    for i in stride(from: 0, to: list.count, by: 2) { table[list[i]] = list[i + 1] }
    return table
  }

  mutating func files() -> [String: [UInt8]]? {
    let list = many { r -> (String, [UInt8])? in
      guard let name = r.text(), let bytes = r.list(UInt8.self) else { return nil }
      return (name, bytes)
    }
    return list.map { Dictionary($0, uniquingKeysWith: { $1 }) }
  }

  mutating func memory() -> AgentMemory? {
    guard let agent = text(), let version: UInt32 = get(), let state = list(UInt8.self), let flat = list(UInt64.self),
      flat.count % 2 == 0
    else { return nil }
    let streams = stride(from: 0, to: flat.count, by: 2).map {
      AgentMemory.Stream(number: flat[$0], position: flat[$0 + 1])
    }
    return AgentMemory(agent: agent, version: version, state: state, streams: streams)
  }

  mutating func outcome() -> CallOutcome? {
    guard let agent = text(), let call: UInt64 = get(), let tag: UInt8 = get() else { return nil }
    let kind: CallOutcome.Kind
    switch tag {
    case 0:
      guard let status: Int32 = get() else { return nil }
      kind = .unanswered(status)
    case 1: kind = .restarted(nil)
    case 2:
      guard let memory = memory() else { return nil }
      kind = .restarted(memory)
    default: return nil
    }
    let timers = many { r -> CallOutcome.Timer? in
      guard let time: Int64 = r.get(), let token: UInt64 = r.get() else { return nil }
      return CallOutcome.Timer(time: time, token: token)
    }
    guard let timers else { return nil }
    return CallOutcome(agent: agent, call: call, kind: kind, timers: timers)
  }

  mutating func generationSwitch() -> GenerationSwitch? {
    guard let number: Int64 = get(), let files = files(), let hash: UInt64 = get(), let libraries = table(),
      let agents = texts(), let states = many({ $0.memory() })
    else { return nil }
    return GenerationSwitch(
      number: Int(number), files: files, decisionHash: hash, libraries: libraries, agents: agents, states: states)
  }
}
