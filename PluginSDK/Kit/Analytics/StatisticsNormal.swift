import Glibc

extension Statistics {
  /// The standard normal cumulative distribution function.
  public static func normalCDF(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

  /// The inverse of the standard normal distribution function, to about 1 part in 10^16.
  ///
  /// Source: Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37 (1988).
  ///
  /// - Parameter probability: in (0, 1); outside of it the result is undefined.
  public static func normalQuantile(_ probability: Double) -> Metric {
    guard probability > 0, probability < 1 else { return .undefined("a probability of 0 or 1 has no finite quantile") }
    let q = probability - 0.5
    if abs(q) <= 0.425 {
      let r = 0.180625 - q * q
      return .value(q * polynomial(centre.numerator, r) / polynomial(centre.denominator, r))
    }
    let tail = (-log(q < 0 ? probability : 1 - probability)).squareRoot()
    let (coefficients, r) = tail <= 5 ? (middle, tail - 1.6) : (far, tail - 5)
    let magnitude = polynomial(coefficients.numerator, r) / polynomial(coefficients.denominator, r)
    return .value(q < 0 ? -magnitude : magnitude)
  }

  private static func polynomial(_ coefficients: [Double], _ x: Double) -> Double {
    coefficients.reversed().reduce(0) { $0 * x + $1 }
  }

  private typealias Rational = (numerator: [Double], denominator: [Double])

  private static let centre: Rational = (
    [
      3.387132872796366608e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
      4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
    ],
    [
      1, 4.2313330701600911252e1, 6.871870074920579083e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
      3.930789580009271061e4, 2.8729085735721942674e4, 5.226495278852854561e3,
    ]
  )

  private static let middle: Rational = (
    [
      1.42343711074968357734e0, 4.6303378461565452959e0, 5.7694972214606914055e0, 3.64784832476320460504e0,
      1.27045825245236838258e0, 2.4178072517745061177e-1, 2.27238449892691845833e-2, 7.7454501427834140764e-4,
    ],
    [
      1, 2.05319162663775882187e0, 1.6763848301838038494e0, 6.8976733498510000455e-1, 1.4810397642748007459e-1,
      1.51986665636164571966e-2, 5.475938084995344946e-4, 1.05075007164441684324e-9,
    ]
  )

  private static let far: Rational = (
    [
      6.6579046435011037772e0, 5.4637849111641143699e0, 1.7848265399172913358e0, 2.9656057182850489123e-1,
      2.6532189526576123093e-2, 1.2426609473880784386e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
    ],
    [
      1, 5.9983220655588793769e-1, 1.3692988092273580531e-1, 1.48753612908506148525e-2, 7.868691311456132591e-4,
      1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
    ]
  )
}
