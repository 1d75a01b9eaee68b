import CAlphaLoop

extension RecordedEvent {
  /// The same with other numbers for the instruments: `places[i]` for `i`, `AL_NONE` where there is none.
  func mappingInstruments(_ places: [UInt32]) -> RecordedEvent {
    func place(_ i: UInt32) -> UInt32 { Int(i) < places.count ? places[Int(i)] : AL_NONE }
    func mapped(_ reports: [Report]) -> [Report] {
      reports.map { report in
        var r = report
        if r.kind != AL_REPORT_CONNECTION { r.instrument = place(r.instrument) }
        return r
      }
    }
    switch self {
    case .reports(let list): return .reports(mapped(list))
    case .intents(let list):
      return .intents(
        list.map { intent in
          var i = intent
          i.order.instrument = place(i.order.instrument)
          return i
        })
    case .reconciliation(var r):
      r.orders = mapped(r.orders)
      r.executions = mapped(r.executions)
      for k in r.snapshot.holdings.indices {
        guard let i = r.snapshot.holdings[k].instrument else { continue }
        let there = place(i)
        r.snapshot.holdings[k].instrument = there == AL_NONE ? nil : there
      }
      return .reconciliation(r)
    default: return self
    }
  }
}
