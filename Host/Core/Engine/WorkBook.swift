import CAlphaLoop

/// Quantities that an execution agent works in child orders, and the children that wait for their release.
struct WorkBook {
  /// The agent that works quantities; nil: they leave as one market order.
  let agent: Int?
  struct Child {
    var release: Int64
    var order: UInt64
    var row: al_order_v1
    var owner: Owner
    var label: UInt32
  }
  private var children: [Child] = []
  private var asked: UInt64 = 0

  init(specs: [AgentSpec], retired: Set<Int> = []) {
    agent = specs.indices.first { k in
      !retired.contains(k) && specs[k].has(AL_ROW_ORDER) && specs[k].inputs & AL_IN_ORDERS != 0
        && specs[k].needs.triggers & AL_CAUSE_WORK != 0
    }
  }

  var nextRelease: Int64? { children.last?.release }

  mutating func add(_ row: al_order_v1, owner: Owner, label: UInt32, release: Int64) {
    asked += 1
    let child = Child(release: release, order: asked, row: row, owner: owner, label: label)
    let place = children.firstIndex { ($0.release, $0.order) < (child.release, child.order) } ?? children.count
    children.insert(child, at: place)
  }

  mutating func release(upTo now: Int64, _ send: (Child) -> Void) {
    while let last = children.last, last.release <= now {
      children.removeLast()
      send(last)
    }
  }

  /// Children of an instrument that were not sent yet: their sum, signed.
  func waiting(_ instrument: UInt32) -> Int64 {
    children.reduce(0) { $1.row.instrument == instrument ? $0 &+ $1.row.quantity : $0 }
  }

  mutating func removeAll() { children.removeAll() }
}
