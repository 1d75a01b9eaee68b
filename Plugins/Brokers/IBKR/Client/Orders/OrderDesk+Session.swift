import CAlphaLoop
import TWSProtocol

/// What the connection tells the desk.
extension OrderDesk {
  /// The connection can carry orders. True when the gateway offers ids that were used before.
  func connectionReady(
    version: ServerVersion, account: String, nextId: Int32, folder: String, clientId: Int32
  ) throws(IBKRError) -> Bool {
    try monitor.withLock { (state) throws(IBKRError) in
      if state.ids == nil {
        state.ids = try OrderIdSource(folder: folder, name: "order-ids-\(account)-\(clientId)")
      }
      let wentBack = state.ids?.offer(nextId) ?? false
      try state.ids?.prepare()
      state.version = version
      state.account = account
      state.templates = Array(repeating: nil, count: state.listings.count)
      state.isSocketUp = true
      state.book.account = account
      return wentBack
    }
  }

  func connectionEnded(_ problem: String) {
    monitor.withLock { state in
      state.isSocketUp = false
      state.isSessionUp = false
      state.version = nil
      state.problem = problem
    }
  }

  /// Nothing new goes out until the host has asked for open orders and executions.
  func sessionUp() {
    monitor.withLock { state in
      state.isSessionUp = true
      state.epoch += 1
    }
  }

  func sessionDown(_ problem: String) {
    monitor.withLock { state in
      state.isSessionUp = false
      state.problem = problem
    }
  }

  /// True when the gateway offers an id that was used before.
  func offer(nextId: Int32) -> Bool { monitor.withLock { $0.ids?.offer(nextId) ?? false } }

  func set(listings: [Listing]) {
    monitor.withLock { state in
      state.listings = listings
      state.templates = Array(repeating: nil, count: listings.count)
      state.book.instruments = InstrumentIndex(listings)
    }
  }

  func update(listing index: Int, _ body: (inout Listing) -> Void) {
    monitor.withLock { state in
      guard state.listings.indices.contains(index) else { return }
      body(&state.listings[index])
      state.templates[index] = nil
      state.book.instruments = InstrumentIndex(state.listings)
    }
  }

  var listings: [Listing] { monitor.withLock { $0.listings } }

  func chores(patience: Int64) -> (missesExecutions: Bool, problem: String?) {
    monitor.withLock { state in
      var problem: String?
      do throws(IBKRError) { try state.ids?.prepare() } catch { problem = error.message }
      return (state.book.missesExecutions(monotonic: monotonic, patience: patience), problem)
    }
  }

  private var monotonic: Int64 { time.monotonic() }

  // MARK: Answers to the host

  var epoch: UInt64 { monitor.withLock { $0.epoch } }

  /// Notes that the host has the answer to a question that was asked in this epoch.
  func noteOrders(asked epoch: UInt64) { monitor.withLock { $0.ordersAsked = max($0.ordersAsked, epoch) } }
  func noteExecutions(asked epoch: UInt64) { monitor.withLock { $0.executionsAsked = max($0.executionsAsked, epoch) } }
}
