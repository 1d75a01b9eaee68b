import AlphaLoopKit
import PluginProbe
import Testing

@Suite("regressions and ranks")
struct ArbitrageRegressionTests {
  /// statsmodels 0.15 OLS on the same 36 rows.
  @Test("least squares equals an independent calculation")
  func leastSquares() {
    var random = SeededRandom(seed: 31)
    var fit = LeastSquares(rows: 36, columns: 4)
    for row in 0..<36 {
      fit.setDesign(row, 0, 1)
      for column in 1..<4 { fit.setDesign(row, column, random.gaussian()) }
    }
    for row in 0..<36 { fit.setTarget(row, random.gaussian()) }
    let isSolved = fit.solve()
    #expect(isSolved)
    let coefficients = [-0.0686825882937904, 0.26374288535347035, 0.11005161010731807, -0.1988789554878957]
    let errors = [0.1780269841718003, 0.17291463716048483, 0.17001079216336154, 0.17096377369409876]
    for k in 0..<4 {
      #expect(abs(fit.coefficient(k) - coefficients[k]) < 1e-12)
      let error = fit.standardError(k)
      #expect(abs(error - errors[k]) < 1e-12)
    }
    #expect(abs(fit.sumOfSquaredResiduals - 35.81014923175553) < 1e-10)
    #expect(abs(fit.residual(35) + 0.32607842743664334) < 1e-12)
  }

  @Test("a column that repeats another, or too few rows, cannot be fitted")
  func deficient() {
    var fit = LeastSquares(rows: 5, columns: 2)
    for row in 0..<5 {
      fit.setDesign(row, 0, Double(row + 1))
      fit.setDesign(row, 1, 3 * Double(row + 1))
      fit.setTarget(row, 1)
    }
    let repeated = fit.solve()
    for row in 0..<5 { fit.setDesign(row, 1, Double(row * row)) }
    let distinct = fit.solve()
    fit.use(rows: 1)
    let short = fit.solve()
    #expect(!repeated && distinct && !short)
  }

  /// mackinnoncrit(2, 'c', 251) and mackinnonp(t, 'c', 2) of statsmodels 0.15. At 1 % its table has -33.527 where MacKinnon
  /// (2010) prints -22.527, so that value is by hand: -3.89644 - 10.9519/251 - 22.527/251^2.
  @Test("critical values and probabilities of the Engle-Granger test")
  func mackinnon() throws {
    #expect(abs(try #require(EngleGranger.criticalValue(percent: 1, count: 251)) + 3.9404306) < 1e-6)
    #expect(abs(try #require(EngleGranger.criticalValue(percent: 5, count: 251)) + 3.360581327756702) < 1e-12)
    #expect(abs(try #require(EngleGranger.criticalValue(percent: 10, count: 251)) + 3.0613903850732527) < 1e-12)
    #expect(EngleGranger.criticalValue(percent: 2, count: 251) == nil)
    let values = [
      (-1.0, 0.902847226038779), (-2.5, 0.2790690234367212), (-3.34, 0.04946535878273698), (-6, 1.6234924812268292e-06),
    ]
    for (t, p) in values { #expect(abs(EngleGranger.probability(t) - p) < 1e-9) }
    #expect(EngleGranger.probability(1) == 1)
    #expect(EngleGranger.probability(-20) == 0)
  }

  @Test("ranks do not depend on the order names are added in", arguments: UInt64(1)...20)
  func ranks(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    // Few distinct values, so that there are ties.
    let values = (0..<30).map { _ in Double(random.next() % 12) }
    var section = CrossSection(capacity: 30)
    for i in values.indices.shuffled(using: &random) { section.add(i, values[i]) }
    section.rank()
    var sum = 0.0
    for k in 0..<section.count {
      let value = values[section.member(k)]
      let below = values.filter { $0 < value }.count
      let equal = values.filter { $0 == value }.count
      #expect(section.rank(k) == Double(below) + Double(equal + 1) / 2)
      sum += section.centeredRank(k)
    }
    #expect(abs(sum) < 1e-12)
    #expect(abs(section.mean - values.reduce(0, +) / 30) < 1e-12)
  }
}
