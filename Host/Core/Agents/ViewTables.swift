import CAlphaLoop

/// Other agents' outputs as agents read them, and every agent's record.
struct ViewTables {
  /// Agent -> its table, nil when it does not read views.
  let tables: [UnsafeMutablePointer<al_views_v1>?]
  let records: UnsafeMutablePointer<al_agent_record_v1>
  /// Agent -> rows of its table.
  let rows: [UnsafeMutablePointer<al_view_v1>?]
  let capacity: Int
  /// Agent -> engine index -> its universe index, -1 outside.
  let indices: [[Int32]]
  let hasReaders: Bool

  init(instruments: Int, specs: [AgentSpec], memory: any InputMemory) {
    let strings = StringMemory(memory: memory)
    records = memory.allocate(al_agent_record_v1.self, count: specs.count)
    for (k, spec) in specs.enumerated() {
      records[k].instance = strings.copy(spec.instance)
      records[k].id = strings.copy(spec.descriptorID)
      records[k].tier = spec.tier
      records[k].weight = spec.weight
      records[k].last_return = .nan
    }
    capacity = specs.reduce(instruments) { $0 + ($1.universe.count + 1) * Int(max($1.maxRows, 1)) }
    var tables: [UnsafeMutablePointer<al_views_v1>?] = []
    var rows: [UnsafeMutablePointer<al_view_v1>?] = []
    var indices: [[Int32]] = []
    for spec in specs {
      guard spec.inputs & AL_IN_VIEWS != 0 else {
        tables.append(nil)
        rows.append(nil)
        indices.append([])
        continue
      }
      let list = memory.allocate(al_view_v1.self, count: capacity)
      let table = memory.allocate(al_views_v1.self, count: 1)
      table.pointee = al_views_v1(
        size: UInt32(MemoryLayout<al_views_v1>.size), n_agents: UInt32(specs.count), n_rows: 0,
        records: UnsafePointer(records), rows: UnsafePointer(list))
      var index = Array(repeating: Int32(-1), count: instruments)
      for (i, member) in spec.universe.enumerated() { index[Int(member)] = Int32(i) }
      tables.append(table)
      rows.append(list)
      indices.append(index)
    }
    self.tables = tables
    self.rows = rows
    self.indices = indices
    hasReaders = tables.contains { $0 != nil }
  }
}

extension Engine {
  /// Fills a reader's table with what the stages before its own said at this time, sorted by (agent, instrument, kind); the
  /// host's own proposed weights come last, under agent `AL_NONE`.
  func fillViews(for reader: Int) {
    guard let table = viewTables.tables[reader], let list = viewTables.rows[reader] else { return }
    let index = viewTables.indices[reader]
    let stage = Self.stage(agents[reader].spec)
    var n = 0
    func add(_ agent: UInt32, _ row: al_row_v1) {
      guard n < viewTables.capacity else { return }
      list[n] = al_view_v1(agent: agent, reserved: 0, row: row)
      n += 1
    }
    for k in panelOrder.sorted() where k != reader && Self.stage(agents[k].spec) < stage {
      let state = agents[k]
      for (u, member) in state.spec.universe.enumerated() where index[Int(member)] >= 0 {
        let instrument = UInt32(index[Int(member)])
        let view = state.views[u]
        if view.kind != 0 { add(UInt32(k), row(view, instrument)) }
        if state.hasWeight[u] { add(UInt32(k), row(AL_ROW_WEIGHT, instrument, value: state.weights[u])) }
        if state.hasQuantity[u] { add(UInt32(k), row(AL_ROW_QUANTITY, instrument, quantity: state.quantities[u])) }
      }
      for estimate in state.estimates {
        var row = estimate
        if row.instrument != AL_NONE {
          let member = state.spec.universe[Int(row.instrument)]
          guard index[Int(member)] >= 0 else { continue }
          row.instrument = UInt32(index[Int(member)])
        }
        add(UInt32(k), row)
      }
    }
    if stage > 4 {
      for i in 0..<settings.instruments.count where allocator.hasProposal[i] && index[i] >= 0 {
        add(AL_NONE, row(AL_ROW_WEIGHT, UInt32(index[i]), value: allocator.weights[i]))
      }
    }
    table.pointee.n_rows = UInt64(n)
    for k in agents.indices {
      let record = viewTables.records + k
      record.pointee.weight = agents[k].weight
      record.pointee.wins = agents[k].wins
      record.pointee.losses = agents[k].losses
      record.pointee.sum_win = agents[k].sumWin
      record.pointee.sum_loss = agents[k].sumLoss
      record.pointee.last_return = agents[k].lastReturn
    }
  }

  private func row(_ view: StoredView, _ instrument: UInt32) -> al_row_v1 {
    al_row_v1(
      kind: view.kind, order_type: 0, time_in_force: 0, instrument: instrument, reason: view.reason, label: 0,
      value: view.score, confidence: view.confidence, time_ns: view.horizon, quantity: 0, limit_price: 0, stop_price: 0)
  }

  private func row(_ kind: UInt16, _ instrument: UInt32, value: Double = 0, quantity: Int64 = 0) -> al_row_v1 {
    al_row_v1(
      kind: kind, order_type: 0, time_in_force: 0, instrument: instrument, reason: 0, label: 0, value: value,
      confidence: 1,
      time_ns: 0, quantity: quantity, limit_price: 0, stop_price: 0)
  }

  /// What each agent's last views earned since the panel before: the sum of score x return over the sum of absolute scores.
  func scoreViews() {
    guard viewTables.hasReaders else { return }
    for k in panelOrder where agents[k].spec.has(AL_ROW_VIEW) {
      var sum = 0.0
      var weight = 0.0
      for (u, member) in agents[k].spec.universe.enumerated() {
        let score = agents[k].lastScores[u]
        let r = allocator.returns[Int(member)]
        if score != 0, r.isFinite {
          sum += score * r
          weight += abs(score)
        }
      }
      agents[k].lastReturn = weight > 0 ? sum / weight : .nan
    }
  }
}
