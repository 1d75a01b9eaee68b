import CAlphaLoop
import TWSProtocol

/// The bytes of one order, ready for the wire.
enum OrderFrame {
  /// - Throws: ``IBKRError/Kind/refused`` for an instrument without a usable contract.
  static func check(_ listing: Listing) throws(IBKRError) {
    switch listing.resolution {
    case .resolved: break
    case .failed(let problem): throw IBKRError(.refused, code: 200, "\(listing.symbol): \(problem)")
    case .pending:
      // Prices of other currencies may be in hundredths, which only the resolved contract tells.
      guard listing.contract.secType == "STK", listing.currency == "USD" else {
        throw IBKRError(.notReady, code: 200, "\(listing.symbol): the contract is not resolved yet")
      }
    }
  }

  /// - Throws: ``IBKRError/Kind/invalid``.
  static func make(
    _ row: al_order_v1, id: Int32, listing: Listing, account: String, oca: String, parent: Int32, transmit: Bool,
    _ version: ServerVersion
  ) throws(IBKRError) -> [UInt8] {
    let order = try OrderMapping(account: account).order(
      row, ref: OrderReference.text(row.id), magnifier: listing.magnifier, oca: oca, parent: parent, transmit: transmit)
    do throws(WireError) {
      return try Request.placeOrder(orderId: id, listing.contract, order).frame(version)
    } catch { throw IBKRError(error, in: "order \(OrderReference.text(row.id))") }
  }
}
