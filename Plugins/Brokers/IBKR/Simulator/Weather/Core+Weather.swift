import TWSProtocol

/// What the weather asks of the sockets.
enum Deed {
  case drop(clientId: Int32?, afterBytes: Int?)
  case transport
  case closePort(seconds: Double)
}

extension Core {
  /// Takes the commands of a weather file: each at its time, after its event, or at once.
  func scheduleWeather(_ lines: [String]) throws(GatewayError) {
    for (index, line) in lines.enumerated() {
      let text = line.trimmed
      if text.isEmpty || text.hasPrefix("#") { continue }
      do throws(GatewayError) {
        let command = try Command(text)
        guard Self.commands.contains(command.name) else { throw GatewayError("there is no '\(command.name)'") }
        try take(command)
      } catch {
        throw GatewayError("weather line \(index + 1): \(error)")
      }
    }
  }

  /// One line of the control channel, and its answer.
  func command(_ line: String) -> String {
    do throws(GatewayError) {
      let command = try Command(line)
      if command.name == "book" { return snapshot() }
      try take(command)
      var answer = JSONLine()
      answer.put("ok", true)
      answer.put("time", now)
      return answer.line
    } catch {
      var answer = JSONLine()
      answer.put("ok", false)
      answer.put("error", error.description)
      return answer.line
    }
  }

  private func take(_ command: Command) throws(GatewayError) {
    if let at = command.at {
      schedule.add(at: startedAt + Int64(at * 1e9)) { [unowned self] in carryOutLater(command) }
    } else if command.event != nil {
      rules.append(command)
    } else {
      try carryOut(command)
    }
  }

  private func carryOutLater(_ command: Command) {
    do throws(GatewayError) { try carryOut(command) } catch {
      book.tell("weather_failed", now) {
        $0.put("do", command.name)
        $0.put("error", error.description)
      }
    }
  }

  /// An event of the book may be what commands wait for.
  func eventHappened(_ event: String) {
    for index in rules.indices.reversed() where rules[index].event == event {
      rules[index].count -= 1
      guard rules[index].count <= 0 else { continue }
      let command = rules.remove(at: index)
      schedule.add(at: now) { [unowned self] in carryOutLater(command) }
    }
  }

  func takeDeeds() -> [Deed] {
    defer { deeds.removeAll() }
    return deeds
  }

  func isClient(_ number: Int, _ clientId: Int32?) -> Bool { clientId == nil || sessions[number]?.clientId == clientId }

  func applyTransport(to connection: Connection) {
    connection.pieceSize = weather.pieceSize ?? .max
    connection.pieceDelay = weather.pieceSize == nil ? 0 : Int64(weather.pieceDelay * 1e6)
  }

  // MARK: The commands

  static let commands = [
    "drop", "pieces", "lost", "restored", "farm", "history_farm", "occupy", "competing", "unsubscribed", "fill",
    "execution_first", "duplicate_status", "reorder", "no_commission", "hold_fills", "freeze", "reject", "cancel",
    "inactive", "second_perm", "correct", "silent", "reset", "price", "auction", "ignore_cancels", "notice",
    "stale_status", "book",
  ]

  private func carryOut(_ command: Command) throws(GatewayError) {
    if try switchTransport(command) { return tellWeather(command) }
    if try switchData(command) { return tellWeather(command) }
    if try switchOrders(command) { return tellWeather(command) }
    if try touchOrder(command) { return tellWeather(command) }
    throw GatewayError("there is no '\(command.name)'; there is \(Self.commands.joined(separator: ", "))")
  }

  private func tellWeather(_ command: Command) { book.tell("weather", now) { $0.put(raw: command.line, "command") } }

  private func switchTransport(_ command: Command) throws(GatewayError) -> Bool {
    switch command.name {
    case "drop": deeds.append(.drop(clientId: try command.client(), afterBytes: try command.integer("bytes")))
    case "pieces":
      let bytes = try command.integer("bytes") ?? 0
      weather.pieceSize = bytes > 0 ? bytes : nil
      weather.pieceDelay = try command.number("ms") ?? 0
      deeds.append(.transport)
    case "silent": weather.isSilent = try command.isOn()
    case "occupy":
      let clientId = try command.client() ?? 0
      if try command.isOn() { weather.occupied.insert(clientId) } else { weather.occupied.remove(clientId) }
    case "reset":
      let seconds = try command.number("seconds") ?? 1
      restart(rollback: try command.integer("rollback") ?? 0, lose: try command.integer("lose") ?? 0)
      deeds.append(.closePort(seconds: seconds))
    default: return false
    }
    return true
  }

  private func switchData(_ command: Command) throws(GatewayError) -> Bool {
    switch command.name {
    case "lost":
      weather.isLinkDown = true
      broadcast(error(-1, 1100, "Connectivity between IBKR and Trader Workstation has been lost."))
    case "restored": restore(isLost: try command.text("data") == "lost", drops: try command.text("reports") == "lost")
    case "farm":
      weather.isFarmDown = !(try command.flag("up") ?? false)
      broadcast(
        weather.isFarmDown
          ? error(-1, 2103, "Market data farm connection is broken:usfarm")
          : error(-1, 2104, "Market data farm connection is OK:usfarm"))
    case "history_farm":
      weather.isHistoryDown = !(try command.flag("up") ?? false)
      broadcast(
        weather.isHistoryDown
          ? error(-1, 2105, "HMDS data farm connection is broken:ushmds")
          : error(-1, 2106, "HMDS data farm connection is OK:ushmds"))
    case "competing":
      weather.hasCompetingSession = try command.isOn()
      guard weather.hasCompetingSession else { break }
      for session in startedSessions {
        for reqId in session.quotes.keys.sorted() {
          fail(session, reqId, 10197, "No market data during competing live session")
        }
      }
    case "unsubscribed": weather.isUnsubscribed = try command.isOn()
    case "freeze": weather.isFrozen = try command.isOn()
    case "price":
      guard let instrument = market.instrument(try command.text("symbol") ?? ""),
        let price = try command.number("price"), price > 0
      else { throw GatewayError("price: symbol and price above 0 are needed") }
      setPrice(instrument, price)
    case "auction": auction(try command.text("auction") ?? "close")
    case "notice":
      broadcast(
        error(
          Int32(clamping: try command.integer("id") ?? -1), Int32(clamping: try command.integer("code") ?? 0),
          try command.text("text") ?? ""), to: try command.client())
    default: return false
    }
    return true
  }

  private func switchOrders(_ command: Command) throws(GatewayError) -> Bool {
    switch command.name {
    case "execution_first": weather.executionFirst = try command.isOn()
    case "duplicate_status": weather.duplicatesStatus = try command.isOn()
    case "reorder": weather.reorders = try command.isOn()
    case "ignore_cancels": weather.ignoresCancels = try command.isOn()
    case "no_commission": weather.commissionsWithheld = try command.integer("times") ?? 1
    case "hold_fills":
      weather.holdsFills = try command.isOn()
      if !weather.holdsFills { for order in orders where order.isOpen { match(order) } }
    case "reject":
      weather.rejections = try command.integer("times") ?? 1
      weather.rejectText = try command.text("reason") ?? "no reason"
    default: return false
    }
    return true
  }
}
