import AlphaLoopSDK
import CAlphaLoop

/// Every order id ever seen, for idempotent submission, and where the working ones are.
///
/// Ids of a session are dense, so they are kept in blocks of 128. A block whose orders are all finished and were all
/// accepted gives its entries back and costs 32 bytes: a quarter of a byte an order.
struct OrderIndex {
  struct Block {
    var session: UInt64
    var base: UInt64
    var entries: UInt32
    var live: UInt16 = 0
    var seen: UInt16 = 0
    var refused: UInt16 = 0
    var reserved: UInt16 = 0
    var padding: UInt32 = 0
  }

  static let none = AL_NONE
  static let shift: UInt64 = 7
  static let width = 128

  /// Entry of an id: 0 never seen, 1 accepted and finished, 2...15 refused (a `Refusal`), else slot + 16.
  static let accepted: UInt32 = 1
  static let firstSlot: UInt32 = 16

  var blocks: UnsafeMutablePointer<Block>
  var blockCount = 0
  var blockCapacity: Int
  var table: UnsafeMutablePointer<UInt32>
  var tableMask: Int
  var entries: UnsafeMutablePointer<UInt32>
  var entryBlocks = 0
  var entryCapacity: Int
  /// First free run of entries; a free run keeps the next one in its first entry.
  var freeEntries = OrderIndex.none
  var cached: UInt32 = OrderIndex.none

  init() {
    blockCapacity = 16
    blocks = .allocate(capacity: blockCapacity)
    tableMask = 63
    table = .allocate(capacity: 64)
    table.initialize(repeating: Self.none, count: 64)
    entryCapacity = 16
    entries = .allocate(capacity: entryCapacity * Self.width)
  }

  func deallocate() {
    blocks.deallocate()
    table.deallocate()
    entries.deallocate()
  }

  @inline(__always) static func hash(_ session: UInt64, _ base: UInt64) -> Int {
    var x = (session &+ base &* 0x9e37_79b9_7f4a_7c15) ^ (session &>> 29)
    x = (x ^ (x &>> 32)) &* 0xd6e8_feb8_6659_fd93
    return Int(truncatingIfNeeded: (x ^ (x &>> 32)) & 0x7fff_ffff_ffff_ffff)
  }

  /// The block of an id, or `none`.
  @inline(__always) mutating func find(_ id: al_order_id_v1) -> UInt32 {
    let base = id.sequence &>> Self.shift
    if cached != Self.none {
      let block = blocks + Int(cached)
      if block.pointee.base == base && block.pointee.session == id.session { return cached }
    }
    return search(id.session, base)
  }

  @inline(never) private mutating func search(_ session: UInt64, _ base: UInt64) -> UInt32 {
    var at = Self.hash(session, base) & tableMask
    while table[at] != Self.none {
      let block = blocks + Int(table[at])
      if block.pointee.base == base && block.pointee.session == session {
        cached = table[at]
        return cached
      }
      at = (at &+ 1) & tableMask
    }
    return Self.none
  }

  @inline(__always) func entry(_ block: UInt32, _ id: al_order_id_v1) -> UInt32 {
    guard block != Self.none else { return 0 }
    let run = blocks[Int(block)].entries
    if run == Self.none { return Self.accepted }
    return entries[Int(run) &* Self.width &+ Int(truncatingIfNeeded: id.sequence & 127)]
  }

  /// The entry of an id that was never seen, when it lies in the block used last.
  @inline(__always) func unseen(_ id: al_order_id_v1) -> UnsafeMutablePointer<UInt32>? {
    guard cached != Self.none else { return nil }
    let block = blocks + Int(cached)
    guard block.pointee.base == id.sequence &>> Self.shift, block.pointee.session == id.session,
      block.pointee.entries != Self.none
    else { return nil }
    let entry = entries + (Int(block.pointee.entries) &* Self.width &+ Int(truncatingIfNeeded: id.sequence & 127))
    return entry.pointee == 0 ? entry : nil
  }

  /// Fills an entry that `unseen` gave.
  @inline(__always) func take(_ entry: UnsafeMutablePointer<UInt32>, _ index: UInt32, _ value: UInt32) {
    entry.pointee = value
    blocks[Int(index)].seen &+= 1
    blocks[Int(index)].live &+= 1
  }

  /// Records an id for the first time and gives its block. `value`: slot + 16, or a refusal.
  @inline(__always) mutating func insert(_ id: al_order_id_v1, into found: UInt32, _ value: UInt32) -> UInt32 {
    let index = found != Self.none ? found : addBlock(id.session, id.sequence &>> Self.shift)
    let block = blocks + Int(index)
    entries[Int(block.pointee.entries) &* Self.width &+ Int(truncatingIfNeeded: id.sequence & 127)] = value
    block.pointee.seen &+= 1
    if value >= Self.firstSlot { block.pointee.live &+= 1 } else { block.pointee.refused &+= 1 }
    return index
  }

  /// The order is no longer working. `value`: `accepted` or a refusal.
  @inline(__always) mutating func finish(_ index: UInt32, _ id: al_order_id_v1, _ value: UInt32) {
    let block = blocks + Int(index)
    entries[Int(block.pointee.entries) &* Self.width &+ Int(truncatingIfNeeded: id.sequence & 127)] = value
    block.pointee.live &-= 1
    if value != Self.accepted { block.pointee.refused &+= 1 }
    if block.pointee.live == 0 && block.pointee.seen == Self.width && block.pointee.refused == 0 { seal(block) }
  }

  @inline(never) private mutating func seal(_ block: UnsafeMutablePointer<Block>) {
    let run = block.pointee.entries
    entries[Int(run) * Self.width] = freeEntries
    freeEntries = run
    block.pointee.entries = Self.none
  }

  @inline(never) private mutating func addBlock(_ session: UInt64, _ base: UInt64) -> UInt32 {
    if blockCount == blockCapacity { growBlocks() }
    (blocks + blockCount).initialize(to: Block(session: session, base: base, entries: takeEntries()))
    place(blockCount)
    cached = UInt32(truncatingIfNeeded: blockCount)
    blockCount += 1
    return cached
  }

  // MARK: from saved state

  mutating func restoreBlock(_ session: UInt64, _ base: UInt64) -> UInt32 { addBlock(session, base) }

  mutating func restoreEntry(_ index: UInt32, _ id: al_order_id_v1, _ value: UInt32) {
    let block = blocks + Int(index)
    entries[Int(block.pointee.entries) * Self.width + Int(id.sequence & 127)] = value
    block.pointee.seen += 1
    if value != Self.accepted { block.pointee.refused += 1 }
  }

  mutating func sealIfWhole(_ index: UInt32) {
    let block = blocks + Int(index)
    if block.pointee.seen == Self.width && block.pointee.refused == 0 { seal(block) }
  }

  // MARK: growth

  private func place(_ index: Int) {
    let block = blocks[index]
    var at = Self.hash(block.session, block.base) & tableMask
    while table[at] != Self.none { at = (at &+ 1) & tableMask }
    table[at] = UInt32(truncatingIfNeeded: index)
  }

  @inline(never) private mutating func growBlocks() {
    let wider = UnsafeMutablePointer<Block>.allocate(capacity: blockCapacity * 2)
    wider.moveInitialize(from: blocks, count: blockCount)
    blocks.deallocate()
    blocks = wider
    blockCapacity *= 2
    table.deallocate()
    tableMask = blockCapacity * 4 - 1
    table = .allocate(capacity: blockCapacity * 4)
    table.initialize(repeating: Self.none, count: blockCapacity * 4)
    for index in 0..<blockCount { place(index) }
  }

  private mutating func takeEntries() -> UInt32 {
    let run: UInt32
    if freeEntries != Self.none {
      run = freeEntries
      freeEntries = entries[Int(run) * Self.width]
    } else {
      if entryBlocks == entryCapacity { growEntries() }
      run = UInt32(truncatingIfNeeded: entryBlocks)
      entryBlocks += 1
    }
    (entries + Int(run) * Self.width).initialize(repeating: 0, count: Self.width)
    return run
  }

  @inline(never) private mutating func growEntries() {
    let wider = UnsafeMutablePointer<UInt32>.allocate(capacity: entryCapacity * 2 * Self.width)
    wider.moveInitialize(from: entries, count: entryCapacity * Self.width)
    entries.deallocate()
    entries = wider
    entryCapacity *= 2
  }
}
