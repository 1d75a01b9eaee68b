import AlphaLoopCSV

/// Closing prices of a file of bars, for each symbol in the order of time: one a quote.
enum Replay {
  static func read(_ path: String?) throws(GatewayError) -> [String: [Double]] {
    guard let path else { return [:] }
    do {
      let file = try BarFile.read(path: path, options: BarFileOptions())
      var prices: [String: [Double]] = [:]
      for series in file.series { prices[series.symbol] = series.close.map { Double($0) / 1e8 } }
      return prices
    } catch {
      throw GatewayError("\(path): \(error)")
    }
  }
}
