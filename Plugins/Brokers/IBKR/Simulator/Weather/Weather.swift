import TWSProtocol

/// What is out of the ordinary at the moment.
struct Weather {
  /// No connection between the gateway and the exchange side (1100).
  var isLinkDown = false
  /// Messages about orders that wait for the link.
  var heldBack: [(clientId: Int32, responses: [Response])] = []
  /// Clients whose id is taken by somebody else.
  var occupied: Set<Int32> = []
  /// Orders still to be refused, and why.
  var rejections = 0
  var rejectText = ""
  /// Fills that get no commission report.
  var commissionsWithheld = 0
  /// The execution comes before every other word of an order.
  var executionFirst = false
  var duplicatesStatus = false
  var reorders = false
  /// Nothing trades.
  var holdsFills = false
  var isFrozen = false
  /// Accepts every byte, and says nothing.
  var isSilent = false
  /// Cancellations that are not carried out.
  var ignoresCancels = false
}
