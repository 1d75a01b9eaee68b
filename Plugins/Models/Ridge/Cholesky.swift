import AlphaLoopSDK

/// Solves A x = b for a symmetric positive definite A, of which the lower triangle is read, row-major.
enum Cholesky {
  /// - Throws: `PluginError.data` where A is singular to working precision.
  static func solve(_ a: [Double], _ b: [Double]) throws(PluginError) -> [Double] {
    let n = b.count
    var l = a
    for j in 0..<n {
      var pivot = l[j * n + j]
      for k in 0..<j { pivot -= l[j * n + k] * l[j * n + k] }
      // Relative to the column's own size: what cancellation leaves of a dependent column is about 1e-16 of it.
      guard pivot > 1e-13 * a[j * n + j], pivot.isFinite else {
        throw .data("feature \(j) depends on the features before it; raise 'lambda' above 0 or drop the feature")
      }
      let d = pivot.squareRoot()
      l[j * n + j] = d
      for i in j + 1..<max(n, j + 1) {
        var sum = l[i * n + j]
        for k in 0..<j { sum -= l[i * n + k] * l[j * n + k] }
        l[i * n + j] = sum / d
      }
    }
    var x = b
    for i in 0..<n {
      for k in 0..<i { x[i] -= l[i * n + k] * x[k] }
      x[i] /= l[i * n + i]
    }
    for i in (0..<n).reversed() {
      for k in i + 1..<max(n, i + 1) { x[i] -= l[k * n + i] * x[k] }
      x[i] /= l[i * n + i]
    }
    return x
  }
}
