import TWSProtocol

/// The past, within the published limits: a request waits for its turn, and one that was refused for pacing is repeated.
extension Gateway {
  /// - Parameters:
  ///   - query: `formatDate` and `keepUpToDate` are set here.
  ///   - timeout: seconds in all, waiting included.
  public func historicalBars(
    _ contract: Contract, _ query: HistoricalDataQuery, timeout: Double? = nil
  ) throws(IBKRError) -> [Bar] {
    var query = query
    query.formatDate = 2
    query.keepUpToDate = false
    let what = "bars of \(contract.symbol)"
    return try inTurn(HistoryKey(contract, query), what, timeout) { (rest) throws(IBKRError) in
      let id = inquiries.nextId()
      let bars = Monitor<[Bar]>([])
      do throws(IBKRError) {
        try ask(id: id, .reqHistoricalData(reqId: id, contract, query), what, timeout: rest) { response in
          switch response {
          case .historicalData(let part):
            bars.withLock { $0 += part.bars }
            return part.end != nil
          case .historicalDataEnd: return true
          default: return false
          }
        }
      } catch {
        if error.kind == .timedOut { _ = try? post(.cancelHistoricalData(reqId: id)) }
        throw error
      }
      return bars.withLock { $0 }
    }
  }

  /// At most 1000 ticks of `TRADES`, `MIDPOINT` or `BID_ASK`, as one of the three messages.
  public func historicalTicks(_ contract: Contract, _ query: HistoricalTicksQuery) throws(IBKRError) -> Response {
    try inTurn(HistoryKey(ticks: contract, query), "ticks of \(contract.symbol)", nil) { (_) throws(IBKRError) in
      let id = inquiries.nextId()
      return try one(id, .reqHistoricalTicks(reqId: id, contract, query), "ticks of \(contract.symbol)") {
        switch $0 {
        case .historicalTicks, .historicalTicksBidAsk, .historicalTicksLast: $0
        default: nil
        }
      }
    }
  }

  /// The time of the oldest data, seconds since 1970 as text.
  public func headTimestamp(_ contract: Contract, whatToShow: String, useRTH: Bool) throws(IBKRError) -> String {
    var query = HeadTimeStampQuery()
    query.whatToShow = whatToShow
    query.useRTH = useRTH
    query.formatDate = 2
    let id = inquiries.nextId()
    defer { _ = try? post(.cancelHeadTimeStamp(reqId: id)) }
    return try one(id, .reqHeadTimeStamp(reqId: id, contract, query), "first data of \(contract.symbol)") {
      if case .headTimestamp(_, let text) = $0 { text } else { nil }
    }
  }

  public func histogram(_ contract: Contract, useRTH: Bool, period: String) throws(IBKRError) -> [HistogramEntry] {
    let id = inquiries.nextId()
    return try one(
      id, .reqHistogramData(reqId: id, contract, useRTH: useRTH, timePeriod: period), "histogram"
    ) { if case .histogramData(_, let list) = $0 { list } else { nil } }
  }

  /// The sessions of the past, `durationStr` back from `endDateTime`.
  public func schedule(_ contract: Contract, duration: String, end: String = "") throws(IBKRError) -> HistoricalSchedule
  {
    var query = HistoricalDataQuery()
    query.durationStr = duration
    query.endDateTime = end
    query.barSizeSetting = "1 day"
    query.whatToShow = "SCHEDULE"
    query.useRTH = true
    let id = inquiries.nextId()
    return try one(id, .reqHistoricalData(reqId: id, contract, query), "sessions of \(contract.symbol)") {
      if case .historicalSchedule(let schedule) = $0 { schedule } else { nil }
    }
  }

  /// Runs a request when it is its turn, again after a pause when the gateway counts too many.
  private func inTurn<T>(
    _ key: HistoryKey, _ what: String, _ timeout: Double?, _ body: (Double) throws(IBKRError) -> T
  ) throws(IBKRError) -> T {
    let deadline = time.monotonic() + .seconds(timeout ?? max(settings.requestTimeout, 660))
    var pause = 15.0
    while true {
      guard history.enter(key, until: deadline, isStopping: { isStopping }) else {
        throw IBKRError(isStopping ? .stopped : .timedOut, "\(what): the limits of history left no room in time")
      }
      defer { history.leave() }
      do throws(IBKRError) {
        let rest = Double(deadline - time.monotonic()) / 1e9
        return try body(max(0.1, min(rest, max(settings.requestTimeout, 60))))
      } catch {
        let isPacing = error.code == 162 && error.message.lowercased().contains("pacing")
        guard isPacing, time.monotonic() + .seconds(pause) < deadline, !isStopping else { throw error }
        log(.warning, "\(error.message); trying again in \(pause) s")
        _ = link.wait(until: time.monotonic() + .seconds(pause)) { $0.isStopping ? true : nil }
        pause = min(60, pause * 2)
      }
    }
  }
}
