/// The states that the gateway names. One that is not among them says nothing.
enum OrderStatusKind: String, Sendable {
  case apiPending = "ApiPending"
  case pendingSubmit = "PendingSubmit"
  case preSubmitted = "PreSubmitted"
  case submitted = "Submitted"
  case pendingCancel = "PendingCancel"
  case apiCancelled = "ApiCancelled"
  case cancelled = "Cancelled"
  case filled = "Filled"
  /// Not working for some reason; it can come back.
  case inactive = "Inactive"

  var isOver: Bool { self == .apiCancelled || self == .cancelled || self == .filled }
  var isAcknowledged: Bool { self == .preSubmitted || self == .submitted || self == .pendingCancel }
}
