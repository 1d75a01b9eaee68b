import AlphaLoopRuntime
import CAlphaLoop
import Foundation

/// `torture host CONFIG SESSIONS PACE`: trades on paper as `alphaloop trade --paper` does, but for one thing: orders leave
/// before they are durable. Killed in between, it must be found out.
func controlHost(_ arguments: [String]) throws {
  guard arguments.count == 3, let sessions = Int(arguments[1]), let pace = Double(arguments[2]) else {
    throw Failure("host: give CONFIG SESSIONS PACE")
  }
  Signals.install()
  let configuration = try Configuration.load(directory: arguments[0]).trading(in: AL_MODE_PAPER)
  var options = TradeSession.Options()
  options.mode = AL_MODE_PAPER
  options.account = HostFolder.account
  options.sessions = sessions
  options.pace = Int64(pace * 1e9)
  options.commitsAfterSending = true
  options.onNotice = { FileHandle.standardError.write(Data("\($0)\n".utf8)) }
  let inbox = Inbox<TradeEvent>(capacity: 1024)
  let journal = TradeSession.journalPath(configuration, mode: "paper", account: options.account)
  makeFolder(parent(journal))
  let socket = try ControlSocket(path: journal + ".sock", inbox: inbox)
  defer { socket.close() }
  let catalog = PluginCatalog(configuration)
  let session = try TradeSession(
    configuration, catalog: catalog, options: options, inbox: inbox, calendar: try SessionTimes(configuration).event)
  try session.run(isStopping: { Signals.wantsStop })
  _ = try session.finish()
  print(session.status())
  session.close()
}
