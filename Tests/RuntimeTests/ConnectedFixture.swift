import AlphaLoopCore
import CAlphaLoop
import Foundation
import Testing

@testable import AlphaLoopRuntime

/// Paper sessions on the fixture exchange: each start is another process's life, the exchange goes on.
final class ConnectedFixture {
  let files: SessionFixture
  let book: DeskBook
  var external = "ignore"
  private(set) var notices: [String] = []

  init(_ parameters: String = "answer: again, fill: immediate", external: String = "ignore") throws {
    files = try SessionFixture()
    book = DeskBook(path: "\(files.folder)/exchange")
    files.moreLibraries = "  - {id: desk, path: \(try DeskBook.library()), isolation: none}"
    files.connected =
      "connected: {external: \(external), settle_after: 50ms, retry_after: 20ms, reconcile_every: 200ms, broker: "
      + "{plugin: broker.desk, answer_timeout: 3650d, parameters: {book: \(book.path), account: DU1, price: 100, \(parameters)}}}"
    files.connected = files.connected.replacingOccurrences(of: "answer_timeout: 3650d, ", with: "answer_timeout: 1h, ")
    try files.write()
  }

  func session(_ days: Int, pace: Int64 = 1_000_000) throws -> TradeSession {
    let configuration = try files.configuration().trading(in: AL_MODE_PAPER)
    var options = TradeSession.Options()
    options.mode = AL_MODE_PAPER
    options.account = "DU1"
    options.sessions = days
    options.pace = pace
    options.onNotice = { [weak self] in self?.notices.append($0) }
    return try TradeSession(
      configuration, catalog: PluginCatalog(configuration), options: options,
      calendar: try SessionTimes(configuration).event)
  }

  /// One whole life: recovers, trades `days`, and ends without a word, as if killed between two events.
  @discardableResult
  func run(_ days: Int, pace: Int64 = 1_000_000, patience: Double = 20, check: (TradeSession) throws -> Void = { _ in })
    throws -> String
  {
    let session = try session(days, pace: pace)
    let end = Date().addingTimeInterval(patience)
    try session.run(isStopping: { Date() > end })
    try check(session)
    let statement = AccountStatement(session.engine).text
    session.close()
    return statement
  }

  /// The account as the journal alone makes it.
  func folded() throws -> String {
    let configuration = try files.configuration().trading(in: AL_MODE_PAPER)
    return try AccountStatement.folded(configuration, mode: AL_MODE_PAPER, account: "DU1").text
  }

  var journal: String { "\(files.folder)/journal/paper-DU1.db" }
}
