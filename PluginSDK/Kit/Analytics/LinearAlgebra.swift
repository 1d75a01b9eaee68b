/// Ordinary least squares by Householder reflections (Golub, Van Loan 2013, section 5.3). The buffers are allocated once;
/// filling and solving allocate nothing.
///
///     var fit = LeastSquares(rows: 36, columns: 4)
///     fit.setDesign(row, column, value); fit.setTarget(row, value)
///     guard fit.solve() else { … the columns depend on each other … }
///     fit.coefficient(1); fit.residual(35)
public struct LeastSquares: Sendable {
  /// Most rows, and the number of columns.
  public let capacity: Int
  public let columns: Int
  /// Rows in use.
  public private(set) var rows: Int
  private var design: [Double]
  private var target: [Double]
  private var work: [Double]
  private var rotated: [Double]
  private var diagonal: [Double]
  private var scratch: [Double]
  private var coefficients: [Double]
  private var residuals: [Double]

  public init(rows: Int, columns: Int) {
    capacity = rows
    self.rows = rows
    self.columns = columns
    design = Array(repeating: 0, count: rows * columns)
    target = Array(repeating: 0, count: rows)
    work = design
    rotated = target
    diagonal = Array(repeating: 0, count: columns)
    coefficients = diagonal
    scratch = diagonal
    residuals = target
  }

  /// Uses the first `count` rows.
  public mutating func use(rows count: Int) {
    precondition(count <= capacity, "more rows than were allocated")
    rows = count
  }

  public mutating func setDesign(_ row: Int, _ column: Int, _ value: Double) {
    design[column * capacity + row] = value
  }
  public mutating func setTarget(_ row: Int, _ value: Double) { target[row] = value }

  public func coefficient(_ column: Int) -> Double { coefficients[column] }
  public func residual(_ row: Int) -> Double { residuals[row] }

  public var sumOfSquaredResiduals: Double {
    var sum = 0.0
    for row in 0..<rows { sum += residuals[row] * residuals[row] }
    return sum
  }

  /// Fits. False when there are fewer rows than columns, a value is not finite, or a column is a combination of others
  /// within 1e-10 of its length.
  public mutating func solve() -> Bool {
    guard rows >= columns, columns > 0 else { return false }
    for k in work.indices { work[k] = design[k] }
    for row in 0..<rows { rotated[row] = target[row] }
    for k in 0..<columns {
      guard reflect(k) else { return false }
    }
    for k in stride(from: columns - 1, through: 0, by: -1) {
      var sum = rotated[k]
      for j in (k + 1)..<max(columns, k + 1) { sum -= work[j * capacity + k] * coefficients[j] }
      coefficients[k] = sum / diagonal[k]
      guard coefficients[k].isFinite else { return false }
    }
    for row in 0..<rows {
      var fitted = 0.0
      for k in 0..<columns { fitted += design[k * capacity + row] * coefficients[k] }
      residuals[row] = target[row] - fitted
    }
    return true
  }

  /// Standard error of a coefficient under independent errors of equal variance. After `solve`, with rows > columns.
  public mutating func standardError(_ column: Int) -> Double {
    // Row `column` of R^-1: solve R' z = e for the unit vector e, from `column` down.
    var square = 0.0
    for k in column..<columns {
      var sum = k == column ? 1.0 : 0.0
      for j in column..<k { sum -= work[k * capacity + j] * scratch[j] }
      scratch[k] = sum / diagonal[k]
      square += scratch[k] * scratch[k]
    }
    return (square * sumOfSquaredResiduals / Double(rows - columns)).squareRoot()
  }

  /// Reflection k: zeroes column k below its diagonal in the matrix and carries the target along.
  private mutating func reflect(_ k: Int) -> Bool {
    let base = k * capacity
    var length = 0.0
    for row in 0..<rows { length += design[base + row] * design[base + row] }
    var norm = 0.0
    for row in k..<rows { norm += work[base + row] * work[base + row] }
    norm = norm.squareRoot()
    guard norm > 1e-10 * length.squareRoot(), norm.isFinite else { return false }
    let pivot = work[base + k]
    let signed = pivot > 0 ? -norm : norm
    // v = x - signed * e1, of squared length 2 norm (norm + |pivot|).
    work[base + k] = pivot - signed
    let half = norm * (norm + abs(pivot))
    for j in (k + 1)..<max(columns, k + 1) {
      var dot = 0.0
      for row in k..<rows { dot += work[base + row] * work[j * capacity + row] }
      for row in k..<rows { work[j * capacity + row] -= dot / half * work[base + row] }
    }
    var dot = 0.0
    for row in k..<rows { dot += work[base + row] * rotated[row] }
    for row in k..<rows { rotated[row] -= dot / half * work[base + row] }
    diagonal[k] = signed
    return true
  }
}
