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
  /// The data farm, and that of history, are not to be reached.
  var isFarmDown = false
  var isHistoryDown = false
  /// The user sees the market elsewhere.
  var hasCompetingSession = false
  /// The account has no live data.
  var isUnsubscribed = false
  /// Bytes to a client go out in pieces of so many bytes, with so many milliseconds between them.
  var pieceSize: Int?
  var pieceDelay = 0.0
  /// Cancellations that are not carried out.
  var ignoresCancels = false
}
