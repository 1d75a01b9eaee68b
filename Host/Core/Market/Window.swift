import CAlphaLoop

extension UnsafeMutablePointer where Pointee == al_window_v1 {
  /// Moves the newest `rows` rows (or all, where it holds fewer) to the front of the window's memory, which leaves room
  /// for the next ones.
  @inline(never)
  public func keepNewest(_ rows: Int) {
    let keep = Swift.min(Int(pointee.count), rows)
    let from = Int(pointee.first) + Int(pointee.count) - keep
    func move<T>(_ base: UnsafePointer<T>?) {
      guard let base, keep > 0 else { return }
      UnsafeMutablePointer<T>(mutating: base).update(from: base + from, count: keep)
    }
    move(pointee.ts)
    move(pointee.open)
    move(pointee.high)
    move(pointee.low)
    move(pointee.close)
    move(pointee.volume)
    pointee.first = 0
    pointee.count = UInt32(keep)
  }
}
