/// The names that take part in a cross-section at one time, their values and ranks. Buffers are allocated once; filling,
/// ranking and reading allocate nothing. The result does not depend on the order names are added in.
public struct CrossSection: Sendable {
  /// Names added since the last `removeAll`.
  public private(set) var count = 0
  private var members: [Int]
  private var values: [Double]
  private var ranks: [Double]
  private var order: [Int]

  /// - Parameter capacity: most names.
  public init(capacity: Int) {
    members = Array(repeating: 0, count: capacity)
    values = Array(repeating: 0, count: capacity)
    ranks = Array(repeating: 0, count: capacity)
    order = Array(repeating: 0, count: capacity)
  }

  public mutating func removeAll() { count = 0 }

  /// - Parameters:
  ///   - member: the caller's own index of the name.
  ///   - value: finite.
  public mutating func add(_ member: Int, _ value: Double) {
    precondition(count < members.count, "more names than the cross-section has room for")
    members[count] = member
    values[count] = value
    count += 1
  }

  public func member(_ k: Int) -> Int { members[k] }
  public func value(_ k: Int) -> Double { values[k] }

  /// The mean of the values, summed in rising order so that it is the same whatever order names came in. Needs `rank`.
  public var mean: Double {
    var sum = 0.0
    for k in 0..<count { sum += values[order[k]] }
    return sum / Double(count)
  }

  /// True when every value is the same: there is nothing to rank. Needs `rank`.
  public var isFlat: Bool { count == 0 || values[order[0]] == values[order[count - 1]] }

  /// Sorts, and gives equal values the mean of their ranks.
  public mutating func rank() {
    for k in 0..<count { order[k] = k }
    sort()
    var from = 0
    while from < count {
      var to = from
      while to + 1 < count, values[order[to + 1]] == values[order[from]] { to += 1 }
      let shared = Double(from + to) / 2 + 1
      for k in from...to { ranks[order[k]] = shared }
      from = to + 1
    }
  }

  /// 1 is the lowest value, `count` the highest. Needs `rank`.
  public func rank(_ k: Int) -> Double { ranks[k] }

  /// The centred rank scaled to [-1, 1]: (2 rank - n - 1) / (n - 1). It is the standardised rank up to a factor that
  /// depends on n alone, so it sums to 0. Needs `rank` and two names.
  public func centeredRank(_ k: Int) -> Double { (2 * ranks[k] - Double(count) - 1) / Double(count - 1) }

  /// Heapsort: in place, where the standard library's sort allocates.
  private mutating func sort() {
    var start = count / 2
    while start > 0 {
      start -= 1
      sift(start, count)
    }
    var end = count
    while end > 1 {
      end -= 1
      order.swapAt(0, end)
      sift(0, end)
    }
  }

  private mutating func sift(_ start: Int, _ end: Int) {
    var root = start
    while 2 * root + 1 < end {
      var child = 2 * root + 1
      if child + 1 < end, values[order[child]] < values[order[child + 1]] { child += 1 }
      guard values[order[root]] < values[order[child]] else { return }
      order.swapAt(root, child)
      root = child
    }
  }
}
