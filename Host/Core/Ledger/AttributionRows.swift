/// The agents' positions, one row for each agent and instrument that ever met, found in O(1) and linked an instrument.
struct AttributionRows: ~Copyable {
  private(set) var rows: UnsafeMutablePointer<AgentPosition>
  private(set) var count = 0
  private var capacity = 64
  private var table: UnsafeMutablePointer<Int32>

  init() {
    rows = .allocate(capacity: capacity)
    table = .allocate(capacity: 2 * capacity)
    table.initialize(repeating: -1, count: 2 * capacity)
  }

  deinit {
    rows.deallocate()
    table.deallocate()
  }

  /// The row of an agent and instrument; -1 when they never met.
  func find(_ agent: UInt32, _ instrument: UInt32) -> Int32 { table[place(agent, instrument)] }

  /// The row, made and linked at the end of the instrument's list when it is new.
  mutating func findOrAdd(_ agent: UInt32, _ instrument: UInt32, first: inout Int32) -> Int32 {
    let known = find(agent, instrument)
    if known >= 0 { return known }
    if count == capacity { grow() }
    let row = Int32(count)
    rows[count] = AgentPosition(agent: agent, instrument: instrument)
    count += 1
    table[place(agent, instrument)] = row
    if first < 0 {
      first = row
    } else {
      var last = first
      while rows[Int(last)].next >= 0 { last = rows[Int(last)].next }
      rows[Int(last)].next = row
    }
    return row
  }

  /// The rows of an instrument in order of first fill.
  func list(from first: Int32) -> [Int32] {
    var list: [Int32] = []
    var row = first
    while row >= 0 {
      list.append(row)
      row = rows[Int(row)].next
    }
    return list
  }

  private func place(_ agent: UInt32, _ instrument: UInt32) -> Int {
    let mask = 2 * capacity - 1
    let key = (UInt64(agent) << 32 | UInt64(instrument)) &* 0x9E37_79B9_7F4A_7C15
    var place = Int(truncatingIfNeeded: key >> 32) & mask
    while table[place] >= 0 {
      let row = rows[Int(table[place])]
      if row.agent == agent && row.instrument == instrument { break }
      place = (place + 1) & mask
    }
    return place
  }

  private mutating func grow() {
    let old = rows
    rows = .allocate(capacity: 2 * capacity)
    rows.update(from: old, count: count)
    old.deallocate()
    table.deallocate()
    capacity *= 2
    table = .allocate(capacity: 2 * capacity)
    table.initialize(repeating: -1, count: 2 * capacity)
    for row in 0..<count { table[place(rows[row].agent, rows[row].instrument)] = Int32(row) }
  }
}
