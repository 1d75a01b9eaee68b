import AlphaLoopKit
import Testing

/// Two samples with an exact formula, so that the reference (numpy 2 and scipy 1, same formula) sees the same numbers.
enum Sample {
  static let returns = (0..<120).map { (Double((37 * $0) % 101) - 48) / 2000 }
  static let benchmark = (0..<120).map { (Double((53 * $0) % 97) - 45) / 2500 }
}

/// Whether a metric has this value to 1 part in 10^10.
func agrees(_ metric: Metric, _ expected: Double) -> Bool {
  guard let value = metric.value else { return false }
  return abs(value - expected) <= 1e-10 * max(abs(expected), 1e-6)
}

@Suite("Statistics")
struct KitStatisticsTests {
  @Test("moments agree with numpy and scipy")
  func moments() {
    let sample = Sample.returns
    #expect(agrees(Statistics.mean(sample), 0.0006791666666666668))
    #expect(agrees(Statistics.variance(sample), 0.0002142638480392157))
    #expect(agrees(Statistics.skewness(sample), 0.003365992391014267))
    #expect(agrees(Statistics.excessKurtosis(sample), -1.1986202869021534))
    #expect(agrees(Statistics.populationSkewness(sample), 0.003323770534747461))
    #expect(agrees(Statistics.populationKurtosis(sample), 1.801156213558502))
    #expect(agrees(Statistics.covariance(sample, Sample.benchmark), 1.667525210084034e-05))
    #expect(agrees(Statistics.correlation(sample, Sample.benchmark), 0.10050993667101656))
    // The comparison itself must be able to fail.
    #expect(!agrees(Statistics.mean(sample), 0.0006791667))
  }

  @Test("quantiles interpolate between order statistics as numpy does")
  func quantiles() {
    #expect(agrees(Statistics.quantile(Sample.returns, 0.05), -0.022025))
    #expect(agrees(Statistics.quantile(Sample.returns, 0.37), -0.0055))
    #expect(Statistics.quantile([3, 1, 2], 0) == .value(1))
    #expect(Statistics.quantile([3, 1, 2], 1) == .value(3))
    #expect(Statistics.quantile([4, 1], 0.25) == .value(1.75))
  }

  @Test("a sample too small or too even is undefined, not NaN and not zero")
  func undefined() {
    #expect(Statistics.mean([]).value == nil)
    #expect(Statistics.variance([1]).value == nil)
    #expect(Statistics.variance([0.1, 0.1, 0.1]) == .value(0))
    #expect(Statistics.skewness([0.1, 0.1, 0.1]).value == nil)
    #expect(Statistics.excessKurtosis([1, 2, 3]).value == nil)
    #expect(Statistics.correlation([1, 1, 1], [1, 2, 3]).value == nil)
  }

  @Test(
    "the inverse normal distribution agrees with scipy in the centre and both tails",
    arguments: [
      (1e-300, -37.0470962993612), (1e-20, -9.262340089798409), (1e-10, -6.361340902404056),
      (1e-5, -4.264890793922825), (0.001, -3.090232306167813), (0.02, -2.053748910631823),
      (0.075, -1.4395314709384563), (0.3, -0.5244005127080409), (0.5, 0), (0.7, 0.5244005127080407),
      (0.975, 1.959963984540054), (0.999999, 4.753424308817087),
    ])
  func normalQuantile(probability: Double, expected: Double) {
    #expect(agrees(Statistics.normalQuantile(probability), expected))
  }

  @Test("the normal distribution agrees with scipy and undoes its inverse")
  func normalCDF() {
    #expect(agrees(.value(Statistics.normalCDF(-5)), 2.866515718791933e-07))
    #expect(agrees(.value(Statistics.normalCDF(-1.96)), 0.024997895148220435))
    #expect(agrees(.value(Statistics.normalCDF(3)), 0.9986501019683699))
    for probability in stride(from: 0.001, to: 1, by: 0.001) {
      #expect(agrees(Statistics.normalQuantile(probability).map(Statistics.normalCDF), probability))
    }
    #expect(Statistics.normalQuantile(0).value == nil)
    #expect(Statistics.normalQuantile(1).value == nil)
  }
}
