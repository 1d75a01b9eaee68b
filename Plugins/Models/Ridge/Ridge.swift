import AlphaLoopSDK
import CAlphaLoop

/// Ridge regression (Hoerl and Kennard, Technometrics 12, 1970): minimises
/// sum_i w_i (y_i - b - z_i . beta)^2 + lambda |beta|^2 over features z standardised on the training rows; the intercept b
/// is not penalised.
///
/// Missing values: a training row with a feature, label or weight that is not finite is left out; a prediction for a row
/// with a missing feature is NaN, so that the reader abstains. A feature that does not vary gets the coefficient 0.
struct Ridge: Learner {
  static let descriptor = Descriptor(
    id: "learner.ridge", name: "Ridge regression",
    summary: "Linear regression with an L2 penalty on standardised features (Hoerl and Kennard 1970)",
    parameters: [
      .number("lambda", default: 1, in: 0...1e12, "penalty on the squared coefficients of standardised features")
    ])

  /// Rows between two looks at the host's wish to stop.
  private static let chunk = 4096

  private let lambda: Double
  private let host: Host

  init(_ setup: Setup) throws(PluginError) {
    lambda = try setup.parameters.number("lambda")
    host = setup.host
  }

  func decode(_ bytes: [UInt8]) throws(PluginError) -> RidgeModel { try RidgeModel(decoding: bytes) }

  mutating func train(_ data: Dataset, _ progress: WorkProgress) throws(PluginError) -> RidgeModel {
    guard data.task == AL_TASK_REGRESSION else {
      throw PluginError(AL_E_UNSUPPORTED, "learner.ridge does regression (task 1), not task \(data.task)")
    }
    // The rows for early stopping are none of the training's business.
    let rows = (0..<data.features.rows - data.validationRows).filter { isUsable(data, $0) }
    guard rows.count >= 2 else {
      throw .data("\(rows.count) usable rows of \(data.features.rows); a regression needs at least 2")
    }
    let moments = Moments(data, rows)
    let p = data.features.columns
    var gram = [Double](repeating: 0, count: p * p)
    var moment = [Double](repeating: 0, count: p)
    var z = [Double](repeating: 0, count: p)
    for (k, i) in rows.enumerated() {
      if k % Self.chunk == 0 {
        if host.isStopping { throw PluginError(AL_E_CANCELLED, "training stopped after \(k) of \(rows.count) rows") }
        progress.report(UInt64(k), of: UInt64(rows.count), "normal equations")
      }
      let w = data.weights?[i] ?? 1
      for j in 0..<p { z[j] = moments.standardised(data.features[i, j], j) }
      let y = data.labels[i] - moments.label
      for a in 0..<p {
        let wa = w * z[a]
        moment[a] += wa * y
        for b in 0...a { gram[a * p + b] += wa * z[b] }
      }
    }
    for j in 0..<p { gram[j * p + j] += moments.scale[j] == 0 ? 1 : lambda }
    let beta = try Cholesky.solve(gram, moment)
    progress.report(UInt64(rows.count), of: UInt64(rows.count), "normal equations")
    return RidgeModel(
      intercept: moments.label, means: moments.mean, scales: moments.scale, coefficients: beta,
      rows: UInt64(rows.count))
  }

  private func isUsable(_ data: Dataset, _ row: Int) -> Bool {
    let weight = data.weights?[row] ?? 1
    return data.labels[row].isFinite && weight.isFinite && weight > 0
      && data.features.row(row).allSatisfy { $0.isFinite }
  }
}

/// Weighted means and population standard deviations of the training rows.
struct Moments {
  private(set) var mean: [Double]
  /// 0 for a feature that does not vary.
  private(set) var scale: [Double]
  private(set) var label = 0.0

  init(_ data: Dataset, _ rows: [Int]) {
    let p = data.features.columns
    mean = [Double](repeating: 0, count: p)
    scale = [Double](repeating: 0, count: p)
    var total = 0.0
    for i in rows {
      let w = data.weights?[i] ?? 1
      total += w
      label += w * data.labels[i]
      for j in 0..<p { mean[j] += w * Double(data.features[i, j]) }
    }
    label /= total
    for j in 0..<p { mean[j] /= total }
    for i in rows {
      let w = data.weights?[i] ?? 1
      for j in 0..<p {
        let d = Double(data.features[i, j]) - mean[j]
        scale[j] += w * d * d
      }
    }
    for j in 0..<p {
      let deviation = (scale[j] / total).squareRoot()
      // Rounding leaves a constant column with a few last bits of spread; dividing by them would invent a feature.
      scale[j] = deviation > 1e-12 * abs(mean[j]) ? deviation : 0
    }
  }

  func standardised(_ value: Float, _ j: Int) -> Double { scale[j] == 0 ? 0 : (Double(value) - mean[j]) / scale[j] }
}
