import CAlphaLoop
import Testing

@Suite("State of plugins")
struct StateGlueTests {
  let plugin: PluginUnderTest

  init() throws { plugin = try PluginUnderTest(Libraries.fixtures(), "fixture.gateway", ["excess": .integer(0)]) }

  @Test("save, restore, save gives the same bytes")
  func roundTrip() throws {
    let one: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0]
    #expect(try plugin.save() == [0, 0, 0, 0, 0, 0, 0, 0])
    #expect(try plugin.restore(one).status == AL_OK)
    #expect(try plugin.save() == one)
  }

  @Test(
    "broken bytes leave the instance as it was",
    arguments: [[], [1], [2, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0]] as [[UInt8]])
  func broken(bytes: [UInt8]) throws {
    #expect(try plugin.restore([1, 0, 0, 0, 0, 0, 0, 0]).status == AL_OK)
    let before = try plugin.save()
    #expect(try plugin.restore(bytes).status == AL_E_DATA)
    #expect(try plugin.save() == before)
  }

  @Test("a version that the library does not read is refused", arguments: [0, 2] as [UInt32])
  func version(version: UInt32) throws {
    #expect(try plugin.restore([1, 0, 0, 0, 0, 0, 0, 0], version: version).status == AL_E_DATA)
  }

  @Test("restore needs a stopped instance")
  func started() throws {
    _ = plugin.start()
    #expect(try plugin.restore([1, 0, 0, 0, 0, 0, 0, 0]).status == AL_E_STATE)
  }

  @Test("a start that fails leaves the instance startable")
  func failedStart() throws {
    let plugin = try PluginUnderTest(Libraries.fixtures(), "fixture.service", ["fails": .bool(true)])
    #expect(plugin.start() == Outcome(status: AL_E_IO, text: "the disk is full"))
    #expect(plugin.stop().status == AL_E_STATE)
    #expect(plugin.start().status == AL_OK)
    #expect(plugin.stop().status == AL_OK)
  }

  @Test("an unknown id is refused, and the text says what there is")
  func unknown() {
    let outcome = #expect(throws: Outcome.self) { try PluginUnderTest(Libraries.fixtures(), "fixture.gatewayx") }
    #expect(outcome?.status == AL_E_ARGUMENT)
    #expect(outcome?.text.contains("fixture.gateway, fixture.store") == true)
  }

  @Test("a host of another major gets nothing, and twice the same pointer is the same table")
  func entry() throws {
    #expect(alphaloop_plugin_v1(AL_ABI_MAJOR + 1, 0) == nil)
    #expect(alphaloop_plugin_v1(AL_ABI_MAJOR, 0) == alphaloop_plugin_v1(AL_ABI_MAJOR, 7))
  }
}
