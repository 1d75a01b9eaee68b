/// A bar while its time runs.
struct FormingBar {
  /// Seconds since 1970.
  var start: Int64
  var open = 0.0
  var high = 0.0
  var low = 0.0
  var close = 0.0
  var volume = 0
  var value = 0.0
  var count = 0

  init(_ start: Int64) { self.start = start }

  mutating func add(_ price: Double, _ size: Int) {
    if count == 0 { (open, high, low) = (price, price, price) }
    (high, low, close) = (max(high, price), min(low, price), price)
    volume += size
    value += price * Double(size)
    count += 1
  }

  var average: Double { volume > 0 ? value / Double(volume) : close }
}
