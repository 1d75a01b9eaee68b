import TWSProtocol

/// A stream that was asked for. It outlives connections: after a loss it is asked for again under a new id.
public final class DataStream: @unchecked Sendable {
  /// What it asks for.
  public enum Source: Sendable {
    case marketData(Contract, MarketDataQuery)
    case tickByTick(Contract, TickByTickQuery)
    case realTimeBars(Contract, RealTimeBarsQuery)
    case depth(Contract, MarketDepthQuery)
    /// Bars with updates of the newest. The query is made anew each time, so that it can reach back over a gap.
    case bars(Contract, @Sendable () -> HistoricalDataQuery)
    case profitAndLoss(account: String, model: String)
    case profitAndLossOfPosition(account: String, model: String, conId: Int32)
    case positions(account: String, model: String)
    case accountValues(account: String, model: String)
    case accountSummary(group: String, tags: String)
    /// Values and positions of one account; one such stream a connection.
    case account(String)
    case newsBulletins(all: Bool)
  }

  public enum Event: Sendable {
    case message(Response)
    /// All messages that came together have been given.
    case pause
    /// Nothing comes until `asked` again.
    case lost(String)
    case asked
    /// It will not be asked for again: the reason says what to do.
    case failed(IBKRError)
  }

  public let source: Source
  let handler: @Sendable (Event) -> Void

  // Guarded by the table's lock.
  var reqId: Int32 = 0
  var phase = Phase.waiting(since: 0)
  var isDirty = false

  enum Phase: Equatable {
    /// To be asked for at that time or later.
    case waiting(since: Int64)
    case asked
    /// Asked for before a blip: if nothing comes by then it is asked for again.
    case doubted(until: Int64)
    case failed(String)
  }

  init(_ source: Source, _ handler: @escaping @Sendable (Event) -> Void) {
    self.source = source
    self.handler = handler
  }

  var lane: Lane? {
    switch source {
    case .account: .accountUpdates
    case .newsBulletins: .newsBulletins
    default: nil
    }
  }

  /// Whether the published limits of history hold for it, and under which name.
  var historyKey: HistoryKey? {
    guard case .bars(let contract, let query) = source else { return nil }
    return HistoryKey(contract, query())
  }

  func request(_ id: Int32) -> Request {
    switch source {
    case .marketData(let contract, let query): .reqMktData(reqId: id, contract, query)
    case .tickByTick(let contract, let query): .reqTickByTickData(reqId: id, contract, query)
    case .realTimeBars(let contract, let query): .reqRealTimeBars(reqId: id, contract, query)
    case .depth(let contract, let query): .reqMktDepth(reqId: id, contract, query)
    case .bars(let contract, let query): .reqHistoricalData(reqId: id, contract, query())
    case .profitAndLoss(let account, let model): .reqPnL(reqId: id, account: account, modelCode: model)
    case .profitAndLossOfPosition(let account, let model, let conId):
      .reqPnLSingle(reqId: id, account: account, modelCode: model, conId: conId)
    case .positions(let account, let model): .reqPositionsMulti(reqId: id, account: account, modelCode: model)
    case .accountValues(let account, let model):
      .reqAccountUpdatesMulti(reqId: id, account: account, modelCode: model, ledgerAndNLV: true)
    case .accountSummary(let group, let tags): .reqAccountSummary(reqId: id, group: group, tags: tags)
    case .account(let account): .reqAccountUpdates(subscribe: true, account: account)
    case .newsBulletins(let all): .reqNewsBulletins(allMsgs: all)
    }
  }

  func cancellation(_ id: Int32) -> Request {
    switch source {
    case .marketData: .cancelMktData(reqId: id)
    case .tickByTick: .cancelTickByTickData(reqId: id)
    case .realTimeBars: .cancelRealTimeBars(reqId: id)
    case .depth(_, let query): .cancelMktDepth(reqId: id, isSmartDepth: query.isSmartDepth)
    case .bars: .cancelHistoricalData(reqId: id)
    case .profitAndLoss: .cancelPnL(reqId: id)
    case .profitAndLossOfPosition: .cancelPnLSingle(reqId: id)
    case .positions: .cancelPositionsMulti(reqId: id)
    case .accountValues: .cancelAccountUpdatesMulti(reqId: id)
    case .accountSummary: .cancelAccountSummary(reqId: id)
    case .account(let account): .reqAccountUpdates(subscribe: false, account: account)
    case .newsBulletins: .cancelNewsBulletins
    }
  }
}
