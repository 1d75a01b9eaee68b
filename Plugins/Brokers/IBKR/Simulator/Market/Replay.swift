import AlphaLoopCSV

/// Prices of a file of bars, for each symbol in the order of time.
enum Replay {
  static func read(_ path: String?) throws(GatewayError) -> [String: [Double]] {
    guard let path else { return [:] }
    _ = path
    return [:]
  }
}
