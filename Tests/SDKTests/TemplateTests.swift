import CAlphaLoop
import Foundation
import PluginProbe
import Testing

/// Swift, C, C++ and, where the machine has a compiler for it, Rust.
private let languages = ["swift", "c", "cpp"] + (Repository.has("/usr/bin/rustc") ? ["rust"] : [])

@Suite("Templates, built outside the repository against the SDK alone", .serialized)
struct TemplateTests {
  static let parameters: [String: any Sendable] = ["fast": 3, "slow": 8, "full": 0.02, "horizon": 5]

  func workshop() throws -> Workshop { try Workshop.shared.get() }

  /// Prices with everything a feed can do to an agent: holes, zeros, NaN, flat stretches, a late listing.
  static let market: ProbeMarket = {
    var market = RandomMarket.bars(instruments: 4, count: 120, volatility: 0.03, seed: 7)
    market.instruments[0].bars[40].close = .nan
    market.instruments[1].bars[60].close = 0
    market.instruments[1].bars[61].close = -4
    market.instruments[2].bars.removeSubrange(70..<74)
    for i in 90..<110 { market.instruments[2].bars[i].close = 100 }
    market.instruments[3].bars.removeFirst(25)
    return market
  }()

  @Test(
    "every language exports one symbol, carries the ABI note, and imports no clock and no random device",
    arguments: languages)
  func file(language: String) throws {
    let path = try workshop().sample(language).path
    let symbols = try Repository.run("readelf", ["--dyn-syms", "-W", path]).output.split(separator: "\n")
    let exported = symbols.filter { ($0.contains(" GLOBAL ") || $0.contains(" WEAK ")) && !$0.contains(" UND ") }
    #expect(exported.count == 1 && exported.first?.hasSuffix(" alphaloop_plugin_v1") == true, "\(exported)")
    let clocks = [
      "clock_gettime", "gettimeofday", "time", "rand", "random", "arc4random", "getrandom", "getentropy", "getenv",
    ]
    let imported = symbols.filter { $0.contains(" UND ") }.compactMap { line -> String? in
      let name = line.split(separator: " ").dropFirst(7).first?.split(separator: "@").first
      return name.map(String.init)
    }
    #expect(!imported.isEmpty)
    #expect(imported.filter(clocks.contains).isEmpty)
    let note = try Repository.run("readelf", ["-x", ".alphaloop.abi", path]).output
    #expect(note.contains("40000000 414c4131 01000000"), "\(note)")
  }

  @Test("every language passes the probes that all agents pass", arguments: languages)
  func probes(language: String) throws {
    let market = RandomMarket.bars(instruments: 3, count: 60, volatility: 0.02, seed: 3)
    let one = try workshop().subject(language, Self.parameters)
    let two = try workshop().subject(language, Self.parameters)
    let found =
      try AgentChecks.wellFormed(one, Self.market) + AgentChecks.priceScale(one, market)
      + AgentChecks.permutation(one, market) + AgentChecks.warmUp(one, market)
      + AgentChecks.missingCapability(one, market) + AgentChecks.stale(one, market)
      + AgentChecks.brokenPrice(one, market) + AgentChecks.noLookAhead(one, market)
      + AgentChecks.extraHistory(one, market) + AgentChecks.resume(one, Self.market)
      + AgentChecks.sameAnswers(one, two, Self.market)
    #expect(found.isEmpty, "\(found.prefix(5))")
  }

  @Test("all languages answer with the same bytes and save the same state", arguments: languages.dropFirst())
  func sameBytes(language: String) throws {
    func run(_ language: String) throws -> (answers: [ProbeAnswer], state: [UInt8]) {
      let agent = try workshop().subject(language, Self.parameters).make(Self.market)
      return (agent.run(Self.market), try agent.save())
    }
    let (swift, other) = (try run("swift"), try run(language))
    #expect(swift.answers.map(\.bytes) == other.answers.map(\.bytes))
    #expect(swift.state == other.state)
    // Not for want of anything to say.
    let kinds = swift.answers.flatMap(\.rows).map { $0.kind == AL_ROW_VIEW ? 0 : $0.reason }
    let wanted: Set<UInt32> = [
      0, AL_REASON_WARM_UP, AL_REASON_STALE, AL_REASON_INVALID_DATA,
    ]
    #expect(wanted.isSubset(of: Set(kinds)))
  }

  /// By hand: fast 1 (share 1), slow 3 (share 1/2), full 1. Closes 100, 104, 108: slow 100, 102, 105, fast 108;
  /// score (108 - 105) / 105.
  @Test("the averages are those of the definition", arguments: languages)
  func hand(language: String) throws {
    let market = ProbeMarket([ProbeInstrument("A", closes: [100, 104, 108])])
    let parameters: [String: Any] = ["fast": 1, "slow": 3, "full": 1.0, "horizon": 2]
    let agent = try workshop().subject(language, parameters).make(market)
    let answers = agent.run(market)
    #expect(answers[0].abstention(0) == AL_REASON_WARM_UP && answers[1].abstention(0) == AL_REASON_WARM_UP)
    let view = try #require(answers[2].view(0))
    #expect(view.value == 3.0 / 105.0)
    #expect(view.time == 2 * Clock.day)
  }

  @Test("a fast average that is not faster is refused as a configuration error", arguments: languages)
  func configuration(language: String) throws {
    let parameters: [String: Any] = ["fast": 8, "slow": 8, "full": 0.02, "horizon": 5]
    let error = #expect(throws: ProbeError.self) {
      try workshop().subject(language, parameters).make(Self.market)
    }
    #expect(error?.status == AL_E_CONFIG)
  }

  @Test("broken state is refused and changes nothing", arguments: languages)
  func state(language: String) throws {
    let agent = try workshop().subject(language, Self.parameters).make(Self.market)
    let other = try workshop().subject(language, Self.parameters).make(Self.market)
    _ = other.run(Self.market)
    let good = try other.save()
    var foreign = good
    foreign[0] = 9
    var notPrice = good
    notPrice.replaceSubrange(8..<16, with: withUnsafeBytes(of: Double.nan) { Array($0) })
    let fresh = try agent.save()
    for bytes in [[], Array(good.dropLast()), good + [0], foreign, notPrice] {
      #expect(throws: ProbeError.self) { try agent.restore(bytes) }
      #expect(try agent.save() == fresh)
    }
    try agent.restore(good)
    #expect(try agent.save() == good)
  }

  @Test("without an SDK the build says what to set", arguments: ["swift", "c", "cpp"])
  func withoutSDK(language: String) throws {
    let place = try workshop().make(language, name: "lost-\(language)")
    let result = try Repository.run("./build.sh", [], in: place, ["ALPHALOOP_SDK": ""])
    #expect(result.status == 2)
    #expect(result.output.contains("set ALPHALOOP_SDK to the PluginSDK folder"))
  }
}
