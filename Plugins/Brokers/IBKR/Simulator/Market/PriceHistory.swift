import Glibc
import TWSProtocol

/// Prices before the gateway began: waves of many lengths, and noise that follows from the seed, ending at the price that
/// the walk begins with.
struct PriceHistory {
  let instrument: Instrument
  let seed: UInt64
  /// Seconds since 1970 at which the walk begins.
  let anchor: Int64

  func price(_ time: Int64) -> Double {
    let level = instrument.base * (1 + shape(min(time, anchor)) - shape(anchor))
    return max(Instrument.onGrid(level, instrument.tick), instrument.tick)
  }

  private func shape(_ time: Int64) -> Double {
    let t = Double(time)
    let phase = Double(instrument.conId % 1000)
    return 0.04 * sin(t / 316_000 + phase) + 0.012 * sin(t / 51_000 + phase * 2) + 0.003 * sin(t / 4100 + phase * 3)
      + 0.000_6 * (noise(time / 5).unit - 0.5)
  }

  private func noise(_ index: Int64) -> (unit: Double, other: Double) {
    var stream = SeededStream(seed ^ UInt64(bitPattern: index), instrument.symbol)
    return (stream.unit(), stream.unit())
  }

  /// The bar of a stretch of time.
  func bar(_ start: Int64, seconds length: Int64) -> Bar {
    let (open, close) = (price(start), price(start + length - 1))
    let chance = noise(start)
    let spread = open * 0.000_3 * (1 + Double(length).squareRoot() / 20)
    var bar = Bar()
    (bar.open, bar.close) = (open, close)
    bar.high = Instrument.onGrid(max(open, close) + chance.unit * spread, instrument.tick)
    bar.low = max(Instrument.onGrid(min(open, close) - chance.other * spread, instrument.tick), instrument.tick)
    bar.volume = WireDecimal(mantissa: Int64(Double(length) * (20 + chance.unit * 60)))
    bar.wap = WireDecimal("\(Instrument.onGrid((open + close) / 2, 0.001))")
    bar.barCount = Int32(clamping: Int64(Double(length) * (1 + chance.other)))
    return bar
  }
}
