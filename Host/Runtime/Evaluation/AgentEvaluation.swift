import AlphaLoopCore
import AlphaLoopLoader
internal import AlphaLoopYAML
import CAlphaLoop

/// One agent alone over a folder of files: what it says at each as-of time, without orders, broker or other agents.
///
/// ```swift
/// let evaluation = try AgentEvaluation(.init(id: "mom.high52", data: "sample"))
/// try evaluation.run { print($0.json) }
/// ```
public final class AgentEvaluation {
  public struct Options: Sendable {
    public var id: String
    /// The folder.
    public var data: String
    public var parameters: JSONValue = .object(JSONObject())
    /// Lines from this moment on, ns UTC; what lies before is evaluated all the same, so that memory is as it would be.
    public var from: Int64?
    /// Lines before this moment, ns UTC.
    public var to: Int64?
    /// The library; nil: searched beside the executable.
    public var library: String?
    /// Nil: in this process when the library lies in the installation's plugin folder, else in a worker.
    public var isolation: PluginLibrary.Isolation?
    /// Longest evaluation in a worker, ns. Nobody waits at the other end of a study: only what hangs is ended.
    public var deadline = AgentEvaluation.standardDeadline
    public var seed: UInt64 = 1
    /// The symbol of files that name none.
    public var symbol: String?
    public var skipsBadRows = false
    public var log: @Sendable (Int32, String) -> Void = { _, _ in }

    public init(id: String, data: String) {
      self.id = id
      self.data = data
    }
  }

  public static let standardDeadline: Int64 = 10_000_000_000

  public let descriptor: PluginDescriptor
  /// Symbols in the order in which the agent is bound to them.
  public let universe: [String]
  /// What a person should know about the files; one a line.
  public private(set) var notes: [String]
  /// Rows of files that were left out.
  public let skippedRows: Int
  public private(set) var evaluations = 0
  /// Answers that broke the contract.
  public private(set) var refusals = 0

  private let options: Options
  private let agent: any AgentHandle
  private let memory: any InputMemory
  private let timers = EvaluationTimers()
  private let clock: UnsafeMutablePointer<Int64>
  private let input: EvaluationInput
  private let moments: [(time: Int64, cause: UInt32)]
  private let rows: EvaluationRows
  private let capacity: Int

  /// Reads the folder, makes the agent, binds it.
  ///
  /// - Throws: usage (unknown agent), configuration (parameters, needs), data (folder, bad rows).
  public init(_ options: Options) throws(HostError) {
    self.options = options
    let library = try EvaluationLibrary.find(options.id, in: options.library, isolation: options.isolation)
    descriptor = library.descriptor
    memory = try library.inputMemory()
    let parameters = try Self.resolve(options.parameters, descriptor)
    let folder = try EvaluationFolder(path: options.data, symbol: options.symbol)
    skippedRows = folder.faults.count
    if skippedRows > 0, !options.skipsBadRows {
      throw HostError(
        .data, "\(folder.faults.text)\ncorrect the rows, or leave them out with --skip-bad-rows")
    }
    notes = folder.notes
    if skippedRows > 0 { notes.append("\(skippedRows) bad rows were left out:\n\(folder.faults.text)") }
    let outside = folder.symbolsOutsideUniverse()
    if !outside.isEmpty {
      notes.append("rows of symbols that universe.csv lacks are left out: \(outside.joined(separator: ", "))")
    }
    let instruments = folder.instruments()
    universe = instruments.map(\.symbol)
    let grants = folder.inputs & descriptor.inputs
    clock = memory.array(Int64.self, count: 1)
    var callbacks = HostServices.Callbacks()
    callbacks.log = options.log
    let timers = timers
    callbacks.timer = { timers.add($0, $1) }
    let services = HostServices(
      mode: AL_MODE_BACKTEST, seed: FNV1a.hash(Array("\(options.seed)/\(options.id)".utf8)),
      clock: UnsafePointer(clock), callbacks: callbacks)
    do {
      agent = try library.agent(
        parameters: parameters, inputs: grants, services: services, memory: memory,
        deadline: options.deadline)
      let members = instruments.indices.map { UInt32($0) }
      try agent.bind(BoundUniverse(members, of: instruments, memory: memory).table)
      try agent.start()
    } catch {
      throw HostError(error.isFault ? .failedCheck : .configuration, "\(error)")
    }
    input = EvaluationInput(
      folder, instruments: instruments, needs: agent.needs, grants: grants, memory: memory)
    moments =
      EvaluationSchedule(
        folder, triggers: agent.needs.triggers, grants: grants, instruments: instruments.count,
        start: options.from ?? options.to.map { $0 - 1 } ?? 0
      ).moments
    rows = EvaluationRows(descriptor: descriptor, symbols: universe, agents: input.agents)
    capacity = Int(max(descriptor.maxRows, 1)) * universe.count + EvaluationLibrary.spareRows
    if moments.isEmpty { notes.append(Self.noMoment(agent.needs.triggers)) }
  }

  deinit { agent.destroy() }

  private static func noMoment(_ triggers: UInt32) -> String {
    let names = [
      "a bar", "a panel of bars", "a quote", "a trade", "a fact", "an order update", "a timer", "a work item",
    ]
    let wanted = names.enumerated().filter { triggers >> UInt32($0.offset) & 1 != 0 }.map(\.element)
    return "the agent is never called: it asks for \(wanted.joined(separator: ", ")), and the folder gives none"
  }

  private static func resolve(_ value: JSONValue, _ descriptor: PluginDescriptor) throws(HostError) -> JSONValue {
    let schema: JSONSchema
    do {
      schema = try JSONSchema(try JSONValue.parse(descriptor.parameterSchema))
    } catch {
      throw HostError(
        .configuration, "the parameter schema of '\(descriptor.id)' is broken (\(error)); tell its author")
    }
    let (resolved, violations) = schema.resolve(value)
    guard violations.isEmpty else {
      let lines = violations.map { violation in
        "parameters of '\(descriptor.id)'\(violation.pointer.isEmpty ? "" : " at '\(violation.pointer)'"): "
          + violation.message
      }
      throw HostError(.configuration, lines.joined(separator: "\n"))
    }
    return resolved
  }
}

// MARK: - Running

extension AgentEvaluation {
  /// Calls the agent at every moment and gives its lines in time order, then in the order of the universe.
  ///
  /// - Throws: what `emit` throws, a fault of the agent's worker, or a failure to stop.
  public func run(_ emit: (EvaluationLine) throws -> Void) throws {
    let output = memory.array(al_row_v1.self, count: capacity)
    for (time, cause) in moments {
      if let to = options.to, time >= to { break }
      while let timer = timers.take(until: time - 1) {
        let at = max(timer.at, clock.pointee)
        try evaluate(at, AL_CAUSE_TIMER, timer.token, output, emit)
      }
      try evaluate(time, cause, 0, output, emit)
      while let timer = timers.take(until: time) { try evaluate(time, AL_CAUSE_TIMER, timer.token, output, emit) }
    }
    do {
      try agent.stop()
    } catch {
      throw HostError(.failedCheck, "\(error)")
    }
  }

  private func evaluate(
    _ time: Int64, _ cause: UInt32, _ token: UInt64, _ output: UnsafeMutablePointer<al_row_v1>,
    _ emit: (EvaluationLine) throws -> Void
  ) throws {
    clock.pointee = time
    input.advance(to: time, cause: cause, timer: token, sequence: UInt64(evaluations))
    evaluations += 1
    var answer = al_output_v1(
      size: UInt32(MemoryLayout<al_output_v1>.size), cap: UInt32(capacity), len: 0, needed: 0, rows: output)
    let status = agent.evaluate(agent.context, input.c, &answer)
    if let fault = (agent as? WorkerAgent)?.firstFault {
      throw HostError(.failedCheck, "\(agent.name): at \(isoTime(fault.time)): \(fault.reason)")
    }
    for line in lines(status, answer) {
      if line.kind == "refused" { refusals += 1 }
      guard time >= options.from ?? .min else { continue }
      try emit(line)
    }
  }

  private func lines(_ status: al_status, _ answer: al_output_v1) -> [EvaluationLine] {
    let time = clock.pointee
    var problem: String?
    if status == AL_E_CAPACITY {
      problem = "too many rows: \(answer.needed), where the descriptor allows \(descriptor.maxRows) an instrument"
    } else if status != AL_OK {
      problem = "evaluate failed (\(statusName(status)))"
    } else if answer.len > answer.cap {
      problem = "too many rows: \(answer.len) in a buffer for \(answer.cap)"
    }
    let count = problem == nil ? Int(answer.len) : 0
    var lines = rows.lines(UnsafeBufferPointer(start: answer.rows, count: count), asOf: time)
    if let problem {
      let line = EvaluationLine(
        asOf: time, instrument: nil, kind: "refused", fields: [("reason", .string(problem))])
      lines.insert(line, at: 0)
    }
    return lines
  }
}
