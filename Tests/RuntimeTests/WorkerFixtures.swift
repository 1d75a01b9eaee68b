import AlphaLoopCore
import AlphaLoopLoader
import AlphaLoopYAML
import CAlphaLoop
import Foundation
import Testing

@testable import AlphaLoopRuntime

/// Small C agents under `Tests/Fixtures/plugins`, compiled once a run.
enum WorkerFixture {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/plugins")
  private static let header = folder.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("PluginSDK/include")
  private static let output = FileManager.default.temporaryDirectory.appendingPathComponent(
    "worker-fixtures-\(getpid())")

  static let names = [
    "steady", "wild_pointer", "trap", "hang", "exit_zero", "too_long", "overrun", "writes_input", "memory_hog",
    "reaches_out", "scribbles_block", "forges_turn", "waits_for_stop", "failing_policy", "desk_broker",
  ]

  private static let built: [String: Result<String, Error>] = Dictionary(
    uniqueKeysWithValues: names.map { name in (name, Result { try compile(name) }) })

  static func library(_ name: String) throws -> String { try #require(built[name]).get() }

  private static func compile(_ name: String) throws -> String {
    try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
    let target = output.appendingPathComponent("\(name).so").path
    try compile(name, to: target)
    return target
  }

  /// A build with other macros: `FIXTURE_SIGN=-1` answers the opposite.
  static func compile(_ name: String, to target: String, defining macros: [String] = []) throws {
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments =
      [
        "cc", "-std=c11", "-O1", "-fPIC", "-shared", "-fvisibility=hidden", "-I", header.path, "-o", target,
        folder.appendingPathComponent("\(name).c").path,
      ] + macros.map { "-D\($0)" }
    try compiler.run()
    compiler.waitUntilExit()
    try #require(compiler.terminationStatus == 0, "\(name).c does not compile")
  }

  /// A library of this package, beside the test bundle.
  static func product(_ name: String) throws -> String {
    let executable = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: executable).deletingLastPathComponent().appendingPathComponent("lib\(name).so").path
  }
}

/// An engine with one agent over seeded random walks, every answer kept.
final class WorkerWorld {
  let memory: any InputMemory
  let services: HostServices
  let agent: any AgentHandle
  private(set) var engine: Engine?
  private let recorder: Recorder
  private let journal = MemoryJournal()
  private let instruments: [Instrument]
  private let universe: BoundUniverse
  private let closes: [[Int64]]
  private var next = 0

  struct Setup {
    var library: String
    var id: String
    var parameters: [PluginParameter] = []
    var instruments = 5
    var bars = 64
    var seed: UInt64 = 11
    var deadline: Int64 = 2_000_000_000
    var options = WorkerOptions()

    init(_ fixture: String, at: Int64 = 0, every: Bool = false) throws {
      library = try WorkerFixture.library(fixture)
      id = "fixture.\(fixture)"
      parameters = [PluginParameter("at", .integer(at)), PluginParameter("every", .integer(every ? 1 : 0))]
    }

    init(product: String, id: String, parameters: [PluginParameter] = []) throws {
      library = try WorkerFixture.product(product)
      self.id = id
      self.parameters = parameters
    }
  }

  init(_ setup: Setup, isolated: Bool, bind: Bool = true) throws {
    memory = try ArenaInputMemory(capacities: [1 << 32])
    let box = LogBox()
    var callbacks = HostServices.Callbacks()
    callbacks.log = { _, text in box.append(text) }
    callbacks.secret = { $0 == "token" ? "abc123" : nil }
    callbacks.isStopping = { box.isStopping }
    logBox = box
    services = HostServices(mode: AL_MODE_BACKTEST, seed: 99, callbacks: callbacks)
    var deadlines = PluginLibrary.Deadlines()
    deadlines.call = TimeSpan(nanoseconds: setup.deadline)
    if isolated {
      agent = try WorkerAgent(
        path: setup.library, id: setup.id, name: "subject", parameters: setup.parameters, json: "{}",
        inputs: AL_IN_BARS,
        services: services, deadlines: deadlines, memory: memory, options: setup.options)
    } else {
      agent = try InProcessAgent(
        LoadedInstance(
          LoadedLibrary.load(setup.library), id: setup.id, name: "subject", parameters: setup.parameters,
          inputs: AL_IN_BARS,
          services: services))
    }
    instruments = (0..<setup.instruments).map { Instrument(symbol: "S\($0)") }
    universe = BoundUniverse((0..<UInt32(setup.instruments)).map { $0 }, of: instruments, memory: memory)
    closes = Self.walks(setup)
    recorder = Recorder(agent)
    if bind { try agent.bind(universe.table) }
  }

  private let logBox: LogBox
  /// Tells the agent after a while that the host wants to stop.
  func stopLater(_ microseconds: UInt32) {
    let box = logBox
    Thread {
      usleep(microseconds)
      box.isStopping = true
    }.start()
  }

  var messages: [String] { logBox.texts }

  var worker: WorkerAgent { get throws { try #require(agent as? WorkerAgent) } }

  /// Bars by time, then instrument.
  private static func walks(_ setup: Setup) -> [[Int64]] {
    var state = setup.seed
    func uniform() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) / Double(1 << 53)
    }
    var prices = [Double](repeating: 100, count: setup.instruments)
    return (0..<setup.bars).map { _ in
      prices.indices.map { i in
        prices[i] *= 1 + 0.02 * (uniform() - 0.49)
        return Int64(prices[i] * 1e6) * 100
      }
    }
  }

  func start() throws {
    try agent.start()
    var spec = AgentSpec(
      instance: "subject", descriptorID: agent.descriptor.id, tier: agent.descriptor.tier,
      family: agent.descriptor.family,
      outputs: agent.descriptor.outputs, inputs: AL_IN_BARS, maxRows: agent.descriptor.maxRows,
      estimates: agent.descriptor.estimates, universe: universe.members, needs: agent.needs,
      context: Unmanaged.passUnretained(recorder).toOpaque(), evaluate: Recorder.evaluate)
    spec.facts = nil
    var settings = EngineSettings(
      session: 1, instruments: instruments, initialCash: Money(raw: 1_000_000 * fixedPointScale))
    settings.recordsOutputs = true
    let engine = try Engine(
      settings: settings, available: instruments.map { _ in AL_COLUMN_CLOSE }, agents: [spec], memory: memory,
      journal: JournalCursor(sink: journal, block: journal.block))
    services.clock = UnsafePointer(engine.clock)
    services.callbacks.timer = { [unowned engine] at, token in engine.addTimer(agent: 0, at: at, token: token) }
    self.engine = engine
  }

  /// Lets the engine see the next `count` bars.
  func run(_ count: Int) {
    guard let engine else { return }
    for _ in 0..<count {
      closes[next].withUnsafeBufferPointer { row in
        guard let base = row.baseAddress else { return }
        engine.process(
          BarBatch(
            ts: Int64(next + 1) * 86_400_000_000_000,
            columns: BarColumns(open: nil, high: nil, low: nil, close: base, volume: nil, instruments: nil),
            firstRow: 0,
            count: row.count, flags: AL_MARKET_SESSION_OPENS | AL_MARKET_SESSION_CLOSES))
      }
      if engine.hasCommands { engine.failSubmission() }
      next += 1
    }
  }

  /// Leaves bars out, as a session that starts later does.
  func skip(_ count: Int) { next += count }

  /// What the agent answered: status, length and rows of every call.
  var answers: [[UInt8]] { recorder.answers }
  var statuses: [al_status] { recorder.statuses }

  /// The run's record, and the state with the positions of the random streams.
  func outcome() throws -> (journal: [UInt8], state: [UInt8], streams: [UInt64]) {
    engine?.journal.flush()
    let records = journal.records.withUnsafeBytes { Array($0) }
    let state = try agent.save()
    return (records, state, services.randomState.flatMap { [$0.stream, $0.state] })
  }

  var refusals: [UInt16: UInt64] { engine?.agentStates.first?.refusals ?? [:] }

  private final class LogBox: @unchecked Sendable {
    private let lock = NSLock()
    private var all: [String] = []
    func append(_ text: String) { lock.withLock { all.append(text) } }
    private var stops = false
    var isStopping: Bool {
      get { lock.withLock { stops } }
      set { lock.withLock { stops = newValue } }
    }
    var texts: [String] { lock.withLock { all } }
  }

  /// Stands between the engine and the agent.
  final class Recorder {
    private let agent: any AgentHandle
    private(set) var answers: [[UInt8]] = []
    private(set) var statuses: [al_status] = []
    init(_ agent: any AgentHandle) { self.agent = agent }

    static let evaluate: EvaluateFunction = { context, input, output in
      guard let context, let output else { return AL_E_ARGUMENT }
      let me = Unmanaged<Recorder>.fromOpaque(context).takeUnretainedValue()
      let status = me.agent.evaluate(me.agent.context, input, output)
      let rows = UnsafeRawBufferPointer(
        start: output.pointee.rows, count: Int(output.pointee.len) * MemoryLayout<al_row_v1>.stride)
      me.answers.append(Array(rows))
      me.statuses.append(status)
      return status
    }
  }
}

/// The defaults of `mom.tsmom`, as the configuration resolves them.
let momentumParameters: [PluginParameter] = [
  PluginParameter("lookback", .integer(252)), PluginParameter("target_volatility", .number(0.4)),
  PluginParameter("center_of_mass", .number(60)), PluginParameter("periods_per_year", .number(261)),
  PluginParameter("risk_free", .number(0)), PluginParameter("horizon_days", .number(30)),
  PluginParameter("max_age_hours", .number(12)), PluginParameter("require_volume", .bool(true)),
]

/// What a call throws, in words; nil when it does not throw.
func failure<R>(_ body: () throws -> R) -> String? {
  do {
    _ = try body()
    return nil
  } catch {
    return "\(error)"
  }
}
