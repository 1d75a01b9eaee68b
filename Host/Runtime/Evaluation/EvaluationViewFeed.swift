import AlphaLoopCore
import CAlphaLoop

/// Other agents' newest rows and records. The host's own proposals come last, under agent `AL_NONE`.
final class ViewFeed: EvaluationFeed {
  /// Names in the order of their bytes.
  let agents: [String]
  private let views: [EvaluationView]
  private let records: [EvaluationRecord]
  private let index: [String: UInt32]
  private let number: [String: UInt32]
  private let labels: [String: UInt32]
  private let table: UnsafeMutablePointer<al_views_v1>
  private let rows: UnsafeMutablePointer<al_view_v1>
  private let recordRows: UnsafeMutablePointer<al_agent_record_v1>
  private let memory: any InputMemory
  private var nextView = 0
  private var nextRecord = 0
  private var current: [Key: al_view_v1] = [:]

  /// What a later row replaces.
  private struct Key: Hashable, Comparable {
    var agent: UInt32
    var instrument: UInt32
    var kind: UInt16
    var label: UInt32
    static func < (a: Key, b: Key) -> Bool {
      (a.agent, a.instrument, a.kind, a.label) < (b.agent, b.instrument, b.kind, b.label)
    }
  }

  init(_ folder: EvaluationFolder, index: [String: UInt32], memory: any InputMemory) {
    func ordered<T>(_ list: [T], _ time: (T) -> Int64) -> [T] {
      list.enumerated().sorted { (time($0.element), $0.offset) < (time($1.element), $1.offset) }.map(\.element)
    }
    self.index = index
    self.memory = memory
    views = ordered((folder.views ?? []).filter { $0.symbol.isEmpty || index[$0.symbol] != nil }, \.asOf)
    records = ordered(folder.records ?? [], \.asOf)
    let names = Set(views.map(\.agent) + records.map(\.agent)).subtracting([""])
    agents = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    number = Dictionary(uniqueKeysWithValues: agents.enumerated().map { ($1, UInt32($0)) })
    labels = Self.labels(views)
    rows = memory.array(al_view_v1.self, count: views.count)
    recordRows = memory.array(al_agent_record_v1.self, count: agents.count)
    for (k, agent) in agents.enumerated() {
      let name = memory.string(agent)
      recordRows[k].instance = name
      recordRows[k].id = name
      recordRows[k].tier = AL_TIER_SENIOR
      recordRows[k].weight = 1
      recordRows[k].last_return = .nan
    }
    table = memory.array(al_views_v1.self, count: 1)
    table.pointee = al_views_v1(
      size: UInt32(MemoryLayout<al_views_v1>.size), n_agents: UInt32(agents.count), n_rows: 0,
      records: UnsafePointer(recordRows), rows: UnsafePointer(rows))
  }

  /// Estimate index of each name: the number it is, else its place among the names of its agent as they first stand in time.
  private static func labels(_ views: [EvaluationView]) -> [String: UInt32] {
    var labels: [String: UInt32] = [:]
    var counts: [String: UInt32] = [:]
    for view in views where view.kind == AL_ROW_ESTIMATE {
      let key = view.agent + "\n" + view.name
      if labels[key] != nil { continue }
      if let number = UInt32(view.name) {
        labels[key] = number
      } else {
        labels[key] = counts[view.agent, default: 0]
        counts[view.agent, default: 0] += 1
      }
    }
    return labels
  }

  func fill(_ input: inout al_input_v1, at time: Int64) {
    input.views = UnsafePointer(table)
    while nextRecord < records.count, records[nextRecord].asOf <= time {
      show(records[nextRecord])
      nextRecord += 1
    }
    let before = nextView
    while nextView < views.count, views[nextView].asOf <= time {
      show(views[nextView])
      nextView += 1
    }
    guard nextView != before else { return }
    var n = 0
    for key in current.keys.sorted() {
      guard let row = current[key] else { continue }
      rows[n] = row
      n += 1
    }
    table.pointee.n_rows = UInt64(n)
  }

  private func show(_ record: EvaluationRecord) {
    guard let k = number[record.agent] else { return }
    let row = recordRows + Int(k)
    row.pointee.id = memory.string(record.id)
    row.pointee.tier = record.tier
    row.pointee.wins = record.wins
    row.pointee.losses = record.losses
    row.pointee.weight = record.weight
    row.pointee.sum_win = record.sumWin
    row.pointee.sum_loss = record.sumLoss
    row.pointee.last_return = record.lastReturn
  }

  private func show(_ view: EvaluationView) {
    let agent = view.agent.isEmpty ? AL_NONE : number[view.agent] ?? AL_NONE
    let instrument = view.symbol.isEmpty ? AL_NONE : index[view.symbol] ?? AL_NONE
    var row = al_row_v1()
    row.kind = view.kind
    row.instrument = instrument
    switch view.kind {
    case AL_ROW_QUANTITY: row.quantity = Quantity(rounding: view.value)?.raw ?? 0
    case AL_ROW_ABSTAIN: row.reason = AL_REASON_NO_SIGNAL
    case AL_ROW_ESTIMATE:
      row.label = labels[view.agent + "\n" + view.name] ?? 0
      row.value = view.value
    default:
      row.value = view.value
      row.confidence = view.confidence
      if view.kind == AL_ROW_VIEW { row.time_ns = view.horizon }
    }
    // A view and an abstention take each other's place.
    for kind in view.kind == AL_ROW_ABSTAIN
      ? [AL_ROW_VIEW, AL_ROW_WEIGHT] : view.kind == AL_ROW_VIEW ? [AL_ROW_ABSTAIN] : []
    {
      current[Key(agent: agent, instrument: instrument, kind: kind, label: 0)] = nil
    }
    let key = Key(agent: agent, instrument: instrument, kind: view.kind, label: row.label)
    current[key] = al_view_v1(agent: agent, reserved: 0, row: row)
  }
}
