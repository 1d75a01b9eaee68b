import CAlphaLoop
import Foundation
import Testing

@testable import IBKRClient

@Suite("IBKR sessions") struct IBKRSessionTests {
  private let down = Int32(bitPattern: AL_CONNECTION_DOWN)
  private let up = Int32(bitPattern: AL_CONNECTION_UP)

  @Test("where nothing listens the start fails and says what to start and which setting to tick")
  func unreachable() throws {
    let server = try ScriptedGateway()
    let port = server.port
    server.stop()
    let gateway = Gateway(GatewayFixture.settings(port))
    let error = #expect(throws: IBKRError.self) { try gateway.start() }
    #expect(error?.kind == .unreachable)
    for word in [
      "127.0.0.1:\(port)", "TWS or IB Gateway", "Enable ActiveX and Socket Clients", "7497", "4002", "Read-Only",
    ] {
      #expect(error?.message.contains(word) == true, "\(word)")
    }
  }

  @Test("a server that takes the connection and says nothing ends the start after the time of the step")
  func silent() throws {
    let server = try ScriptedGateway()
    server.serverVersion = 500
    defer { server.stop() }
    let error = #expect(throws: IBKRError.self) { try Gateway(GatewayFixture.settings(server.port)).start() }
    #expect(error?.kind == .version)
    #expect(error?.message.contains("500") == true)
  }

  @Test(
    "accounts and ports have to fit the mode",
    arguments: [
      (GatewaySettings.Mode.paper, "U1,", "", false), (.paper, "DU1,", "", true), (.live, "DU1,", "", false),
      (.live, "U1,", "", true), (.live, "F1,", "", true), (.paper, "DU1,DU2,", "DU2", true),
      (.paper, "DU1,", "DU9", false),
      (.paper, "", "", false), (.live, "DU1,U2", "U2", true), (.live, "U2,DU1", "DU1", false),
    ])
  func accounts(_ mode: GatewaySettings.Mode, _ reported: String, _ wanted: String, _ isRight: Bool) throws {
    let server = try ScriptedGateway()
    defer { server.stop() }
    server.accounts = reported
    var settings = GatewayFixture.settings(server.port)
    settings.mode = mode
    settings.account = wanted
    let gateway = Gateway(settings)
    defer { gateway.stop() }
    if isRight {
      try gateway.start()
      #expect(gateway.account == (wanted.isEmpty ? reported.split(separator: ",").first.map(String.init) : wanted))
    } else {
      #expect(throws: IBKRError.self) { try gateway.start() }
      #expect(!gateway.isReady)
    }
  }

  @Test(
    "a port of the other mode is refused",
    arguments: [
      (GatewaySettings.Mode.paper, 7496, false), (.paper, 4001, false), (.paper, 7497, true), (.paper, 4002, true),
      (.paper, 12_345, true), (.live, 7497, false), (.live, 4002, false), (.live, 7496, true),
    ] as [(GatewaySettings.Mode, UInt16, Bool)])
  func ports(_ mode: GatewaySettings.Mode, _ port: UInt16, _ isRight: Bool) {
    var settings = GatewaySettings()
    settings.mode = mode
    settings.port = port
    #expect(((try? settings.checkPort()) != nil) == isRight)
  }

  @Test("a client id that is in use is waited for, never changed")
  func clientIdInUse() throws {
    let server = try ScriptedGateway()
    defer { server.stop() }
    server.refuse(3)
    let gateway = Gateway(GatewayFixture.settings(server.port))
    defer { gateway.stop() }
    try gateway.start()
    #expect(Set(server.requests(71).map { $0[2] }) == ["7"])
    #expect(server.requests(71).count == 4)
  }

  @Test("bytes that come one by one, or glued, make the same session")
  func splitBytes() throws {
    let server = try ScriptedGateway()
    defer { server.stop() }
    server.piece = 1
    let gateway = Gateway(GatewayFixture.settings(server.port))
    defer { gateway.stop() }
    try gateway.start()
    #expect(gateway.account == "DU1234567")
    _ = try gateway.openOrders()
    #expect(try gateway.figures().equity == 10_000_050_000_000)
  }

  @Test("a lost connection comes back under the same id, and the host is told to reconcile before anything is sent")
  func reconnect() throws {
    let fixture = try GatewayFixture()
    _ = try fixture.submit(GatewayFixture.order(1))
    fixture.server.drop()
    #expect(eventually { fixture.server.sessions == 2 && fixture.gateway.isReady })
    #expect(eventually { fixture.inbox.states(AL_LAYER_SOCKET) == [up, down, up] })
    #expect(eventually { fixture.inbox.states(AL_LAYER_SESSION) == [up, down, up] })
    #expect(throws: IBKRError.self) { try fixture.submit(GatewayFixture.order(2)) }
    try fixture.reconcile()
    let ack = try fixture.submit(GatewayFixture.order(2))[0]
    #expect(ack.status == AL_AGAIN)
    #expect(ack.broker_id == 2, "the gateway offers id 1 again, which was used")
  }

  @Test("1100 stops new orders but no cancel; 1101 and 1102 bring the session back")
  func upstream() throws {
    let fixture = try GatewayFixture()
    _ = try fixture.submit(GatewayFixture.order(1))
    for code in [1101, 1102] {
      fixture.inbox.clear()
      fixture.server.send([GatewayMessages.error(-1, 1100, "Connectivity between IBKR and TWS has been lost.")])
      #expect(eventually { fixture.inbox.states(AL_LAYER_SESSION) == [down] })
      #expect(throws: IBKRError.self) { try fixture.submit(GatewayFixture.order(2)) }
      #expect(try fixture.cancel(1).status == AL_AGAIN)
      fixture.server.send([GatewayMessages.error(-1, code, "restored")])
      #expect(eventually { fixture.inbox.states(AL_LAYER_SESSION) == [down, up] })
      #expect(fixture.inbox.all(AL_REPORT_CONNECTION).last?.quantity == Int64(code))
      #expect(fixture.inbox.states(AL_LAYER_SOCKET).isEmpty)
    }
  }

  @Test("a gateway that is cut off when we connect has a socket and no session")
  func upstreamAtConnect() throws {
    let fixture = try GatewayFixture(
      isReconciled: false,
      answers: { request, server in
        if request[0] == "71" {
          server.send("4", "-1", "2110", "Connectivity between TWS and server is broken.", "", "0")
        }
        return []
      })
    #expect(eventually { fixture.inbox.states(AL_LAYER_SESSION).last == down })
    #expect(fixture.inbox.states(AL_LAYER_SOCKET) == [up])
  }

  @Test("silence is broken by a question, and two missed answers end the connection")
  func dead() throws {
    let fixture = try GatewayFixture(
      { $0.silence = 0.15 }, answers: { request, _ in request[0] == "49" ? [["8", "1", "10:00"]] : [] })
    #expect(eventually { fixture.server.requests(49).count >= 3 })
    #expect(fixture.server.sessions == 1, "any message is a sign of life")
    fixture.server.answer { request, _ in
      request[0] == "49" ? [[]] : []
    }
    #expect(eventually { fixture.server.sessions >= 2 })
  }

  @Test("a loss that lasts raises an alarm, again and again, and attempts go on")
  func alarm() throws {
    let fixture = try GatewayFixture({ $0.downAfter = 0.3 })
    fixture.server.refuse(1_000)
    fixture.server.drop()
    let alarms = {
      fixture.inbox.all(AL_REPORT_CONNECTION).filter { $0.text.hasPrefix("ALARM") && $0.brokerId == AL_LAYER_SOCKET }
    }
    #expect(eventually { alarms().count >= 2 })
    #expect(alarms().allSatisfy { $0.code == down })
    fixture.server.refuse(0)
    #expect(eventually { fixture.gateway.isReady })
    #expect(Set(fixture.server.requests(71).map { $0[2] }) == ["7"])
  }

  @Test("farms are a layer of their own: the last one that is back makes it whole")
  func farms() throws {
    let fixture = try GatewayFixture()
    fixture.inbox.clear()
    fixture.server.send([
      GatewayMessages.error(-1, 2103, "Market data farm connection is broken:usfarm"),
      GatewayMessages.error(-1, 2105, "HMDS data farm connection is broken:ushmds"),
      GatewayMessages.error(-1, 2104, "Market data farm connection is OK:usfarm"),
      GatewayMessages.error(-1, 2106, "HMDS data farm connection is OK:ushmds"),
    ])
    #expect(eventually { fixture.inbox.states(AL_LAYER_FARM) == [down, up] })
    #expect(fixture.inbox.states(AL_LAYER_SESSION).isEmpty)
  }

  @Test("foreign bytes end the connection or are skipped, and it comes back")
  func foreignBytes() throws {
    let fixture = try GatewayFixture()
    fixture.server.send("3", "garbage")
    fixture.server.send("999", "x", "y")
    fixture.server.send("")
    #expect(eventually { fixture.inbox.states(AL_LAYER_SESSION).count == 2 }, "a status that cannot be read: reconcile")
    #expect(fixture.server.sessions == 1)
    fixture.server.write([0xff, 0xff, 0xff, 0xff, 1, 2, 3])
    #expect(eventually { fixture.server.sessions == 2 })
  }

  @Test("every recorded message, whole and with broken bytes, leaves a client that goes on")
  func recordedMessages() throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Fixtures/ibkr/responses.json")
    let object = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any]
    let vectors = try #require(object?["vectors"] as? [[String: Any]])
    var frames: [[UInt8]] = []
    for vector in vectors where vector["server_version"] as? Int == 200 {
      for text in vector["frames"] as? [String] ?? [] {
        let digits = Array(text.utf8)
        frames.append(
          stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
          })
      }
    }
    #expect(frames.count > 20)
    let fixture = try GatewayFixture()
    var random = SystemRandomNumberGenerator()
    for frame in frames {
      fixture.server.write(frame)
      var broken = frame
      for _ in 0..<3 where broken.count > 5 {
        broken[.random(in: 4..<broken.count, using: &random)] = .random(in: 0...255, using: &random)
      }
      fixture.server.write(broken)
    }
    #expect(eventually(10) { (try? fixture.gateway.currentTime()) != nil })
    #expect(eventually(10) { (try? fixture.reconcile()) != nil })
  }

  @Test("a question that is not answered whole fails, and is no empty list")
  func noEmptyLists() throws {
    let fixture = try GatewayFixture({ $0.requestTimeout = 0.2 })
    fixture.server.answer { request, _ in
      ["5", "16", "61", "62", "7"].contains(request[0]) ? [["8", "1", "10:00"]] : []
    }
    #expect(throws: IBKRError.self) { try fixture.gateway.openOrders() }
    #expect(throws: IBKRError.self) { try fixture.gateway.executions(since: 0) }
    #expect(throws: IBKRError.self) { try fixture.gateway.positions() }
    #expect(throws: IBKRError.self) { try fixture.gateway.figures() }
    fixture.server.answer { request, _ in
      request[0] == "16" ? [GatewayMessages.error(-1, 321, "The API interface is currently in Read-Only mode.")] : []
    }
    let error = #expect(throws: IBKRError.self) { try fixture.gateway.openOrders() }
    #expect(error?.kind == .refused && error?.code == 321)
    fixture.server.answer { request, server in
      if request[0] == "16" { server.drop() }
      return [["8", "1", "10:00"]]
    }
    let lost = #expect(throws: IBKRError.self) { try fixture.gateway.openOrders() }
    #expect(lost?.kind == .disconnected)
  }

  @Test("in a reset window nothing is sent; after it the host reconciles")
  func resetWindow() throws {
    let clock = TestClock()
    // 2026-11-24 is a Tuesday; New York is five hours behind.
    clock.wall = 1_795_496_400_000_000_000  // 05:00 UTC, 00:00 in New York
    let zone = try #require(TimeZoneTable("America/New_York"))
    let window = ResetWindow(days: [2], from: 15, to: 105, zone: zone)
    let time = TimeSource(monotonic: TimeSource.system.monotonic, wall: { clock.wall })
    let fixture = try GatewayFixture(time: time, { $0.resetWindows = [window] })
    #expect(try fixture.submit(GatewayFixture.order(1))[0].status == AL_AGAIN)
    clock.wall += 14 * 60_000_000_000
    #expect(eventually { fixture.inbox.states(AL_LAYER_SESSION) == [up, down] }, "a minute before it begins")
    #expect(throws: IBKRError.self) { try fixture.submit(GatewayFixture.order(2)) }
    clock.wall += 91 * 60_000_000_000
    #expect(eventually { fixture.inbox.states(AL_LAYER_SESSION) == [up, down, up] })
    try fixture.reconcile()
    #expect(try fixture.submit(GatewayFixture.order(2))[0].status == AL_AGAIN)
  }

  @Test("windows hold their days and zones, over midnight and over the change of clocks")
  func windows() throws {
    let zone = try #require(TimeZoneTable("America/New_York"))
    // Friday 23:00 to Saturday 03:00 in New York.
    let weekend = ResetWindow(days: [5], from: 23 * 60, to: 3 * 60, zone: zone)
    let saturday: Int64 = 1_795_219_200  // 2026-11-21 00:00 UTC
    #expect(!weekend.contains((saturday + 3 * 3600) * 1_000_000_000))  // Friday 22:00
    #expect(weekend.contains((saturday + 5 * 3600) * 1_000_000_000))  // Saturday 00:00
    #expect(!weekend.contains((saturday + 8 * 3600) * 1_000_000_000))  // Saturday 03:00
    #expect(zone.offset(atUTC: 1_793_512_799) == -14_400)  // 2026-11-01 05:59:59 UTC
    #expect(zone.offset(atUTC: 1_793_512_800) == -18_000)
    #expect(zone.offset(atUTC: 2_530_000_000) == -18_000, "beyond the table of the file")
    #expect(zone.utc(ofLocal: 1_795_928_400 - 18_000) == 1_795_928_400)
    #expect(TimeZoneTable("US/Eastern")?.offset(atUTC: 1_795_928_400) == -18_000)
    #expect(TimeZoneTable("../../etc/passwd") == nil && TimeZoneTable("Nowhere/Land") == nil)
  }

  @Test(
    "times of the gateway are read in all their forms",
    arguments: [
      ("20261124-15:00:00", Int64(1_795_532_400)), ("20261124 10:00:00 US/Eastern", 1_795_532_400),
      ("20261124  10:00:00", 1_795_532_400), ("1795532400", 1_795_532_400), ("20261124 16:00:00 MET", 1_795_532_400),
    ])
  func times(_ text: String, _ seconds: Int64) throws {
    let zone = try #require(TimeZoneTable("America/New_York"))
    #expect(ServerTime.parse(text, loginZone: zone) == seconds * 1_000_000_000)
    #expect(ServerTime.text(seconds * 1_000_000_000) == "20261124-15:00:00")
  }
}

/// A wall clock that a test sets.
final class TestClock: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Int64 = 0
  var wall: Int64 {
    get { lock.withLock { value } }
    set { lock.withLock { value = newValue } }
  }
}
