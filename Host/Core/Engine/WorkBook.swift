import CAlphaLoop

/// Quantities that an execution agent works in child orders, and the children that wait for their release.
struct WorkBook {
  /// The agent that works quantities; nil: they leave as one market order.
  private(set) var agent: Int?
  struct Child {
    var release: Int64
    var order: UInt64
    var row: al_order_v1
    var owner: Owner
    var label: UInt32
  }
  private var children: [Child] = []
  private var asked: UInt64 = 0
  /// When the next child is to leave; `.max` when none waits.
  private(set) var next = Int64.max

  init(specs: [AgentSpec]) { adopt(specs, retired: []) }

  /// Another generation of agents: what waits goes on, but for what a retired agent wanted to open.
  mutating func adopt(_ specs: [AgentSpec], retired: Set<Int>) {
    children.removeAll {
      !$0.owner.isGroup && retired.contains(Int($0.owner.index)) && $0.row.flags & AL_ORDER_REDUCE_ONLY == 0
    }
    next = children.last?.release ?? .max
    agent = specs.indices.first { k in
      !retired.contains(k) && specs[k].has(AL_ROW_ORDER) && specs[k].inputs & AL_IN_ORDERS != 0
        && specs[k].needs.triggers & AL_CAUSE_WORK != 0
    }
  }

  mutating func add(_ row: al_order_v1, owner: Owner, label: UInt32, release: Int64) {
    asked += 1
    let child = Child(release: release, order: asked, row: row, owner: owner, label: label)
    let place = children.firstIndex { ($0.release, $0.order) < (child.release, child.order) } ?? children.count
    children.insert(child, at: place)
    next = children.last?.release ?? .max
  }

  /// Takes the next child whose time has come.
  mutating func pop(upTo now: Int64) -> Child? {
    guard let last = children.last, last.release <= now else { return nil }
    children.removeLast()
    next = children.last?.release ?? .max
    return last
  }

  /// Children of an instrument that were not sent yet: their sum, signed.
  func waiting(_ instrument: UInt32) -> Int64 {
    children.reduce(0) { $1.row.instrument == instrument ? $0 &+ $1.row.quantity : $0 }
  }

  /// Takes back up to `amount` of what waits in an instrument on the side of `sign`, what would leave last first.
  /// - Returns: what was taken back, signed.
  mutating func withdraw(_ instrument: UInt32, upTo amount: Int64, sign: Int64) -> Int64 {
    var left = amount
    var k = 0
    while k < children.count, left > 0 {
      let quantity = children[k].row.quantity
      guard children[k].row.instrument == instrument, quantity.signum() == sign else {
        k += 1
        continue
      }
      let taken = min(left, abs(quantity))
      left -= taken
      if taken == abs(quantity) {
        children.remove(at: k)
      } else {
        children[k].row.quantity -= sign * taken
        k += 1
      }
    }
    next = children.last?.release ?? .max
    return sign * (amount - left)
  }

  mutating func removeAll() {
    children.removeAll()
    next = .max
  }
}
