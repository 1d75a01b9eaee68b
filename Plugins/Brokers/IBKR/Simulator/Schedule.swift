/// What is to be done at which simulated time: the earliest first, and in the order of asking at one time.
struct Schedule {
  private struct Entry {
    var time: Int64
    var order: Int
    var work: () -> Void
  }
  private var heap: [Entry] = []
  private var count = 0

  var next: Int64? { heap.first?.time }

  mutating func add(at time: Int64, _ work: @escaping () -> Void) {
    count += 1
    heap.append(Entry(time: time, order: count, work: work))
    var child = heap.count - 1
    while child > 0, precedes(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// The next piece of work that is due.
  mutating func due(_ now: Int64) -> (time: Int64, work: () -> Void)? {
    guard let first = heap.first, first.time <= now else { return nil }
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && precedes(child, least) { least = child }
      if least == parent { break }
      heap.swapAt(parent, least)
      parent = least
    }
    return (first.time, first.work)
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool { (heap[a].time, heap[a].order) < (heap[b].time, heap[b].order) }
}
