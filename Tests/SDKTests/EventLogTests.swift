import CAlphaLoop
import Foundation
import Testing

@Suite("service.eventlog through its shared library")
struct EventLogTests {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  func send(_ notices: [al_notice_v1], lost: UInt64 = 0, to plugin: PluginUnderTest) throws -> Outcome {
    let table = try #require(plugin.interface("alphaloop.service/1", as: al_service_v1.self))
    return plugin.report { table.pointee.on_notices(plugin.ctx, notices, UInt32(notices.count), lost, $0) }
  }

  func notice(_ kind: UInt32, _ said: String) -> al_notice_v1 {
    var n = al_notice_v1()
    n.sequence = 5
    n.ts = 1_700_000_000_000_000_000
    n.kind = kind
    n.instrument = AL_NONE
    n.agent = AL_NONE
    n.a = -3
    n.text = str(said)
    return n
  }

  @Test("a notice is a line of JSON with whole numbers, and what was lost is said")
  func lines() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("events.jsonl").path
    let plugin = try PluginUnderTest(Libraries.product("eventlog"), "service.eventlog", ["path": .text(path)])
    #expect(try send([notice(AL_NOTICE_HALT, "")], to: plugin).status == AL_E_STATE)
    #expect(plugin.start().status == AL_OK)
    var fill = notice(AL_NOTICE_FILL, "quote \" back \\ line\nbell\u{7}é")
    fill.instrument = 2
    fill.agent = 1
    fill.order = al_order_id_v1(session: 0xAB, sequence: 16)
    #expect(try send([notice(AL_NOTICE_HALT, ""), fill], to: plugin).status == AL_OK)
    #expect(try send([], lost: 4, to: plugin).status == AL_OK)
    #expect(plugin.stop().status == AL_OK)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let head = #"{"sequence":5,"time":1700000000000000000,"kind":"#
    let expected = [
      head + #""halt","code":0,"a":-3,"b":0,"c":0}"#,
      head + #""fill","code":0,"instrument":2,"agent":1,"order":"00000000000000ab-0000000000000010","#
        + #""a":-3,"b":0,"c":0,"text":"quote \" back \\ line\nbell\u0007é"}"#,
      #"{"kind":"lost","count":4}"#,
    ]
    #expect(text == expected.joined(separator: "\n") + "\n")
    for line in text.split(separator: "\n") {
      #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
    }
    // A second session goes on in the same file.
    #expect(plugin.start().status == AL_OK)
    #expect(try send([], lost: 1, to: plugin).status == AL_OK)
    #expect(plugin.stop().status == AL_OK)
    #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix(text + "{"))
  }

  @Test("a file that cannot be opened fails the start and is named")
  func unwritable() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    // A folder is made where it is missing, but not under a file.
    let path = "/dev/null/events.jsonl"
    let plugin = try PluginUnderTest(Libraries.product("eventlog"), "service.eventlog", ["path": .text(path)])
    #expect(plugin.start() == Outcome(status: AL_E_IO, text: "cannot open '\(path)': Not a directory"))
  }

  @Test("a full disk is an error of that call")
  func fullDisk() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let plugin = try PluginUnderTest(Libraries.product("eventlog"), "service.eventlog", ["path": .text("/dev/full")])
    _ = plugin.start()
    let outcome = try send([notice(AL_NOTICE_HALT, "")], to: plugin)
    #expect(outcome == Outcome(status: AL_E_IO, text: "cannot write '/dev/full': No space left on device"))
  }
}
