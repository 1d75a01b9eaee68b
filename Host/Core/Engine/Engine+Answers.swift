import CAlphaLoop

/// Taking an agent's answer: every row is checked before it counts; what is wrong is refused, counted and shown, and the run
/// goes on.
extension Engine {
  func take(_ k: Int, _ status: al_status, _ now: Int64) {
    let output = slots[k].output
    guard status == AL_OK else { return fault(k, status) }
    guard output.pointee.len <= output.pointee.cap else { return refuse(k, .tooManyRows) }
    agents[k].estimates.removeAll(keepingCapacity: true)
    for r in 0..<Int(output.pointee.len) {
      let row = output.pointee.rows[r]
      if let refusal = check(row, of: k) {
        refuse(k, refusal, instrument: row.instrument)
        continue
      }
      if settings.recordsOutputs { record(row, k) }
      store(row, k)
    }
  }

  private func fault(_ k: Int, _ status: al_status) {
    refuse(k, status == AL_E_TIMEOUT ? .late : status == AL_E_CAPACITY ? .tooManyRows : .fault)
    // What it said before is no longer its word.
    for u in agents[k].views.indices { silence(k, u, AL_REASON_NONE) }
    let faults = agents[k].refusals[OutputRefusal.fault.rawValue, default: 0]
    if faults >= UInt64(settings.faultLimit) { slots[k].isActive = false }
  }

  private func refuse(_ k: Int, _ refusal: OutputRefusal, instrument: UInt32 = AL_NONE) {
    agents[k].refusals[refusal.rawValue, default: 0] += 1
    if Int(instrument) < agents[k].views.count { silence(k, Int(instrument), AL_REASON_INVALID_DATA) }
    stamp()
    journal.write(JournalRecord(.refusal, subject: UInt32(k), code: refusal.rawValue, a: UInt64(instrument)))
    observer?.refused(agent: k, refusal: refusal, time: clock.pointee)
  }

  private func silence(_ k: Int, _ u: Int, _ reason: UInt32) {
    agents[k].views[u] = StoredView(kind: agents[k].views[u].kind == 0 ? 0 : AL_ROW_ABSTAIN, reason: reason)
  }

  /// nil when the row may count.
  private func check(_ row: al_row_v1, of k: Int) -> OutputRefusal? {
    let n = UInt32(agents[k].views.count)
    let spec = agents[k].spec
    if row.kind == 0 || row.kind > AL_ROW_HALT { return .undeclaredKind }
    if row.kind != AL_ROW_ABSTAIN, !spec.has(row.kind) { return .undeclaredKind }
    if !row.value.isFinite || !row.confidence.isFinite { return .notFinite }
    switch row.kind {
    case AL_ROW_VIEW:
      if row.instrument >= n { return .unknownInstrument }
      if abs(row.value) > 1 || row.confidence < 0 || row.confidence > 1 { return .outOfRange }
    case AL_ROW_WEIGHT:
      if row.instrument >= n { return .unknownInstrument }
      if abs(row.value) > 10 || row.confidence < 0 || row.confidence > 1 { return .outOfRange }
    case AL_ROW_QUANTITY, AL_ROW_ORDER:
      if row.instrument >= n { return .unknownInstrument }
      if row.kind == AL_ROW_ORDER,
        row.quantity == 0 || row.order_type > AL_ORDER_LIMIT_ON_CLOSE || row.time_in_force > AL_TIF_GTD
      {
        return .outOfRange
      }
    case AL_ROW_MULTIPLIER:
      if row.instrument != AL_NONE, row.instrument >= n { return .unknownInstrument }
      if row.value < 0 { return .outOfRange }
      if row.value > 1 { return .widensRisk }
    case AL_ROW_AGENT_WEIGHT:
      if row.instrument >= UInt32(agents.count) { return .unknownInstrument }
      if row.value < 0 || row.value > 1 { return .outOfRange }
    case AL_ROW_HALT:
      if row.label > AL_HALT_FLATTENING { return .outOfRange }
    case AL_ROW_ESTIMATE:
      if row.instrument != AL_NONE, row.instrument >= n { return .unknownInstrument }
      if Int(row.label) >= max(spec.estimates.count, 1) { return .outOfRange }
    default:
      if row.instrument != AL_NONE, row.instrument >= n { return .unknownInstrument }
    }
    return nil
  }

  private func store(_ row: al_row_v1, _ k: Int) {
    let u = Int(row.instrument)
    switch row.kind {
    case AL_ROW_VIEW:
      agents[k].viewCount &+= 1
      agents[k].views[u] = StoredView(
        score: row.value, confidence: row.confidence, horizon: row.time_ns, kind: AL_ROW_VIEW, reason: 0)
      isDirty = true
    case AL_ROW_ABSTAIN: storeAbstention(row, k)
    case AL_ROW_WEIGHT:
      agents[k].weights[u] = row.value
      agents[k].hasWeight[u] = true
      isDirty = true
    case AL_ROW_QUANTITY:
      agents[k].quantities[u] = row.quantity
      agents[k].hasQuantity[u] = true
      touched.append((slots[k].members[u], k))
    case AL_ROW_MULTIPLIER:
      if row.instrument == AL_NONE {
        agents[k].bookMultiplier = row.value
      } else {
        agents[k].multipliers[u] = row.value
      }
    case AL_ROW_VETO:
      if row.instrument == AL_NONE { agents[k].bookVeto = row.reason } else { agents[k].vetoes[u] = row.reason }
    case AL_ROW_ESTIMATE: agents[k].estimates.append(row)
    case AL_ROW_AGENT_WEIGHT: agents[u].weight = row.value * agents[u].spec.weight
    case AL_ROW_HALT:
      setHalt(
        HaltState(rawValue: UInt8(row.label)) ?? .paused, .agentRequest, limit: 0, value: Int64(row.reason),
        actor: agents[k].spec.instance)
    case AL_ROW_ORDER: storeOrder(row, k)
    default: break
    }
  }

  private func storeAbstention(_ row: al_row_v1, _ k: Int) {
    agents[k].abstentions[row.reason, default: 0] &+= 1
    let all = row.instrument == AL_NONE
    let range = all ? 0..<agents[k].views.count : Int(row.instrument)..<Int(row.instrument) + 1
    for u in range {
      agents[k].views[u] = StoredView(kind: AL_ROW_ABSTAIN, reason: row.reason)
      agents[k].hasWeight[u] = false
      agents[k].vetoes[u] = 0
      agents[k].multipliers[u] = 1
    }
    if all {
      agents[k].bookMultiplier = 1
      agents[k].bookVeto = 0
    }
    isDirty = true
  }

  /// A child order: now, or kept for its release.
  private func storeOrder(_ row: al_row_v1, _ k: Int) {
    var order = al_order_v1()
    order.instrument = slots[k].members[Int(row.instrument)]
    order.quantity = row.quantity
    order.type = row.order_type
    order.time_in_force = row.time_in_force
    order.limit_price = row.limit_price
    order.stop_price = row.stop_price
    let owner = workOwner ?? .agent(UInt32(k))
    if row.time_ns > clock.pointee {
      work.add(order, owner: owner, label: row.label, release: row.time_ns)
      timers.next = min(timers.next, row.time_ns)
    } else {
      request(order, owner: owner, label: row.label)
    }
  }

  private func record(_ row: al_row_v1, _ k: Int) {
    stamp()
    journal.write(
      JournalRecord(
        .output, subject: UInt32(k) << 16 | (row.instrument == AL_NONE ? 0xffff : row.instrument & 0xffff),
        state: UInt8(truncatingIfNeeded: row.kind), code: UInt16(truncatingIfNeeded: row.reason),
        a: UInt64(row.label), b: Int64(bitPattern: row.value.bitPattern),
        c: row.quantity != 0 ? row.quantity : Int64(bitPattern: row.confidence.bitPattern)))
  }
}
