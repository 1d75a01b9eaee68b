import CAlphaLoop

/// The questions every agent asks of a series before it reads it, answered the same way by all: are the columns there, is
/// the history long enough, is the newest row fresh, are the numbers prices, did the newest bar trade.
///
///     gate = try SeriesGate(setup.parameters, rows: 253)                       // in init
///     if let reason = gate.fault(input, i) { output.abstain(i, reason) }       // in evaluate
public struct SeriesGate: Sendable {
  /// To be appended to the parameters of a descriptor.
  /// - Parameter maxAgeHours: the default; half a day suits daily bars.
  public static func parameters(maxAgeHours: Double = 12) -> [ParameterSpec] {
    [
      .number(
        "max_age_hours", default: maxAgeHours, in: 0...8760,
        "abstain where the newest bar is older than this: a name that missed today's bar is stale"),
      .flag(
        "require_volume", default: true,
        "abstain where the newest bar reports a volume of 0; false for series that carry none (FX, indices)"),
    ]
  }

  /// Rows that must be there and be good.
  public let rows: Int
  private let columns: UInt32
  private let maxAge: Int64
  private let requireVolume: Bool

  /// - Parameters:
  ///   - rows: newest rows the agent reads.
  ///   - columns: `AL_COLUMN_*` of prices it reads.
  /// - Throws: `PluginError.configuration` where the descriptor lacks `SeriesGate.parameters`.
  public init(_ parameters: Parameters, rows: Int, columns: UInt32 = AL_COLUMN_CLOSE) throws(PluginError) {
    self.rows = rows
    self.columns = columns & ~AL_COLUMN_VOLUME
    maxAge = Int64(try parameters.number("max_age_hours") * 3600e9)
    requireVolume = try parameters.flag("require_volume")
  }

  /// What to ask for in `Needs.columns`.
  public var columnsRead: UInt32 { requireVolume ? columns | AL_COLUMN_VOLUME : columns }

  /// Why instrument `index` cannot be answered now, or nil when it can.
  public func fault(_ input: Input, _ index: Int) -> Reason? {
    guard let window = input.window(index), window.columns & columns == columns else { return .missingCapability }
    guard window.count >= rows else { return .warmUp }
    guard input.asOf - window.lastTime <= maxAge else { return .stale }
    guard isGood(window) else { return .invalidData }
    guard requireVolume, let volume = window.volume?.last else { return nil }
    // Not `volume > 0`: NaN is no volume either, but says that the data is broken.
    if volume == 0 { return .zeroVolume }
    return volume > 0 && volume.isFinite ? nil : .invalidData
  }

  private func isGood(_ window: Window) -> Bool {
    arePrices(AL_COLUMN_OPEN, window.open) && arePrices(AL_COLUMN_HIGH, window.high)
      && arePrices(AL_COLUMN_LOW, window.low) && arePrices(AL_COLUMN_CLOSE, window.close) && areRanges(window)
  }

  private func arePrices(_ bit: UInt32, _ column: Column?) -> Bool {
    guard columns & bit != 0, let column else { return true }
    for value in column.suffix(rows).values where !(value > 0 && value < .infinity) { return false }
    return true
  }

  /// A high below its low, or a close outside them, is no bar.
  private func areRanges(_ window: Window) -> Bool {
    let both = AL_COLUMN_HIGH | AL_COLUMN_LOW
    guard columns & both == both, let high = window.high, let low = window.low else { return true }
    for age in 0..<rows {
      guard low[ago: age] <= high[ago: age] else { return false }
      if let close = window.close, !(close[ago: age] >= low[ago: age] && close[ago: age] <= high[ago: age]) {
        return false
      }
    }
    return true
  }
}

extension Column {
  /// The rows as a buffer, for functions of `AlphaLoopKit`. Valid during the evaluation.
  @inlinable public var values: UnsafeBufferPointer<Double> { UnsafeBufferPointer(start: base, count: count) }
}
