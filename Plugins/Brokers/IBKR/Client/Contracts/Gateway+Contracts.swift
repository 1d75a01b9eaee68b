import TWSProtocol

extension Gateway {
  /// The instruments that orders name by index; they are resolved as soon as there is a session.
  public func bind(_ listings: [Listing]) {
    desk.set(listings: listings)
    if isReady { resolveListings() }
  }

  /// Asks for the contract of every listing that has none yet; the answers come by themselves.
  func resolveListings() {
    for (index, listing) in desk.listings.enumerated() where listing.resolution == .pending {
      let id = inquiries.nextId()
      let found = Monitor<[ContractDetails]>([])
      _ = inquiries.begin(
        id: id,
        take: { response in
          switch response {
          case .contractDetails(_, let details), .bondContractDetails(_, let details):
            found.withLock { $0.append(details) }
            return false
          case .contractDetailsEnd: return true
          default: return false
          }
        },
        ending: { [weak self] outcome in self?.resolved(index, outcome, found.withLock { $0 }) },
        send: { (try? post(.reqContractDetails(reqId: id, listing.contract))) ?? false })
    }
  }

  private func resolved(_ index: Int, _ outcome: Result<Void, IBKRError>, _ found: [ContractDetails]) {
    var problem: String?
    switch outcome {
    case .success where found.count == 1:
      let details = found[0]
      desk.update(listing: index) { $0.resolve(details) }
      link.update { _ in }
      return
    case .success where found.isEmpty: problem = "the gateway knows no such contract"
    case .success:
      let list = found.map { "\($0.contract.conId) \($0.contract.primaryExchange)" }.joined(separator: ", ")
      problem = "\(found.count) contracts fit (\(list)); name conId or primaryExchange under symbols"
    case .failure(let error) where error.kind == .refused: problem = error.message
    // No answer says nothing about the contract: it is asked for again at the next session.
    case .failure: return
    }
    guard let problem else { return }
    let symbol = desk.listings.indices.contains(index) ? desk.listings[index].symbol : "?"
    log(.error, "\(symbol): \(problem)")
    desk.update(listing: index) { $0.resolution = .failed(problem) }
    link.update { _ in }
  }

  /// Waits until every listing has an answer; the symbols that have none when the time is over.
  @discardableResult
  public func awaitContracts(timeout: Double) -> [String] {
    let deadline = time.monotonic() + .seconds(timeout)
    _ = link.wait(until: deadline) { state in
      !state.isReady || desk.listings.allSatisfy { $0.resolution != .pending } ? true : nil
    }
    return desk.listings.filter { $0.resolution == .pending }.map(\.symbol)
  }
}

extension Listing {
  /// From now on the contract is named by its id and the exchange that orders go to.
  mutating func resolve(_ details: ContractDetails) {
    let exchange = contract.exchange
    contract = details.contract
    if !exchange.isEmpty { contract.exchange = exchange }
    magnifier = Double(max(1, details.priceMagnifier))
    multiplier = Double(details.contract.multiplier).flatMap { $0 > 0 ? $0 : nil } ?? 1
    timeZone = details.timeZoneId
    liquidHours = details.liquidHours
    resolution = .resolved
  }
}
