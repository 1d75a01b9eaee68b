import CAlphaLoop

/// The untyped half of an instance: C functions cannot be generic, so they call through this class.
class PluginInstance {
  let host: Host
  let parameters: Parameters
  let instance: String
  let inputs: Inputs

  init(host: Host, create: al_create_v1) {
    self.host = host
    parameters = Parameters(create)
    instance = String(create.instance)
    inputs = Inputs(rawValue: create.inputs)
  }

  func start() throws(PluginError) {}
  func stop() throws(PluginError) {}
  /// Address of a static C table, or nil.
  func interface(_ id: String) -> UnsafeRawPointer? { nil }
  func save() throws(PluginError) -> [UInt8] { [] }
  func restore(_ bytes: [UInt8], version: UInt32) throws(PluginError) {}
}

/// The untyped half of an agent instance.
class AgentInstance: PluginInstance {
  final let cell: UnsafeMutablePointer<AgentCell>
  final let evaluation: Evaluation
  final var isStarted = false

  init(
    host: Host, create: al_create_v1, cell: UnsafeMutablePointer<AgentCell>, evaluation: @escaping Evaluation
  ) {
    self.cell = cell
    self.evaluation = evaluation
    super.init(host: host, create: create)
  }

  override func start() throws(PluginError) {
    guard !isStarted else { throw .state("'\(instance)' is started already") }
    isStarted = true
  }

  override func stop() throws(PluginError) {
    guard isStarted else { throw .state("'\(instance)' is not started") }
    isStarted = false
    cell.pointee.tooSmall = .max
  }

  func bind(_ universe: al_universe_v1) throws(PluginError) -> Needs { throw .state("not an agent") }

  /// Why an evaluation cannot be: called when the output has not the room that the cell wants.
  @inline(never)
  final func refusal(_ output: UnsafeMutablePointer<al_output_v1>) -> al_status {
    if cell.pointee.tooSmall == .max { return AL_E_STATE }
    output.pointee.len = 0
    output.pointee.needed = cell.pointee.tooSmall + 1
    return AL_E_CAPACITY
  }

  override func interface(_ id: String) -> UnsafeRawPointer? {
    switch id {
    case "alphaloop.agent/1": UnsafeRawPointer(Tables.agent)
    case "alphaloop.state/1": UnsafeRawPointer(Tables.state)
    default: nil
    }
  }
}

/// Runs a throwing body and turns its error into a status and a text.
@inline(__always)
func guarded(
  _ err: UnsafeMutablePointer<al_error_v1>?, _ body: () throws(PluginError) -> Void
) -> al_status {
  do {
    try body()
    return AL_OK
  } catch {
    return failed(error, err)
  }
}

/// The way of a call that threw, kept out of the hot functions with its reference counting: it takes the error over, and the
/// attribute keeps the optimiser from giving the release back to the caller.
@_semantics("optimize.sil.specialize.owned2guarantee.never")
@inline(never)
func failed(_ error: consuming PluginError, _ err: UnsafeMutablePointer<al_error_v1>?) -> al_status {
  error.write(to: err)
}

func object<T: PluginInstance>(_ ctx: UnsafeMutableRawPointer?, _ type: T.Type = T.self) -> T? {
  guard let ctx else { return nil }
  return unsafeDowncast(Unmanaged<PluginInstance>.fromOpaque(ctx).takeUnretainedValue(), to: T.self)
}

/// The C tables of this library; one of each, immutable, never freed.
enum Tables {
  nonisolated(unsafe) static let agent: UnsafePointer<al_agent_v1> = make(
    al_agent_v1(
      size: UInt32(MemoryLayout<al_agent_v1>.size), reserved: 0,
      bind: { ctx, universe, needs, err in
        guard let universe, let needs, let box = object(ctx, AgentInstance.self) else { return AL_E_ARGUMENT }
        return guarded(err) { () throws(PluginError) in
          let n = try box.bind(universe.pointee)
          needs.pointee.triggers = n.triggers
          needs.pointee.lookback = UInt32(clamping: n.lookback)
          needs.pointee.warm_up = UInt32(clamping: n.warmUp)
          needs.pointee.columns = n.columns
        }
      },
      evaluate: { ctx, input, output in
        guard let ctx, let input, let output else { return AL_E_ARGUMENT }
        return Unmanaged<AgentInstance>.fromOpaque(ctx)._withUnsafeGuaranteedRef { box in
          let cell = box.cell
          if output.pointee.cap <= cell.pointee.tooSmall { return box.refusal(output) }
          // An agent's own arrays have the size of its universe.
          if input.pointee.n_instruments != cell.pointee.count { return AL_E_ARGUMENT }
          output.pointee.len = 0
          output.pointee.needed = 0
          box.evaluation(cell.pointee.agent, input, cell.pointee.lookback, output)
          // There was room for all the rows that the descriptor promises: more is a broken promise, and the state has moved
          // on, so that the call cannot be repeated.
          return output.pointee.needed == 0 ? AL_OK : AL_E_INTERNAL
        }
      }))

  nonisolated(unsafe) static let state: UnsafePointer<al_state_v1> = make(
    al_state_v1(
      size: UInt32(MemoryLayout<al_state_v1>.size), reserved: 0,
      save: { ctx, sink, err in
        guard let sink, let box = object(ctx) else { return AL_E_ARGUMENT }
        return guarded(err) { () throws(PluginError) in
          let bytes = try box.save()
          let status = bytes.withUnsafeBytes { sink.pointee.write(sink.pointee.ctx, $0.baseAddress, UInt64($0.count)) }
          if status != AL_OK { throw PluginError(status, "the host did not take the state") }
        }
      },
      restore: { ctx, version, source, err in
        guard let source, let box = object(ctx) else { return AL_E_ARGUMENT }
        return guarded(err) { () throws(PluginError) in
          try box.restore(try readAll(source.pointee, limit: stateLimit, "state"), version: version)
        }
      }))

  static func make<T>(_ table: T) -> UnsafePointer<T> {
    let p = UnsafeMutablePointer<T>.allocate(capacity: 1)
    p.initialize(to: table)
    return UnsafePointer(p)
  }

  /// State larger than this is refused: no agent of the catalogue comes near, and a broken stream may never end.
  static let stateLimit = 64 << 20

  static func readAll(_ source: al_source_v1, limit: Int, _ what: String) throws(PluginError) -> [UInt8] {
    var all: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let n = chunk.withUnsafeMutableBytes { source.read(source.ctx, $0.baseAddress, UInt64($0.count)) }
      if n == 0 { return all }
      guard n > 0, n <= 65536 else { throw .io("the \(what) stream failed with \(n)") }
      guard all.count + Int(n) <= limit else { throw .data("the \(what) is larger than \(limit) bytes") }
      all.append(contentsOf: chunk[0..<Int(n)])
    }
  }
}
