import CAlphaLoop

/// Taking an agent's answer: every row is checked before it counts; what is wrong is refused, counted and shown, and the run
/// goes on.
extension Engine {
  func take(_ k: Int, _ status: al_status, _ now: Int64) {
    let output = slots[k].output
    guard status == AL_OK else { return fault(k, status) }
    guard output.pointee.len <= output.pointee.cap, !hasTooManyRows(k) else { return refuse(k, .tooManyRows) }
    let slot = slots + k
    if slot.pointee.has(AL_ROW_ESTIMATE) { agents[k].estimates.removeAll(keepingCapacity: true) }
    let count = Int(output.pointee.len)
    var r = 0
    while r < count {
      let row = output.pointee.rows + r
      r &+= 1
      if let refusal = check(row, slot) {
        refuse(k, refusal, instrument: row.pointee.instrument)
        continue
      }
      if settings.recordsOutputs { record(row.pointee, k) }
      if row.pointee.kind == AL_ROW_ORDER { storeOrder(row, k) } else { store(row.pointee, k) }
    }
  }

  /// A child order is a part of the quantity that was given to work: the rest is what later ones may ask for.
  @inline(never)
  private func takeFromWork(_ row: UnsafePointer<al_row_v1>) -> Bool {
    let left = workRow.pointee.remaining
    guard row.pointee.instrument == workRow.pointee.instrument, left != 0,
      (row.pointee.quantity > 0) == (left > 0), row.pointee.quantity.magnitude <= left.magnitude
    else { return false }
    workRow.pointee.remaining = left &- row.pointee.quantity
    return true
  }

  /// The descriptor promises at most so many rows an instrument; an answer that breaks it is refused whole.
  private func hasTooManyRows(_ k: Int) -> Bool {
    let output = slots[k].output
    let most = Int(agents[k].spec.maxRows)
    let n = agents[k].views.count
    if output.pointee.len <= UInt32(most) { return false }
    for u in 0..<n { rowCounts[u] = 0 }
    for r in 0..<Int(output.pointee.len) {
      let u = Int(output.pointee.rows[r].instrument)
      guard u < n else { continue }
      rowCounts[u] += 1
      if rowCounts[u] > most { return true }
    }
    return false
  }

  private func fault(_ k: Int, _ status: al_status) {
    refuse(k, status == AL_E_TIMEOUT ? .late : status == AL_E_CAPACITY ? .tooManyRows : .fault)
    // What it wanted before is no longer its word; what it forbade stands: a fault must not widen the risk.
    for u in agents[k].views.indices {
      silence(k, u, AL_REASON_NONE)
      agents[k].hasWeight[u] = false
    }
    let faults = [OutputRefusal.fault, .late].reduce(0) { $0 + agents[k].refusals[$1.rawValue, default: 0] }
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
  @inline(__always)
  private func check(_ row: UnsafePointer<al_row_v1>, _ slot: UnsafePointer<AgentSlot>) -> OutputRefusal? {
    let kind = row.pointee.kind
    if kind == 0 || kind > AL_ROW_HALT { return .undeclaredKind }
    if kind != AL_ROW_ABSTAIN, !slot.pointee.has(kind) { return .undeclaredKind }
    if !row.pointee.value.isFinite || !row.pointee.confidence.isFinite { return .notFinite }
    if kind == AL_ROW_ORDER || kind == AL_ROW_QUANTITY {
      if row.pointee.instrument >= slot.pointee.input.pointee.n_instruments { return .unknownInstrument }
      if row.pointee.quantity.magnitude > UInt64(OrderMachine.largestQuantity.raw) { return .outOfRange }
      if kind == AL_ROW_QUANTITY { return nil }
      let isOrder =
        row.pointee.quantity != 0 && row.pointee.order_type <= AL_ORDER_LIMIT_ON_CLOSE
        && row.pointee.time_in_force <= AL_TIF_GTD
      return isOrder ? nil : .outOfRange
    }
    return checkOther(row.pointee, slot)
  }

  @inline(never)
  private func checkOther(_ row: al_row_v1, _ slot: UnsafePointer<AgentSlot>) -> OutputRefusal? {
    let n = slot.pointee.input.pointee.n_instruments
    switch row.kind {
    case AL_ROW_VIEW:
      if row.instrument >= n { return .unknownInstrument }
      if abs(row.value) > 1 || row.confidence < 0 || row.confidence > 1 { return .outOfRange }
    case AL_ROW_WEIGHT:
      if row.instrument >= n { return .unknownInstrument }
      if abs(row.value) > 10 || row.confidence < 0 || row.confidence > 1 { return .outOfRange }
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
      if row.label >= max(slot.pointee.estimates, 1) { return .outOfRange }
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
      // A veto without a reason is a veto.
      let reason = max(row.reason, 1)
      if row.instrument == AL_NONE { agents[k].bookVeto = reason } else { agents[k].vetoes[u] = reason }
    case AL_ROW_ESTIMATE: agents[k].estimates.append(row)
    case AL_ROW_AGENT_WEIGHT: agents[u].weight = row.value * agents[u].spec.weight
    case AL_ROW_HALT:
      setHalt(
        HaltState(rawValue: UInt8(row.label)) ?? .paused, .agentRequest, limit: 0, value: Int64(row.reason),
        actor: agents[k].spec.instance)
    default: break
    }
  }

  /// An abstention takes back wishes. What an agent forbade or scaled down it takes back only by saying that there is nothing
  /// to say now: an input that is missing or stale must not widen the risk.
  private func storeAbstention(_ row: al_row_v1, _ k: Int) {
    agents[k].abstentions[row.reason, default: 0] &+= 1
    let all = row.instrument == AL_NONE
    let lifts = row.reason == AL_REASON_NO_SIGNAL
    let range = all ? 0..<agents[k].views.count : Int(row.instrument)..<Int(row.instrument) + 1
    for u in range {
      agents[k].views[u] = StoredView(kind: AL_ROW_ABSTAIN, reason: row.reason)
      agents[k].hasWeight[u] = false
      if lifts {
        agents[k].vetoes[u] = 0
        agents[k].multipliers[u] = 1
      }
    }
    if all, lifts {
      agents[k].bookMultiplier = 1
      agents[k].bookVeto = 0
    }
    isDirty = true
  }

  /// A child order: now, or kept for its release.
  @inline(__always)
  private func storeOrder(_ row: UnsafePointer<al_row_v1>, _ k: Int) {
    if workOwner != nil, !takeFromWork(row) { return refuse(k, .beyondWork, instrument: row.pointee.instrument) }
    let order = commands.free()
    order.pointee = al_order_v1(
      id: al_order_id_v1(), instrument: slots[k].members[Int(row.pointee.instrument)], type: row.pointee.order_type,
      time_in_force: row.pointee.time_in_force, flags: workFlags, quantity: row.pointee.quantity,
      limit_price: row.pointee.limit_price, stop_price: row.pointee.stop_price, trail_ppm: 0, expire_ns: 0,
      decided_ns: 0, group: 0)
    let owner = workOwner ?? .agent(UInt32(truncatingIfNeeded: k))
    if row.pointee.time_ns > clock.pointee {
      keepForLater(order.pointee, owner, row.pointee.label, row.pointee.time_ns)
    } else if workFlags & AL_ORDER_REDUCE_ONLY != 0 {
      requestChild(
        WorkBook.Child(release: clock.pointee, order: 0, row: order.pointee, owner: owner, label: row.pointee.label))
    } else {
      requestFree(owner: owner, label: row.pointee.label)
    }
  }

  @inline(never) private func keepForLater(_ order: al_order_v1, _ owner: Owner, _ label: UInt32, _ time: Int64) {
    work.add(order, owner: owner, label: label, release: time)
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
