import CAlphaLoop

/// Rows of Swift arrays to and from a learner's C table.
struct LearnerUnderTest {
  let plugin: PluginUnderTest
  let table: UnsafePointer<al_learner_v1>

  init(_ plugin: PluginUnderTest, _ table: UnsafePointer<al_learner_v1>) {
    self.plugin = plugin
    self.table = table
  }

  private func withMatrix<R>(_ rows: [[Float]], _ body: (al_matrix_v1) -> R) -> R {
    // One float of padding a row, so that a stride is not taken for a width.
    let width = rows.first?.count ?? 0
    return rows.flatMap { $0 + [.infinity] }.withUnsafeBufferPointer { values in
      var matrix = al_matrix_v1()
      matrix.size = UInt32(MemoryLayout<al_matrix_v1>.size)
      matrix.n_features = UInt32(width)
      matrix.n_rows = UInt64(rows.count)
      matrix.stride = UInt64(width + 1)
      matrix.values = values.baseAddress
      return body(matrix)
    }
  }

  func train(
    _ rows: [[Float]], _ labels: [Double], weights: [Double]? = nil, validation: UInt64 = 0,
    task: UInt32 = AL_TASK_REGRESSION
  ) -> Outcome {
    withMatrix(rows) { matrix in
      labels.withUnsafeBufferPointer { labels in
        (weights ?? []).withUnsafeBufferPointer { list in
          var data = al_dataset_v1()
          data.size = UInt32(MemoryLayout<al_dataset_v1>.size)
          data.task = task
          data.features = matrix
          data.labels = labels.baseAddress
          data.weights = weights == nil ? nil : list.baseAddress
          data.validation_rows = validation
          return plugin.report { table.pointee.train(plugin.ctx, &data, nil, $0) }
        }
      }
    }
  }

  func predict(_ rows: [[Float]], outputs: Int = 1) -> (Outcome, [Double]) {
    var out = [Double](repeating: -99, count: rows.count * outputs)
    let outcome = withMatrix(rows) { matrix in
      withUnsafePointer(to: matrix) { matrix in
        plugin.report { table.pointee.predict(plugin.ctx, matrix, &out, UInt64(out.count), $0) }
      }
    }
    return (outcome, out)
  }

  func save() throws -> [UInt8] {
    let sink = TestSink()
    let outcome = sink.with { to in plugin.report { table.pointee.save(plugin.ctx, to, $0) } }
    guard outcome.status == AL_OK else { throw outcome }
    return sink.bytes
  }

  func load(_ bytes: [UInt8]) -> Outcome {
    TestSource(bytes).with { from in plugin.report { table.pointee.load(plugin.ctx, from, $0) } }
  }
}
