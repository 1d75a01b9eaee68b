import TWSProtocol

final class StreamTable: @unchecked Sendable {
  init(time: TimeSource) {}
  func offer(_ response: Response) -> Bool { false }
}

final class HistoryDesk: @unchecked Sendable {
  init(time: TimeSource) {}
}

extension Gateway {
  func restoreAfterConnect() { resolveListings() }
  func streamsLost(_ reason: String) {}
  func streamsDataLost() {}
  func streamsToVerify(_ text: String) {}
  func streamFailed(_ error: ErrorMessage) -> Bool { false }
  func streamChores() {}
}
