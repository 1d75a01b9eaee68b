import AlphaLoopLoader
import CAlphaLoop

/// Learners train, save, load and predict.
enum LearnerChecks {
  private static let learner = Check.Scope.plugin(kinds: AL_KIND_LEARNER)
  static let all: [Check] = [
    Check(
      "learner.round-trip", learner, "a model that was saved and loaded predicts the same, and saves the same bytes",
      advice: "write every number of the model in full, in a fixed order", roundTrip),
    Check(
      "learner.rows", learner, "rows are predicted independently of each other",
      advice: "keep nothing from one row to the next", rows),
    Check(
      "learner.repeat", learner, "training twice on the same data gives the same model",
      advice: "draw from the host's seeded stream; sum in a fixed order", repeated),
    Check(
      "learner.untrained", learner, "without a model, save and predict are errors and there are 0 outputs",
      advice: "answer AL_E_STATE until train or load succeeded", untrained),
    Check(
      "learner.broken", learner, "broken models and hostile data are refused, and the old model stays",
      advice: "check everything before replacing the model; answer AL_E_DATA", broken),
  ]

  /// A matrix with labels in C, for the life of this object.
  private final class Dataset {
    let features: [Float]
    let labels: [Double]
    let columns = 3
    private let memory = CArguments()

    init(_ context: CheckContext, rows: Int, task: UInt32) {
      var generator = context.random(81)
      var (features, labels): ([Float], [Double]) = ([], [])
      for _ in 0..<rows {
        let x = (0..<3).map { _ in generator.normal() }
        let y = 0.5 * x[0] - 0.2 * x[1] + 0.1 * generator.normal()
        features += x.map { Float($0) }
        labels.append(
          task == AL_TASK_REGRESSION ? y : task == AL_TASK_BINARY ? (y > 0 ? 1 : 0) : (y > 0.3 ? 2 : y > -0.3 ? 1 : 0))
      }
      (self.features, self.labels) = (features, labels)
    }

    func matrix(_ order: [Int]) -> al_matrix_v1 {
      let values = order.flatMap { features[$0 * columns..<($0 + 1) * columns] }
      return al_matrix_v1(
        size: UInt32(MemoryLayout<al_matrix_v1>.size), n_features: UInt32(columns), n_rows: UInt64(order.count),
        stride: UInt64(columns), values: memory.array(values))
    }

    func dataset(_ task: UInt32) -> al_dataset_v1 {
      var d = al_dataset_v1()
      d.size = UInt32(MemoryLayout<al_dataset_v1>.size)
      d.task = task
      d.n_classes = task == AL_TASK_MULTICLASS ? 3 : 0
      d.features = matrix(Array(labels.indices))
      d.labels = memory.array(labels)
      return d
    }
  }

  private struct Trained {
    var instance: Instance
    var table: al_learner_v1
    var data: Dataset
  }

  private static func made(_ context: CheckContext) throws(Finding) -> (Instance, al_learner_v1) {
    let instance = try context.subject().make()
    try instance.start()
    return (instance, try instance.table(AL_INTERFACE_LEARNER, al_learner_v1.self))
  }

  /// Trained at the first task that it does.
  private static func trained(_ context: CheckContext) throws(Finding) -> Trained {
    let (instance, table) = try made(context)
    guard let train = table.train else { throw .fail("train is NULL") }
    var refusals: [String] = []
    for task in [AL_TASK_REGRESSION, AL_TASK_BINARY, AL_TASK_MULTICLASS] {
      context.phase("training task \(task)")
      let data = Dataset(context, rows: 300, task: task)
      var set = data.dataset(task)
      let answer = try reply("train") { train(instance.c.ctx, &set, nil, $0) }
      if !answer.isFailure { return Trained(instance: instance, table: table, data: data) }
      if answer.status != AL_E_UNSUPPORTED { throw .fail("train of task \(task) fails: \(answer.description)") }
      refusals.append(answer.description)
    }
    throw .fail("does none of regression, binary and multiclass: \(refusals[0])")
  }

  private static func predict(_ t: Trained, _ order: [Int]) throws(Finding) -> [Double] {
    guard let predict = t.table.predict, let outputs = t.table.n_outputs else {
      throw .fail("predict or n_outputs is NULL")
    }
    let width = Int(outputs(t.instance.c.ctx))
    guard width > 0, width < 1000 else { throw .fail("n_outputs says \(width) after training") }
    var matrix = t.data.matrix(order)
    var out = [Double](repeating: .nan, count: width * order.count)
    let count = UInt64(out.count)
    let answer = try reply("predict") { predict(t.instance.c.ctx, &matrix, &out, count, $0) }
    if answer.isFailure { throw .fail("predict fails: \(answer.description)") }
    guard out.allSatisfy(\.isFinite) else {
      throw .fail("predicts something that is no finite number from finite features")
    }
    return out
  }

  private static func save(_ t: Trained) throws(Finding) -> [UInt8] {
    guard let save = t.table.save else { throw .fail("save is NULL") }
    let collector = ByteCollector()
    var sink = collector.sink
    let answer = try reply("save") { save(t.instance.c.ctx, &sink, $0) }
    if answer.isFailure { throw .fail("save fails: \(answer.description)") }
    return withExtendedLifetime(collector) { collector.bytes }
  }

  private static func load(_ t: Trained, _ bytes: [UInt8], chunk: Int = .max) throws(Finding) -> Reply {
    guard let load = t.table.load else { throw .fail("load is NULL") }
    let feeder = ByteFeeder(bytes, chunk: chunk)
    var source = feeder.source
    let answer = try reply("load") { load(t.instance.c.ctx, &source, $0) }
    return withExtendedLifetime(feeder) { answer }
  }

  private static func roundTrip(_ context: CheckContext) throws(Finding) -> String {
    let t = try trained(context)
    let expected = try predict(t, Array(0..<50))
    let bytes = try save(t)
    for chunk in [Int.max, 1, 997] {
      context.phase("loading \(bytes.count) bytes")
      let (instance, table) = try made(context)
      let other = Trained(instance: instance, table: table, data: t.data)
      let answer = try load(other, bytes, chunk: chunk)
      if answer.isFailure { throw .fail("refuses its own model: \(answer.description)") }
      guard try predict(other, Array(0..<50)) == expected else { throw .fail("a loaded model predicts otherwise") }
      guard try save(other) == bytes else { throw .fail("save, load, save gives other bytes") }
      try instance.stop()
      instance.destroy()
    }
    return "\(bytes.count) bytes"
  }

  private static func rows(_ context: CheckContext) throws(Finding) -> String {
    let t = try trained(context)
    let n = 40
    let all = try predict(t, Array(0..<n))
    let width = all.count / n
    let reversed = try predict(t, Array((0..<n).reversed()))
    for i in 0..<n where reversed[(n - 1 - i) * width..<(n - i) * width] != all[i * width..<(i + 1) * width] {
      throw .fail("row \(i) is predicted otherwise when the rows are in reverse")
    }
    for i in [0, 7, n - 1] where try predict(t, [i])[...] != all[i * width..<(i + 1) * width] {
      throw .fail("row \(i) is predicted otherwise when it is alone")
    }
    return "\(width) outputs a row"
  }

  private static func repeated(_ context: CheckContext) throws(Finding) -> String {
    guard try save(trained(context)) == save(trained(context)) else { throw .fail("training twice gives two models") }
    return ""
  }

  private static func untrained(_ context: CheckContext) throws(Finding) -> String {
    let (instance, table) = try made(context)
    guard let save = table.save, let predict = table.predict else { throw .fail("save or predict is NULL") }
    if let outputs = table.n_outputs, outputs(instance.c.ctx) != 0 { throw .fail("n_outputs is not 0 without a model") }
    let collector = ByteCollector()
    var sink = collector.sink
    guard try reply("save", { save(instance.c.ctx, &sink, $0) }).isFailure else {
      throw .fail("saves a model it does not have")
    }
    let data = Dataset(context, rows: 4, task: AL_TASK_REGRESSION)
    var matrix = data.matrix([0, 1])
    var out = [Double](repeating: 0, count: 16)
    guard try reply("predict", { predict(instance.c.ctx, &matrix, &out, 16, $0) }).isFailure else {
      throw .fail("predicts without a model")
    }
    try instance.stop()
    instance.destroy()
    return withExtendedLifetime(collector) { "" }
  }

  private static func broken(_ context: CheckContext) throws(Finding) -> String {
    let t = try trained(context)
    let expected = try predict(t, Array(0..<20))
    let bytes = try save(t)
    var generator = context.random(82)
    let cases = [
      [], Array(bytes.dropLast()), Array(bytes.prefix(bytes.count / 2)), bytes + [1], generator.bytes(1 << 20),
    ]
    for (k, model) in cases.enumerated() {
      context.phase("loading broken model \(k) of \(model.count) bytes")
      let answer = try load(t, model)
      guard answer.isFailure else {
        throw .fail("accepts a broken model of \(model.count) bytes (a good one has \(bytes.count))")
      }
      guard try predict(t, Array(0..<20)) == expected else { throw .fail("a refused model changes the predictions") }
    }
    context.phase("predicting into too little room")
    guard let predict = t.table.predict else { throw .fail("predict is NULL") }
    var matrix = t.data.matrix([0, 1, 2])
    var out = [Double](repeating: 0.125, count: 2)
    guard try reply("predict", { predict(t.instance.c.ctx, &matrix, &out, 1, $0) }).isFailure else {
      throw .fail("predicts three rows into room for one number")
    }
    return "\(cases.count) models"
  }
}
