import TWSProtocol

extension Gateway {
  /// The listing of a symbol with its contract resolved: that of the bound universe where it has one, else the one given.
  ///
  /// - Throws: where no contract, or more than one, fits.
  public func resolve(_ listing: Listing) throws(IBKRError) -> Listing {
    if let known = desk.listings.first(where: { $0.symbol == listing.symbol && $0.resolution == .resolved }) {
      return known
    }
    let found = try contractDetails(listing.contract)
    guard found.count == 1, let details = found.first else {
      let list = found.map { "\($0.contract.conId) \($0.contract.primaryExchange)" }.joined(separator: ", ")
      throw IBKRError(
        .refused, code: 200, "\(listing.symbol): \(found.count) contracts fit (\(list)); name conId or primaryExchange")
    }
    var made = listing
    made.resolve(details)
    return made
  }
}
