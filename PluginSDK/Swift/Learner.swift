import CAlphaLoop
import Glibc

/// Trains models. The SDK holds the present one: it changes only when training or decoding succeeds, and predictions on
/// other threads finish on the model they began with.
public protocol Learner: Plugin, ~Copyable {
  associatedtype Model: TrainedModel
  /// Long; polls `host.isStopping` and then throws `AL_E_CANCELLED`.
  mutating func train(_ data: Dataset, _ progress: WorkProgress) throws(PluginError) -> Model
  /// Reads what `Model.encode` wrote. Broken bytes throw `PluginError.data`.
  func decode(_ bytes: [UInt8]) throws(PluginError) -> Model
}

/// An immutable model; used from any thread.
public protocol TrainedModel: Sendable {
  /// Outputs a row, at least 1.
  var outputs: Int { get }
  /// The same bytes for the same model.
  func encode() -> [UInt8]
  /// Rows are independent of each other. `out` has `rows.rows * outputs` places, row-major.
  func predict(_ rows: Matrix, into out: UnsafeMutableBufferPointer<Double>) throws(PluginError)
}

/// Rows by features in host memory, row-major; NaN is missing. Valid during the call.
public struct Matrix {
  public let rows: Int
  public let columns: Int
  @usableFromInline let stride: Int
  @usableFromInline let base: UnsafePointer<Float>

  init(_ c: al_matrix_v1) throws(PluginError) {
    let columns = UInt64(c.n_features)
    let (cells, overflow) = c.n_rows.multipliedReportingOverflow(by: max(c.stride, 1))
    guard c.stride >= columns, !overflow, cells <= UInt64(Int.max / 4) else {
      throw PluginError(
        AL_E_ARGUMENT, "a matrix of \(c.n_rows) rows, \(columns) features and stride \(c.stride) is not possible")
    }
    guard let values = c.values ?? (cells == 0 || columns == 0 ? Self.nothing : nil) else {
      throw PluginError(AL_E_ARGUMENT, "a matrix of \(c.n_rows) rows has no values")
    }
    rows = Int(c.n_rows)
    self.columns = Int(columns)
    stride = Int(c.stride)
    base = values
  }

  private nonisolated(unsafe) static let nothing: UnsafePointer<Float>? = UnsafePointer(
    UnsafeMutablePointer<Float>.allocate(capacity: 1))

  @inlinable public subscript(row: Int, column: Int) -> Float {
    precondition(row >= 0 && row < rows && column >= 0 && column < columns, "cell outside the matrix")
    return base[row * stride + column]
  }

  @inlinable public func row(_ index: Int) -> UnsafeBufferPointer<Float> {
    precondition(index >= 0 && index < rows, "row outside the matrix")
    return UnsafeBufferPointer(start: base + index * stride, count: columns)
  }
}

/// What to learn from. Valid during `train`.
public struct Dataset {
  /// `AL_TASK_*`.
  public let task: UInt32
  public let classes: Int
  public let features: Matrix
  public let labels: UnsafeBufferPointer<Double>
  public let weights: UnsafeBufferPointer<Double>?
  /// Start of each label and when it is known, ns UTC: for purged validation.
  public let eventTimes: UnsafeBufferPointer<Int64>?
  public let endTimes: UnsafeBufferPointer<Int64>?
  /// Names of the features; empty where none are given.
  public let names: [String]
  /// The last rows are for early stopping.
  public let validationRows: Int

  init(_ c: al_dataset_v1) throws(PluginError) {
    features = try Matrix(c.features)
    let n = features.rows
    guard c.validation_rows <= UInt64(n) else {
      throw PluginError(AL_E_ARGUMENT, "\(c.validation_rows) rows for validation of \(n) in all")
    }
    guard n == 0 || c.labels != nil else { throw PluginError(AL_E_ARGUMENT, "a dataset of \(n) rows has no labels") }
    task = c.task
    classes = Int(c.n_classes)
    labels = UnsafeBufferPointer(start: c.labels, count: n)
    weights = c.weights.map { UnsafeBufferPointer(start: $0, count: n) }
    eventTimes = c.event_ns.map { UnsafeBufferPointer(start: $0, count: n) }
    endTimes = c.end_ns.map { UnsafeBufferPointer(start: $0, count: n) }
    if let list = c.names { names = (0..<features.columns).map { String(list[$0]) } } else { names = [] }
    validationRows = Int(c.validation_rows)
  }
}

extension PluginKind where P: Learner & ~Copyable {
  public static var learner: PluginKind {
    PluginKind(
      mask: AL_KIND_LEARNER, interface: "alphaloop.learner/1", table: UnsafeRawPointer(Tables.learner)
    ) { box, plugin in box.learner = LearnerOf(plugin) }
  }
}

class LearnerFace {
  func train(_ data: Dataset, _ progress: WorkProgress) throws(PluginError) {}
  func save() throws(PluginError) -> [UInt8] { [] }
  func load(_ bytes: [UInt8]) throws(PluginError) {}
  func predict(_ rows: Matrix, _ out: UnsafeMutablePointer<Double>?, _ cap: UInt64) throws(PluginError) {}
  var outputs: Int { 0 }
}

final class LearnerOf<P: Learner & ~Copyable>: LearnerFace {
  private let plugin: UnsafeMutablePointer<P>
  private var model: P.Model?
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  init(_ plugin: UnsafeMutablePointer<P>) {
    self.plugin = plugin
    lock.initialize(to: pthread_mutex_t())
    pthread_mutex_init(lock, nil)
  }

  deinit {
    pthread_mutex_destroy(lock)
    lock.deallocate()
  }

  private var current: P.Model? {
    get {
      pthread_mutex_lock(lock)
      defer { pthread_mutex_unlock(lock) }
      return model
    }
    set {
      pthread_mutex_lock(lock)
      defer { pthread_mutex_unlock(lock) }
      model = newValue
    }
  }

  private func trained() throws(PluginError) -> P.Model {
    guard let model = current else { throw .state("there is no model yet; train one or load one") }
    return model
  }

  override func train(_ data: Dataset, _ progress: WorkProgress) throws(PluginError) {
    current = try plugin.pointee.train(data, progress)
  }
  override func save() throws(PluginError) -> [UInt8] { try trained().encode() }
  override func load(_ bytes: [UInt8]) throws(PluginError) { current = try plugin.pointee.decode(bytes) }
  override var outputs: Int { current?.outputs ?? 0 }

  override func predict(_ rows: Matrix, _ out: UnsafeMutablePointer<Double>?, _ cap: UInt64) throws(PluginError) {
    let model = try trained()
    let (needed, overflow) = rows.rows.multipliedReportingOverflow(by: model.outputs)
    guard !overflow, UInt64(needed) <= cap, needed == 0 || out != nil else {
      throw PluginError(AL_E_CAPACITY, "\(rows.rows) rows need \(needed) places for predictions; there are \(cap)")
    }
    try model.predict(rows, into: UnsafeMutableBufferPointer(start: out, count: needed))
  }
}

extension Tables {
  private static func face(_ box: HostedPlugin) throws(PluginError) -> LearnerFace {
    guard let face = box.learner else { throw PluginError(AL_E_UNSUPPORTED, "'\(box.instance)' is not a learner") }
    return face
  }

  nonisolated(unsafe) static let learner: UnsafePointer<al_learner_v1> = make(
    al_learner_v1(
      size: UInt32(MemoryLayout<al_learner_v1>.size), reserved: 0,
      train: { ctx, data, progress, err in
        guard let data else { return AL_E_ARGUMENT }
        return hosted(ctx, err) { (box) throws(PluginError) in
          try face(box).train(try Dataset(data.pointee), WorkProgress(progress))
          return AL_OK
        }
      },
      save: { ctx, sink, err in
        guard let sink else { return AL_E_ARGUMENT }
        return hosted(ctx, err) { (box) throws(PluginError) in
          try Sink(sink, "the model").write(try face(box).save())
          return AL_OK
        }
      },
      load: { ctx, source, err in
        guard let source else { return AL_E_ARGUMENT }
        return hosted(ctx, err) { (box) throws(PluginError) in
          try face(box).load(try readAll(source.pointee, limit: modelLimit, "model"))
          return AL_OK
        }
      },
      predict: { ctx, rows, out, cap, err in
        guard let rows else { return AL_E_ARGUMENT }
        return hosted(ctx, err) { (box) throws(PluginError) in
          try face(box).predict(try Matrix(rows.pointee), out, cap)
          return AL_OK
        }
      },
      n_outputs: { ctx in
        guard let box = object(ctx, HostedPlugin.self) else { return 0 }
        return UInt32(clamping: box.learner?.outputs ?? 0)
      }))

  /// A forest of some millions of nodes fits; a broken stream may never end.
  static let modelLimit = 1 << 30
}
