import AlphaLoopCore
import AlphaLoopLoader
import CAlphaLoop

/// Between sessions: checkpoints, and the next generation.
extension TradeSession {
  func sessionEnded(_ wantsReload: Bool) throws(HostError) {
    if let latch = latchMove() { try journal.record(latch) }
    // A worker that dies from here on is restarted from what its agent knew now.
    for agent in generation.agents {
      do { try (agent as? WorkerAgent)?.checkpoint() } catch { options.log(agent.name, AL_LOG_WARNING, "\(error)") }
    }
    do { try generation.policy?.checkpoint() } catch { options.log("policy", AL_LOG_WARNING, "\(error)") }
    if wantsReload || options.reloads && reloader.hasChanged(generation, since: &refusedDigest) { _ = try reload() }
  }

  /// Loads generation N+1 beside N and switches to it; a failure at any point leaves N running and says why.
  ///
  /// - Throws: when the journal cannot keep the switch: what cannot be recorded must not trade.
  func reload() throws(HostError) -> String {
    let next: Generation
    let change: GenerationSwitch
    let times: Reloader.Times
    let waiting: [String]
    do {
      (next, change, times, waiting) = try reloader.next(after: generation, engine: engine, memory: memory)
    } catch {
      let text = "reload refused, generation \(generation.number) goes on:\n\(error.message)"
      options.onNotice(text)
      return text
    }
    hub.replace(next.services)
    generation.retire(keeping: next)
    generation = next
    for problem in libraries.keep(next.deciding) { options.onNotice(problem) }
    try record(.reload(change), at: engine.clock.pointee)
    try keepRecords(engine.clock.pointee)
    let text = (["generation \(next.number) is running (\(times.text))"] + waiting).joined(separator: "\n")
    options.onNotice(text)
    RetiredLibraries.releasePages()
    return text
  }
}
