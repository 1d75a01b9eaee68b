import CAlphaLoop

/// What every plugin but an agent is: made by `create`, started, stopped, and able to hand its state on.
///
/// A type takes part in as many kinds as it conforms to (`Broker`, `DataSource`, `Store`, `RiskPolicy`, `Learner`, `Job`,
/// `Service`); one instance then answers all their interfaces:
///
///     Library.add(broker: Simulated.self)
///     Library.add(Gateway.self, as: [.broker, .dataSource, .job])
public protocol Plugin: ~Copyable {
  static var descriptor: Descriptor { get }
  /// Copies what it needs of the parameters; no I/O, no threads. `setup.universe` is empty: a broker gets it by `bind`.
  /// A noncopyable type checks first and assigns its properties afterwards: it cannot throw when half made.
  init(_ setup: Setup) throws(PluginError)
  /// Opens, connects, starts threads. When it throws, everything is as before.
  mutating func start() throws(PluginError)
  /// Joins every thread of its own; no call to the host after it returns.
  mutating func stop() throws(PluginError)
  /// What a new instance with the same configuration needs to go on. The default saves nothing.
  func save(to writer: inout StateWriter)
  mutating func restore(from reader: inout StateReader, version: UInt32) throws(PluginError)
}

extension Plugin where Self: ~Copyable {
  public mutating func start() throws(PluginError) {}
  public mutating func stop() throws(PluginError) {}
  public func save(to writer: inout StateWriter) {}
  public mutating func restore(from reader: inout StateReader, version: UInt32) throws(PluginError) {}
}

/// One kind that a plugin type takes part in: `.broker`, `.dataSource`, `.store`, `.riskPolicy`, `.learner`, `.job`,
/// `.service`, each offered only where the type conforms.
public struct PluginKind<P: Plugin & ~Copyable> {
  let mask: UInt32
  let interface: String
  /// The C table; made once, when the kind is registered.
  let table: UnsafeRawPointer
  let attach: (HostedPlugin, UnsafeMutablePointer<P>) -> Void
}

extension Library {
  /// Registers a type under all the kinds listed; each instance answers all of them.
  public static func add<P: Plugin & ~Copyable>(_ plugin: P.Type, as kinds: [PluginKind<P>]) {
    let mask = kinds.reduce(0) { $0 | $1.mask }
    add(P.descriptor, kind: mask, interfaces: kinds.map(\.interface) + [HostedPlugin.stateInterface]) {
      (host, create) throws(PluginError) in try PluginBox<P>(host: host, create: create, kinds: kinds)
    }
  }

  public static func add<P: Broker & ~Copyable>(broker: P.Type) { add(broker, as: [.broker]) }
  public static func add<P: DataSource & ~Copyable>(dataSource: P.Type) { add(dataSource, as: [.dataSource]) }
  public static func add<P: Store & ~Copyable>(store: P.Type) { add(store, as: [.store]) }
  public static func add<P: RiskPolicy & ~Copyable>(riskPolicy: P.Type) { add(riskPolicy, as: [.riskPolicy]) }
  public static func add<P: Learner & ~Copyable>(learner: P.Type) { add(learner, as: [.learner]) }
  public static func add<P: Job & ~Copyable>(job: P.Type) { add(job, as: [.job]) }
  public static func add<P: Service & ~Copyable>(service: P.Type) { add(service, as: [.service]) }
}

/// The untyped half of an instance of any kind but agents. The C functions reach the typed halves through the faces.
class HostedPlugin: PluginInstance {
  static let stateInterface = "alphaloop.state/1"

  final var isStarted = false
  /// Unmanaged beside a strong list: the hot functions read them without retain and release.
  final var broker: Unmanaged<BrokerFace>?
  final var policy: Unmanaged<PolicyFace>?
  final var data: DataFace?
  final var store: StoreFace?
  final var learner: LearnerFace?
  final var job: JobFace?
  final var service: ServiceFace?
  private var faces: [AnyObject] = []
  private var tables: [(id: String, table: UnsafeRawPointer)] = []

  final func keep<F: AnyObject>(_ face: F) -> Unmanaged<F> {
    faces.append(face)
    return Unmanaged.passUnretained(face)
  }

  final func publish(_ id: String, _ table: UnsafeRawPointer) { tables.append((id, table)) }

  override func interface(_ id: String) -> UnsafeRawPointer? {
    if id == Self.stateInterface { return UnsafeRawPointer(Tables.state) }
    return tables.first { $0.id == id }?.table
  }
}

/// Owns the plugin value at a fixed address, which its faces share.
final class PluginBox<P: Plugin & ~Copyable>: HostedPlugin {
  private let plugin = UnsafeMutablePointer<P>.allocate(capacity: 1)
  private var isMade = false

  init(host: Host, create: al_create_v1, kinds: [PluginKind<P>]) throws(PluginError) {
    super.init(host: host, create: create)
    plugin.initialize(
      to: try P(Setup(parameters: parameters, universe: [], host: host, instance: instance, inputs: inputs)))
    isMade = true
    for kind in kinds {
      kind.attach(self, plugin)
      publish(kind.interface, kind.table)
    }
  }

  deinit {
    if isMade { plugin.deinitialize(count: 1) }
    plugin.deallocate()
  }

  override func start() throws(PluginError) {
    guard !isStarted else { throw .state("'\(instance)' is started already") }
    try plugin.pointee.start()
    isStarted = true
  }

  override func stop() throws(PluginError) {
    guard isStarted else { throw .state("'\(instance)' is not started") }
    isStarted = false
    try plugin.pointee.stop()
  }

  override func save() throws(PluginError) -> [UInt8] {
    var writer = StateWriter()
    plugin.pointee.save(to: &writer)
    return writer.finish()
  }

  override func restore(_ bytes: [UInt8], version: UInt32) throws(PluginError) {
    guard !isStarted else { throw .state("restore needs a stopped instance") }
    try P.descriptor.check(stateVersion: version)
    var before = StateWriter()
    plugin.pointee.save(to: &before)
    do {
      var reader = StateReader(bytes)
      try plugin.pointee.restore(from: &reader, version: version)
      try reader.finish()
    } catch {
      var reader = StateReader(before.finish())
      try plugin.pointee.restore(from: &reader, version: P.descriptor.stateVersion)
      throw error
    }
  }
}

/// Finds the started instance behind a C call and runs its body, turning errors into a status and a text.
func hosted(
  _ ctx: UnsafeMutableRawPointer?, _ err: UnsafeMutablePointer<al_error_v1>?, needsStart: Bool = true,
  _ body: (HostedPlugin) throws(PluginError) -> al_status
) -> al_status {
  guard let box = object(ctx, HostedPlugin.self) else { return AL_E_ARGUMENT }
  if needsStart && !box.isStarted {
    return PluginError.state("'\(box.instance)' is not started").write(to: err)
  }
  do { return try body(box) } catch { return error.write(to: err) }
}
