import AlphaLoopCore
import AlphaLoopRuntime

/// The person at the kill switch: halts and resumes as orders come, so that what works is cancelled, and flattens once.
struct Operator {
  private let socket: String
  private var hasLooked = false
  private var isHalted = false
  private var next = 6
  private var hasFlattened = false
  private var patience = 0

  init(_ folder: HostFolder, orders: Int) {
    socket = folder.journal + ".sock"
    next = orders + 6
  }

  /// What is due after so many orders in all.
  mutating func step(orders: Int) {
    if !hasLooked {
      // A halt of an earlier life stands still.
      guard let state = halt() else { return }
      hasLooked = true
      isHalted = state != "armed"
    }
    if isHalted {
      patience -= 1
      if patience > 0, hasFlattened, halt() == "flattening" { return }
      if ask("resume") != nil { isHalted = false }
      return
    }
    guard orders >= next else { return }
    next = orders + 6
    let isThird = next % 3 == 0 && !hasFlattened
    guard ask(isThird ? "flatten" : "halt") != nil else { return }
    hasFlattened = hasFlattened || isThird
    isHalted = true
    patience = 20
  }

  private func ask(_ verb: String) -> String? {
    ControlSocket.ask(socket, verb == "status" ? verb : ControlSocket.request(verb, "torture", "it is a test"))
  }

  private func halt() -> String? {
    ask("status").flatMap { try? JSONValue.parse($0) }.flatMap { $0["halt"]?.string }
  }
}
