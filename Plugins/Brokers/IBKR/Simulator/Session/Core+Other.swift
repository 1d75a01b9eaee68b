import TWSProtocol

extension Core {
  /// Everything but orders.
  func handleOther(_ request: Request, _ session: ClientSession) {
    switch request {
    case .reqIds: send(session, .nextValidId(orderId: nextId(session.clientId ?? 0)))
    case .reqCurrentTime: send(session, .currentTime(time: seconds))
    case .reqCurrentTimeInMillis: send(session, .currentTimeInMillis(timeInMillis: now / 1_000_000))
    case .reqManagedAccts:
      var accounts = ManagedAccounts()
      accounts.accountsList = options.account + ","
      send(session, .managedAccounts(accounts))
    default: break
    }
  }

  func positionChanged(_ instrument: Instrument) {}
  func scheduleAuctions() {}
}
