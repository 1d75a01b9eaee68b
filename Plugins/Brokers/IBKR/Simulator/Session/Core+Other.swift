import TWSProtocol

extension Core {
  /// Everything but orders.
  func handleOther(_ request: Request, _ session: ClientSession) {
    if handleAccount(request, session) || handleContract(request, session) || handleMarket(request, session) { return }
    switch request {
    case .reqIds: send(session, .nextValidId(orderId: nextId(session.clientId ?? 0)))
    case .reqCurrentTime: send(session, .currentTime(time: seconds))
    case .reqCurrentTimeInMillis: send(session, .currentTimeInMillis(timeInMillis: now / 1_000_000))
    case .reqManagedAccts:
      var accounts = ManagedAccounts()
      accounts.accountsList = options.account + ","
      send(session, .managedAccounts(accounts))
    case .reqUserInfo(let reqId): send(session, .userInfo(reqId: reqId, whiteBrandingId: ""))
    case .reqNewsProviders:
      var provider = NewsProvider()
      (provider.code, provider.name) = ("BRFG", "Briefing.com General Market Columns")
      send(session, .newsProviders([provider]))
    case .reqHistoricalNews(let reqId, _): send(session, .historicalNewsEnd(reqId: reqId, hasMore: false))
    case .reqNewsArticle(let reqId, _, _, _):
      fail(session, reqId, 10172, "Failed to request news article:No data available")
    case .exerciseOptions(let reqId, _, _):
      fail(session, reqId, 200, "No security definition has been found for the request")
    default: break
    }
  }

  /// A message that cannot be read is answered, and the connection stays.
  func unreadable(_ number: Int, _ problem: WireError) {
    guard let session = sessions[number], session.clientId != nil else { return }
    book.tell("unreadable", now) {
      $0.put("client", session.clientId ?? 0)
      $0.put("problem", "\(problem)")
    }
    fail(session, -1, 320, "Error reading request:\(problem)")
  }
}
